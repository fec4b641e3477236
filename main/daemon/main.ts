import { homedir } from 'node:os';
import { describeSettingsError, SettingsError } from '../engine/settings/settings-error.ts';
import { loadSettings, systemSources, type LoadedSettings } from '../engine/settings/load-settings.ts';
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
  const load = (): LoadedSettings => loadSettings(systemSources(dataFolder(args)));
  const loaded = read(load);
  if (loaded === undefined) return 2;
  return args.check ? runCheck(loaded) : runDaemon(loaded, load, args.statusEveryMs);
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
