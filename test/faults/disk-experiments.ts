import { copyFileSync, existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DeliveryStand, OutboxFolder } from '../engine/delivery/delivery-stand.ts';
import { drain, OutboxStand } from '../engine/delivery/outbox-stand.ts';
import { greeks } from '../engine/delivery/rows.ts';
import { describeVerdict, isFlawless, judgeDatabase } from '../support/delivery-verdict.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startOwnServer } from '../support/postgres.ts';
import { Tmpfs, TmpfsError } from '../support/tmpfs.ts';
import { until } from '../support/until.ts';
import { amount, NotRunError, pick, type Experiment, type Setup } from './experiment.ts';
import { NumberedRows } from './numbered-rows.ts';
import { openSurvivors } from './outbox-survivors.ts';
import { passUntil } from './pass-until.ts';
import { w6 } from './write-error-experiment.ts';
import { Disk, requireStrace, traceWrites, writeFiles, type Loss, type Operation } from './write-trace.ts';

const writer = fileURLToPath(new URL('./power-writer.ts', import.meta.url));
const scratch = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const ballast = 768 * 1024;
const rowsBeforeCrash = 150;
/** Some 700 pages, of which five steps of housekeeping give back most. */
const rowsToGiveBack = 12_000;
const losses: readonly Loss[] = ['all', 'random', 'torn', 'prefix'];

interface PowerLosses {
  readonly states: number;
  readonly lostStates: number;
  readonly mostLost: number;
  readonly problems: readonly string[];
  readonly operations: number;
}

/** Cuts the power at random operations and opens what is left with the product. */
async function cutPower(operations: readonly Operation[], states: number, setup: Setup, folder: string): Promise<PowerLosses> {
  const { random } = setup;
  const begin = operations.findIndex((operation) => operation.kind === 'said' && operation.text.startsWith('A '));
  const problems: string[] = [];
  let lostStates = 0;
  let mostLost = 0;
  const cuts = Array.from({ length: states }, () => begin + Math.floor(random() * (operations.length - begin + 1))).sort((one, other) => one - other);
  const disk = new Disk(operations);
  for (const cut of cuts) {
    const loss = pick(random, losses);
    // What SQLite had in memory is freed in a turn of the loop: without one 10,000 states took 11 GB.
    await turn();
    disk.advanceTo(cut);
    writeFiles(folder, disk.afterPowerLoss(loss, random));
    const { accepted, delivered } = promisedBefore(operations, cut);
    const survivors = openSurvivors(join(folder, 'outbox.sqlite'));
    if (typeof survivors === 'string') {
      problems.push(`cut ${cut}, ${loss}: ${survivors}`);
      continue;
    }
    const missing = accepted.filter((n) => !survivors.present.has(n));
    if (missing.length > 0) lostStates += 1;
    mostLost = Math.max(mostLost, missing.length);
    // The file holds greeks rows only: the newest settled id is the number of rows that PostgreSQL has.
    if (survivors.settled > delivered) problems.push(`cut ${cut}, ${loss}: the file says that ${survivors.settled} rows are delivered, PostgreSQL has ${delivered}`);
  }
  return { states, lostStates, mostLost, problems, operations: operations.length };
}

function promisedBefore(operations: readonly Operation[], cut: number): { readonly accepted: readonly number[]; readonly delivered: number } {
  const said = operations.slice(0, cut).flatMap((operation) => (operation.kind === 'said' ? operation.text.trim() : []));
  // What PostgreSQL has is told a moment after it has it: the next word counts as well.
  const later = operations.slice(cut).flatMap((operation) => (operation.kind === 'said' && operation.text.startsWith('D ') ? Number(operation.text.slice(2)) : []));
  return { accepted: said.flatMap((text) => (text.startsWith('A ') ? Number(text.slice(2)) : [])), delivered: later[0] ?? Infinity };
}

function traced(target: string, rows: number, mode: 'full' | 'normal' | 'shrinking', folder: string, first = 1): readonly Operation[] {
  const outbox = join(folder, 'outbox.sqlite');
  return traceWrites([process.execPath, writer, outbox, target, String(rows), mode, String(first)], 'outbox.sqlite', join(folder, 'trace'));
}

function describeLosses({ states, operations, lostStates, problems }: PowerLosses): string {
  return `${states.toLocaleString('en-US')} states of ${operations} operations: ${lostStates} with lost rows, ${problems.length} problems${problems.length > 0 ? ` (${problems[0]})` : ''}`;
}

