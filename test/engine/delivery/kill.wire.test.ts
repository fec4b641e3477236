import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import type { DatabaseTarget } from '../../../main/engine/delivery/delivery.ts';
import type { FaultPoint } from '../../../main/engine/delivery/fault-point.ts';
import { sharedServer } from '../../support/postgres.ts';
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

/** Each point, and how often it is passed before each kill. */
const kills: Readonly<Partial<Record<FaultPoint, readonly number[]>>> = {
  'before-append': [150, 3],
  'in-append': [150, 3],
  'after-append': [150, 3],
  'before-send': [0, 2],
  'after-send': [0, 2],
  'after-response': [0, 2],
  'after-memory-ack': [0, 2],
  'in-ack-persist': [0, 1],
  'after-ack-persist': [0, 1],
};

for (const [point, passesBefore] of Object.entries(kills) as [FaultPoint, readonly number[]][]) {
  test(`killed ${point.replaceAll('-', ' ')}, again and again in mid-drain: nothing lost, nothing twice, in order`, async () => {
    const server = await sharedServer();
    const target = await server.createDatabase();
    using folder = new OutboxFolder();
    const accepted: number[] = [];
    const inFlight = new Set<number>();
    let next = 1;
    for (const passes of passesBefore) {
      const died = await run(folder.path, target, next, 400, point, passes);
      assert.equal(died.code, null, `killed, not ended: ${died.errors}`);
      accepted.push(...died.accepted);
      if (died.inFlight !== undefined) inFlight.add(died.inFlight);
      next += 400;
    }
    const last = await run(folder.path, target, next, 10, 'never', 0);
    assert.equal(last.code, 0, last.errors);
    accepted.push(...last.accepted);

    const rows = await greeksIn(server, target);
    const delivered = rows.map(({ delta }) => delta);
    assert.deepEqual(delivered.filter((n) => !inFlight.has(n)), accepted);
    assert.ok(delivered.every((n, index) => index === 0 || n > (delivered[index - 1] ?? 0)));
    assert.ok(rows.every(({ delta, ms }) => ms === greeks(delta).timestamp));
  });
}
