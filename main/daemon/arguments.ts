import { parseArgs } from 'node:util';
import { parseDashboardAddress, type DashboardAddress } from './dashboard-address.ts';

/** What the command line asks for. */
export interface DaemonArguments {
  readonly check: boolean;
  readonly help: boolean;
  readonly dataFolder: string | undefined;
  /** How often a status line is logged where no terminal shows it live; undefined: never. */
  readonly statusEveryMs: number | undefined;
  /** Where the dashboard for a browser of this machine listens; undefined: there is none. */
  readonly dashboard: DashboardAddress | undefined;
}

export const usage = `usage: npm run daemon -- [options]

  --check               try gateway and database, print what works and what to do, exit 0 or 1
  --dashboard [PORT]    serve the dashboard to browsers of this machine, on any free port or this one, and print its address
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
    args: withOptionalPort(args),
    options: {
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      'data-folder': { type: 'string' },
      dashboard: { type: 'string' },
      status: { type: 'string' },
    },
  });
  const { check, help, status, dashboard } = values;
  return {
    check,
    help,
    dataFolder: values['data-folder'],
    statusEveryMs: status === undefined ? undefined : parseSeconds(status),
    dashboard: dashboard === undefined ? undefined : parseDashboardAddress(dashboard),
  };
}

/** parseArgs knows no option whose value may be left out. */
function withOptionalPort(args: readonly string[]): string[] {
  return args.flatMap((arg, index) => {
    if (arg !== '--dashboard') return args[index - 1] === '--dashboard' && !arg.startsWith('-') ? [] : [arg];
    const next = args[index + 1];
    return [`--dashboard=${next === undefined || next.startsWith('-') ? '' : next}`];
  });
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds < 0.1 || seconds > 86_400) throw new Error(`--status ${text}: allowed are 0.1 to 86400 seconds`);
  return seconds * 1_000;
}