const w1: Experiment = {
  id: 'W1',
  title: 'power loss: every write and flush of the outbox traced, the power cut at random instants, unflushed writes dropped, torn, kept at random; the same while retained rows are given back to the disk',
  target: '10,000 crash states, 0 accepted rows lost, every file opens, delivered never ahead of PostgreSQL',
  run: async (setup) => {
    requireStrace();
    const server = await startOwnServer();
    const folder = mkdtempSync(join(scratch, 'bridge-power-'));
    try {
      const target = await server.createDatabase();
      const operations = traced(JSON.stringify(target), 700, 'full', folder);
      const appending = await cutPower(operations, amount(setup, 10_000, 50), setup, join(folder, 'state'));
      rmSync(join(folder, 'outbox.sqlite'));
      const shrinking = await cutPower(traced('none', 70, 'shrinking', folder, rowsToGiveBack + 1), amount(setup, 1_000, 50), setup, join(folder, 'state'));
      return {
        reached: [appending, shrinking].every(({ lostStates, problems }) => lostStates === 0 && problems.length === 0),
        figure: `${describeLosses(appending)}; while it shrinks ${describeLosses(shrinking)}`,
      };
    } finally {
      await server.dispose();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

const w2: Experiment = {
  id: 'W2',
  title: 'control: the same outbox with synchronous = NORMAL must lose rows in a power cut',
  target: '> 0 states with lost rows',
  run: async (setup) => {
    requireStrace();
    const folder = mkdtempSync(join(scratch, 'bridge-power-'));
    try {
      const result = await cutPower(traced('none', 300, 'normal', folder), amount(setup, 1_000, 50), setup, join(folder, 'state'));
      return { reached: result.lostStates > 0, figure: `${result.lostStates} of ${result.states} states lost rows, up to ${result.mostLost}` };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** Delivery on a file system of 3 MB that a stranger fills to the last byte, and empties again. */
async function fullDisk(ballastBytes: number): Promise<string | null> {
  using disk = new Tmpfs('6m');
  const server = await startOwnServer();
  try {
    const target = await server.createDatabase();
    const clock = new ManualClock();
    const rows = new NumberedRows();
    await using stand = new DeliveryStand({ target, clock, bufferPath: join(disk.path, 'outbox.sqlite'), limits: { ballastBytes } });
    // Real I/O is slower than the owned clock where the machine is busy: an attempt may well time out, and be made again.
    const delivered = (): Promise<void> => passUntil(clock, () => stand.delivery.state().waiting === 0, 'the outbox to be delivered');
    stand.start();
    rows.append(stand.delivery, 50);
    await delivered();
    await until(() => ballastBytes === 0 || existsSync(join(disk.path, 'outbox.sqlite.ballast')), 'the ballast');
    fillUp(disk.path);
    let durableWhileFull = 0;
    for (let n = 0; n < 3_000; n += 1) {
      rows.append(stand.delivery);
      if (stand.delivery.state().durable) durableWhileFull += 1;
      if (n % 50 === 0) await clock.advance(5_000);
    }
    await delivered();
    const durable = stand.delivery.state().durable;
    rmSync(join(disk.path, 'hog'));
    await clock.advance(60_000);
    const durableAgain = stand.delivery.state().durable;
    rows.append(stand.delivery);
    await delivered();
    const verdict = await judgeDatabase(server, target, rows);
    const wrong = [
      !isFlawless(verdict) && describeVerdict(verdict),
      !durableAgain && 'not durable 60 s after there was space',
      ballastBytes === 0 && durable && 'the disk was never full',
      ballastBytes > 0 && durableWhileFull < 200 && `the ballast made room for ${durableWhileFull} rows only`,
    ].filter((problem) => problem !== false);
    return wrong.length === 0 ? null : `${ballastBytes > 0 ? 'with' : 'without'} ballast: ${wrong.join(', ')}`;
  } finally {
    await server.dispose();
  }
}

/** A crash left its log behind, and the disk has filled up meanwhile. */
function startOnFullDisk(ballastBytes: number): string | null {
  using disk = new Tmpfs('4m');
  using crashed = new OutboxFolder();
  const { outbox: before } = new OutboxStand({ path: crashed.path });
  for (let n = 1; n <= rowsBeforeCrash; n += 1) before.append({ kind: 'greeks', row: greeks(n) });
  const path = join(disk.path, 'outbox.sqlite');
  for (const suffix of ['', '-wal']) copyFileSync(crashed.path + suffix, path + suffix);
  before.close();
  if (ballastBytes > 0) writeFileSync(`${path}.ballast`, Buffer.alloc(ballastBytes));
  fillUp(disk.path);
  const { outbox } = new OutboxStand({ path, ballastBytes });
  outbox.append({ kind: 'greeks', row: greeks(rowsBeforeCrash + 1) });
  const found = drain(outbox).rows.length;
  const { durable } = outbox;
  outbox.close();
  const wrong = [found !== rowsBeforeCrash + 1 && `${found} rows`, ballastBytes > 0 && !durable && 'not durable'].filter((problem) => problem !== false);
  return wrong.length === 0 ? null : `started after a crash ${ballastBytes > 0 ? 'with' : 'without'} ballast: ${wrong.join(', ')}`;
}

/** A stranger's file takes everything but two pages. */
function fillUp(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(join(folder, 'hog'), Buffer.alloc(Math.max(0, (bavail - 2) * bsize)));
}

const w4: Experiment = {
  id: 'W4',
  title: 'the disk of the outbox is full (6 MB tmpfs), with and without ballast, while rows come and go; a start after a crash on such a disk',
  target: '0 lost, 0 doubled, no exception, delivery goes on, durable again < 60 s after there is space, without a restart',
  run: async () => {
    try {
      const problems = [await fullDisk(0), await fullDisk(ballast), startOnFullDisk(0), startOnFullDisk(ballast)].filter((problem) => problem !== null);
      return { reached: problems.length === 0, figure: problems.length === 0 ? '2 x 3,051 of 3,051 rows delivered, durable again within 60 s; 2 of 2 starts after a crash' : problems.join('; ') };
    } catch (error) {
      if (error instanceof TmpfsError) throw new NotRunError(error.message);
      throw error;
    }
  },
};

export const diskExperiments: readonly Experiment[] = [w1, w2, w4, w6];
