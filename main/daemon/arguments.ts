import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface DaemonArguments {
  readonly check: boolean;
  readonly help: boolean;
  readonly dataFolder: string | undefined;
}

export const usage = `usage: npm run daemon -- [options]

  --check               try gateway and database, print what works and what to do, exit 0 or 1
  --data-folder FOLDER  where settings.json and a second .env are looked for
  --help                this text

Settings come from the environment, .env, settings.json and defaults, in that order; the README lists them.
SIGHUP reads them again, SIGTERM and SIGINT deliver what waits (10 s at most) and exit 0.`;

/**
 * @throws with a message for people when an argument is unknown.
 */
export function parseDaemonArguments(args: readonly string[]): DaemonArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      'data-folder': { type: 'string' },
    },
  });
  return { check: values.check, help: values.help, dataFolder: values['data-folder'] };
}
