import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The built daemon: what users run. */
const daemonPath = fileURLToPath(new URL('../../dist/main/daemon/main.js', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const packagePath = fileURLToPath(new URL('../../package.json', import.meta.url));

/** One JSON log line of the daemon. */
export interface DaemonLine {
  readonly level: number | string;
  readonly msg: string;
  readonly [key: string]: unknown;
}

export interface DaemonOptions {
  /** IB_*, DB_* and BRIDGE_* variables; nothing else of that kind is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Working directory and data folder: no .env or settings file of the user's is read. */
  readonly folder: string;
  readonly args?: readonly string[];
  /** Path of an Electron: the desktop application takes the daemon's place, with the same environment and data folder. */
  readonly electron?: string;
  readonly onLine?: (line: DaemonLine) => void;
}

/** A running bridge (the daemon, or the desktop application) in a process group of its own, so that a Ctrl-C at the terminal reaches only whom we tell. */
export class DaemonProcess {
  readonly child: ChildProcess;
  readonly lines: DaemonLine[] = [];
  stderr = '';
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;

  constructor({ env, folder, args = [], electron, onLine }: DaemonOptions) {
    const [program, programArgs] = electron === undefined ? [process.execPath, [...daemonFlags(), daemonPath, '--data-folder', folder, ...args]] : [electron, desktopArgs(folder)];
    this.child = spawn(program, programArgs, {
      cwd: folder,
      env: { ...foreignToBridge(process.env), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.exited = once(this.child, 'exit').then(([code, signal]) => ({ code: code as number | null, signal: signal as NodeJS.Signals | null }));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    if (this.child.stdout === null) throw new Error('the daemon has no standard output');
    createInterface({ input: this.child.stdout }).on('line', (text) => {
      const line = parseLine(text);
      this.lines.push(line);
      onLine?.(line);
    });
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Sends a signal; resolves with how it ended when it is a deadly one. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

/** Chromium's own sandbox refuses to run as root. */
function desktopArgs(folder: string): string[] {
  return [root, `--user-data-dir=${folder}`, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];
}

/** The flags of Node that `npm run daemon` gives: a small young generation, for memory (README). */
function daemonFlags(): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(packagePath, 'utf8')) as { readonly scripts: { readonly daemon: string } };
  const flags = /\bnode ((?:--\S+ )*)dist\/main\/daemon\/main\.js/.exec(scripts.daemon)?.[1];
  if (flags === undefined) throw new Error(`the script "daemon" starts no daemon: ${scripts.daemon}`);
  return flags.split(' ').filter((flag) => flag !== '');
}

function parseLine(text: string): DaemonLine {
  try {
    return JSON.parse(text) as DaemonLine;
  } catch {
    return { level: 'plain', msg: text };
  }
}

/** The environment without the bridge's own variables. */
function foreignToBridge(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(IB_|IBKR_|DB_|BRIDGE_)/.test(name)));
}
