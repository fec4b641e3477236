import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { DatabaseTarget } from '../../../main/engine/delivery/delivery.ts';
import type { FaultPoint } from '../../../main/engine/delivery/fault-point.ts';
import type { TestServer } from '../../support/postgres.ts';
import { OutboxFolder } from './delivery-stand.ts';
import { greeks, greeksIn } from './rows.ts';

const driver = fileURLToPath(new URL('./delivery-driver.ts', import.meta.url));

interface Run {
  readonly accepted: readonly number[];
  /** Announced and perhaps accepted when the process died. */
  readonly inFlight: number | undefined;
  readonly code: number | null;
  readonly errors: string;
}

async function run(path: string, target: DatabaseTarget, first: number, rows: number, point: FaultPoint | 'never', passes: number): Promise<Run> {
  const child = spawn(process.execPath, [driver, path, JSON.stringify(target), String(first), String(rows), point, String(passes)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  const errors: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  const lines = output.join('').split('\n');
  const numbers = (mark: string): number[] => lines.filter((line) => line.startsWith(`${mark} `)).map((line) => Number(line.slice(2)));
  const accepted = numbers('A');
  return { accepted, inFlight: numbers('I').find((n) => !accepted.includes(n)), code, errors: errors.join('') };
}

/** Each point, and the most that it is passed before a kill. */
export const killPoints: readonly (readonly [FaultPoint, number])[] = [
  ['before-append', 150],
  ['in-append', 150],
  ['after-append', 150],
  ['before-send', 2],
  ['after-send', 2],
  ['after-response', 2],
  ['after-memory-ack', 2],
  ['in-ack-persist', 1],
  ['after-ack-persist', 1],
];

/** Kills a process at one point once for each entry of `passesBefore`, lets the last one deliver the rest; null, or what is wrong with what arrived. */
export async function killAt(server: TestServer, point: FaultPoint, passesBefore: readonly number[]): Promise<string | null> {
  const target = await server.createDatabase();
  using folder = new OutboxFolder();
  const accepted: number[] = [];
  const inFlight = new Set<number>();
  let next = 1;
  const planned = [...passesBefore];
  for (let passes = planned.shift(); passes !== undefined; passes = planned.shift()) {
    const died = await run(folder.path, target, next, 400, point, passes);
    // A busy machine sends all rows in one statement, and the point is passed less often than planned: then at its first time.
    if (died.code === 0 && passes > 0) planned.unshift(0);
    else if (died.code !== null) return `ended instead of being killed: ${died.errors}`;
    accepted.push(...died.accepted);
    if (died.inFlight !== undefined) inFlight.add(died.inFlight);
    next += 400;
  }
  const last = await run(folder.path, target, next, 10, 'never', 0);
  if (last.code !== 0) return `the last process failed: ${last.errors}`;
  accepted.push(...last.accepted);
  const rows = await greeksIn(server, target);
  const delivered = rows.map(({ delta }) => delta);
  if (delivered.filter((n) => !inFlight.has(n)).join() !== accepted.join()) return `${accepted.length} accepted, ${delivered.length} delivered, not the same rows`;
  if (!delivered.every((n, index) => index === 0 || n > (delivered[index - 1] ?? 0))) return 'not in order';
  return rows.every(({ delta, ms }) => ms === greeks(delta).timestamp) ? null : 'a timestamp is not its own';
}

/** `kills` at every point, at random passes. */
export async function killAtPoints(server: TestServer, kills: number, random: () => number): Promise<{ readonly points: number; readonly problems: readonly string[] }> {
  const problems: string[] = [];
  for (const [point, most] of killPoints) {
    const problem = await killAt(server, point, Array.from({ length: kills }, () => Math.floor(random() * (most + 1))));
    if (problem !== null) problems.push(`${point}: ${problem}`);
  }
  return { points: killPoints.length, problems };
}
