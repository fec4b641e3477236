import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describeSettingsError, SettingsError } from '../engine/settings/settings-error.ts';
import { loadSettings, systemSources } from '../engine/settings/load-settings.ts';
import { parseDaemonArguments, usage, type DaemonArguments } from './arguments.ts';
import { runCheck } from './check.ts';
import { defaultDataFolder } from './data-folder.ts';
import { runDaemon } from './daemon.ts';

/** Exit codes: 0 done, 1 something does not work, 2 wrong arguments or settings (nothing was started or written). */
async function main(): Promise<number> {
  const args = read(() => parseDaemonArguments(process.argv.slice(2)));
  if (args === undefined) return 2;
  if (args.help) {
    console.log(usage);
    return 0;
  }
  const sources = systemSources(dataFolder(args));
  const loaded = read(() => loadSettings(sources));
  if (loaded === undefined) return 2;
  if (args.check) return runCheck(loaded);
  const { statusEveryMs, dashboard: address } = args;
  const dashboard = address === undefined ? undefined : { address, folder: join(distFolder, 'renderer') };
  return runDaemon({ loaded, sources, version: readVersion(), statusEveryMs, dashboard });
}

/** Of the built program: this file is dist/main/daemon/main.js. */
const distFolder = join(import.meta.dirname, '..', '..');

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(join(distFolder, '..', 'package.json'), 'utf8')) as { version: string };
  return version;
}

function dataFolder(args: DaemonArguments): string {
  return args.dataFolder ?? defaultDataFolder(process.platform, homedir(), process.env);
}

/** The value, or undefined after telling what is wrong with the input. */
function read<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SettingsError) console.error(describeSettingsError(error));
    else console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return undefined;
  }
}

process.exitCode = await main();
