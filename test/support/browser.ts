import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';

/** What finding a browser needs of the machine; tests hand in another machine. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly isRoot: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly exists: (path: string) => boolean;
  /** Runs a command to its end, at most `deadlineMs`; true when it succeeded. */
  readonly run: (command: string, args: readonly string[], deadlineMs: number) => boolean;
  readonly say: (line: string) => void;
}

const probeMs = 20_000;
const installMs = 600_000;

const macApps = ['Google Chrome', 'Chromium', 'Microsoft Edge'];

/**
 * Finds a Chromium for the tests of the window, or installs Debian's where this process may.
 *
 * CHROMIUM_PATH, then the usual commands, then macOS applications. One counts as found when it tells its version: on some
 * systems the command is there and only says that it is not installed.
 *
 * @returns its path; undefined where there is none, after saying what to do.
 */
export function findBrowser(machine: Machine = thisMachine()): string | undefined {
  const found = findCommand(machine);
  return found === undefined ? undefined : pathOf(found, machine);
}

/** Playwright takes a path and no command; a command that is in no folder of PATH stays as it is. */
function pathOf(command: string, { env, exists }: Machine): string {
  if (isAbsolute(command)) return command;
  const paths = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '').map((folder) => join(folder, command));
  return paths.find(exists) ?? command;
}

function findCommand(machine: Machine): string | undefined {
  const { env, say } = machine;
  const wished = env['CHROMIUM_PATH'];
  if (wished !== undefined && wished !== '') {
    if (works(machine, wished)) return wished;
    say(`CHROMIUM_PATH=${wished} does not answer --version: tests that need a browser will say that they were not run.`);
    return undefined;
  }
  const found = candidates(machine).find((candidate) => works(machine, candidate));
  return found ?? install(machine);
}

function candidates({ platform, env, exists }: Machine): readonly string[] {
  const commands = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  if (platform !== 'darwin') return commands;
  const folders = ['/Applications', join(env['HOME'] ?? homedir(), 'Applications')];
  return [...commands, ...folders.flatMap((folder) => macApps.map((app) => join(folder, `${app}.app/Contents/MacOS/${app}`))).filter(exists)];
}

function works({ run }: Machine, command: string): boolean {
  return run(command, ['--version'], probeMs);
}

function install(machine: Machine): string | undefined {
  const { platform, isRoot, exists, run, say } = machine;
  const isDebian = platform === 'linux' && exists('/etc/debian_version');
  if (!isDebian || !isRoot) {
    const advice = isDebian ? 'sudo apt-get install chromium' : platform === 'darwin' ? 'brew install --cask chromium' : 'install Chromium or Google Chrome';
    say(`No Chromium was found: tests that need a browser will say that they were not run. To have them: ${advice}, or set CHROMIUM_PATH.`);
    return undefined;
  }
  say('No Chromium was found; installing it with apt-get (once, a few minutes) ...');
  const installed = run('apt-get', ['update'], installMs) && run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], installMs);
  if (installed && works(machine, 'chromium')) return 'chromium';
  say('Installing Chromium failed: tests that need a browser will say that they were not run. "apt-get install chromium" tells why.');
  return undefined;
}

function thisMachine(): Machine {
  return {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    env: process.env,
    exists: existsSync,
    run: (command, args, deadlineMs) => {
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
      return spawnSync(command, [...args], { stdio: 'ignore', timeout: deadlineMs, env }).status === 0;
    },
    say: (line) => console.error(line),
  };
}
