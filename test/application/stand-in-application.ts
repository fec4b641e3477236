import { fork } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright';
import type { Command, Observation } from '../support/electron-stand-in/controls.ts';
import { until } from '../support/until.ts';
import type { DesktopApplication, StartOptions } from './desktop-application.ts';

const checkout = join(import.meta.dirname, '..', '..');
const register = join(checkout, 'test', 'support', 'electron-stand-in', 'register.ts');

type Answer = { readonly type: string; readonly id: number; readonly observation: Observation; readonly error?: string };

/** Starts the built application with the stand-in as its `electron`, in a process of its own. */
export async function startOnStandIn({ env, dataFolder, args = [], root = checkout }: StartOptions): Promise<DesktopApplication> {
  const port = await freePort();
  const child = fork(join(root, 'dist', 'main', 'shell', 'main.js'), [`--user-data-dir=${dataFolder}`, ...args], {
    cwd: root,
    execArgv: ['--import', register],
    env: { ...basics(), ...env, STAND_IN_DEBUG_PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let ended = false;
  void exited.then(() => (ended = true));
  let browser: Browser | undefined;
  let ids = 0;
  const act = (command: Command): Promise<Observation> => {
    const id = (ids += 1);
    return new Promise((resolve, reject) => {
      const hear = (message: unknown): void => {
        const answer = message as Answer;
        if (answer.type !== 'answer' || answer.id !== id) return;
        child.off('message', hear);
        if (answer.error === undefined) resolve(answer.observation);
        else reject(new Error(answer.error));
      };
      child.on('message', hear);
      void exited.then(() => reject(new Error(`the application ended: ${output}`)));
      child.send({ id, command }, (error) => {
        if (error !== null) reject(error);
      });
    });
  };
  const window = async (): Promise<Page> => {
    browser ??= await until(() => (ended ? fail(output) : chromium.connectOverCDP(`http://127.0.0.1:${port}`).catch(() => undefined)), 'the application\u2019s browser');
    const connected = browser;
    return until(() => connected.contexts()[0]?.pages().find((page) => page.url().includes('/index.html')), 'the window');
  };
  return {
    pid: child.pid ?? 0,
    window,
    act,
    exited,
    output: () => output,
    kill: async () => {
      // Its browser goes with it in order, and not as an orphan.
      if (!ended && child.connected) child.disconnect();
      const cap = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await exited;
      clearTimeout(cap);
    },
  };
}

function fail(output: string): never {
  throw new Error(`the application ended: ${output}`);
}

/** Nothing of this machine's own settings reaches the application. */
function basics(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'CHROMIUM_PATH', 'LANG'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => listener.once('listening', resolve));
  const { port } = listener.address() as AddressInfo;
  await new Promise((resolve) => listener.close(resolve));
  return port;
}
