import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DatabaseTarget } from '../../main/engine/delivery/delivery.ts';
import { judgeDatabase, type DeliveryVerdict } from '../support/delivery-verdict.ts';
import { readOracle } from '../support/oracle.ts';
import type { TestServer } from '../support/postgres.ts';
import { between } from './experiment.ts';

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
  /** Done while a process lives, until the signal is aborted. */
  readonly disturb?: (ended: AbortSignal) => Promise<void>;
  /** Everything is made well again before the last process delivers the rest. */
  readonly mend?: () => Promise<void>;
  readonly say?: (line: string) => void;
}

/** Starts a writer again and again on one outbox, kills each with SIGKILL at a random instant, lets the last one deliver everything, and judges. */
export async function killAgainAndAgain(options: KillOptions): Promise<DeliveryVerdict> {
  const { server, target, kills, random, lifeMs = [20, 220], disturb, mend, say } = options;
  const folder = mkdtempSync(join(tmpdir(), 'bridge-kills-'));
  try {
    for (let kill = 1; kill <= kills; kill += 1) {
      const child = spawnWriter(options, folder, 0);
      await opened(child);
      const ended = new AbortController();
      const disturbance = disturb?.(ended.signal);
      await new Promise((resolve) => setTimeout(resolve, between(random, ...lifeMs)));
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

function spawnWriter({ writer = 'killed-writer', target }: KillOptions, folder: string, rows: number): ChildProcess {
  const script = fileURLToPath(new URL(`./${writer}.ts`, import.meta.url));
  const args = [join(folder, 'outbox.sqlite'), join(folder, 'oracle'), JSON.stringify(target), '5', String(rows)];
  return spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
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
