import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface DaemonArguments {
  readonly check: boolean;
  readonly help: boolean;
  readonly dataFolder: string | undefined;
  /** How often a status line is logged where no terminal shows it live; undefined: never. */
  readonly statusEveryMs: number | undefined;
}

export const usage = `usage: npm run daemon -- [options]

  --check               try gateway and database, print what works and what to do, exit 0 or 1
  --data-folder FOLDER  where settings.json and a second .env are looked for
  --status SECONDS      log the status line this often where there is no terminal to show it live
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
      status: { type: 'string' },
    },
  });
  const { check, help, status } = values;
  return { check, help, dataFolder: values['data-folder'], statusEveryMs: status === undefined ? undefined : parseSeconds(status) };
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds < 0.1 || seconds > 86_400) throw new Error(`--status ${text}: allowed are 0.1 to 86400 seconds`);
  return seconds * 1_000;
}
