import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DatabaseTarget } from '../../main/engine/delivery/delivery.ts';
import { judgeDatabase, type DeliveryVerdict } from '../support/delivery-verdict.ts';
import { readOracle } from '../support/oracle.ts';
import type { TestServer } from '../support/postgres.ts';
import { between } from './experiment.ts';

/** A thousand starts of one program: what is compiled once need not be compiled again. */
const compileCache = join(tmpdir(), 'bridge-compile-cache');

export type Writer = 'killed-writer' | 'direct-writer';

export interface KillOptions {
  readonly server: TestServer;
  /** As the writer reaches it, through a proxy or not. */
  readonly target: DatabaseTarget;
  readonly kills: number;
  readonly random: () => number;
  readonly writer?: Writer;
  /** Milliseconds that a process lives after it began to append. */
  readonly lifeMs?: readonly [number, number];
  /** Instead: rows that it appends before it dies, so that a busy machine kills as late as an idle one. */
  readonly lifeRows?: readonly [number, number];
  /** Done while a process lives, until the signal is aborted. */
  readonly disturb?: (ended: AbortSignal) => Promise<void>;
  /** Everything is made well again before the last process delivers the rest. */
  readonly mend?: () => Promise<void>;
  readonly say?: (line: string) => void;
}

/** Starts a writer again and again on one outbox, kills each with SIGKILL at a random instant, lets the last one deliver everything, and judges. */
export async function killAgainAndAgain(options: KillOptions): Promise<DeliveryVerdict> {
  const { server, target, kills, random, lifeMs = [20, 220], disturb, mend, say, lifeRows } = options;
  const folder = mkdtempSync(join(tmpdir(), 'bridge-kills-'));
  try {
    for (let kill = 1; kill <= kills; kill += 1) {
      const child = spawnWriter(options, folder, 0);
      await opened(child);
      const ended = new AbortController();
      const disturbance = disturb?.(ended.signal);
      if (lifeRows === undefined) await pause(between(random, ...lifeMs));
      else await appended(join(folder, 'oracle'), Math.floor(between(random, ...lifeRows)), between(random, 0, 8));
      child.kill('SIGKILL');
      await once(child, 'exit');
      ended.abort();
      await disturbance;
      if (kill % 100 === 0) say?.(`${kill} kills`);
    }
    await mend?.();
    await finish(spawnWriter(options, folder, 5));
    return await judgeDatabase(server, { ...target, host: server.host, port: server.port }, readOracle(join(folder, 'oracle')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until the oracle has grown by two lines for each of `rows`, and a little longer. */
async function appended(oracle: string, rows: number, extraMs: number): Promise<void> {
  const size = (): number => (existsSync(oracle) ? statSync(oracle).size : 0);
  const before = size();
  const lineBytes = 2 * `I ${readOracle(oracle).next}\n`.length;
  while (size() < before + rows * lineBytes) await pause(2);
  await pause(extraMs);
}

function spawnWriter({ writer = 'killed-writer', target }: KillOptions, folder: string, rows: number): ChildProcess {
  const script = fileURLToPath(new URL(`./${writer}.ts`, import.meta.url));
  const args = [join(folder, 'outbox.sqlite'), join(folder, 'oracle'), JSON.stringify(target), '5', String(rows)];
  return spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_COMPILE_CACHE: compileCache } });
}

async function opened(child: ChildProcess): Promise<void> {
  const errors: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  const died = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the writer ended with ${code} before it began: ${errors.join('')}`)));
  died.catch(() => undefined); // Later it is killed, and that is no error.
  await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), died]);
}

async function finish(child: ChildProcess): Promise<void> {
  const errors: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  child.stdout?.resume();
  const limit = setTimeout(() => child.kill('SIGABRT'), 180_000);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(limit);
  if (code !== 0) throw new Error(`the last writer could not deliver the rest (exit ${code}): ${errors.join('')}`);
}
