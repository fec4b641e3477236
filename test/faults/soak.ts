import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeVerdict, isFlawless, judgeDatabase } from '../support/delivery-verdict.ts';
import { readOracle } from '../support/oracle.ts';
import { startOwnServer } from '../support/postgres.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { Chaos } from './chaos.ts';
import { between, seededRandom } from './experiment.ts';

/*
 * `npm run test:soak -- --hours N`: delivery at fifty times its rate (ten rows a second) in real time, killed every 10 to 60 minutes,
 * the way to PostgreSQL broken at random; memory, descriptors and the write-ahead log are watched. Exit code 1 when a figure is missed.
 *
 *   npm run test:soak -- --hours 24 --seed 17
 */

const { values } = parseArgs({ options: { hours: { type: 'string', default: '24' }, seed: { type: 'string' } } });
const hours = Number(values.hours);
if (!(hours > 0)) throw new Error(`--hours ${values.hours}: more than 0`);
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const minuteMs = 60_000;
const rowEveryMs = 100;
/** After a start the heap grows until it has found its size. */
const warmUpMs = 5 * minuteMs;
const limits = { slopeMbPerHour: 1, walBytes: 1_000_000, descriptors: 8 };

interface Sample {
  readonly atMs: number;
  readonly rssMb: number;
  readonly descriptors: number;
  readonly walBytes: number;
}

process.exitCode = await soak();

async function soak(): Promise<number> {
  console.log(`seed ${seed}, ${hours} h`);
  const random = seededRandom(seed);
  const server = await startOwnServer();
  const folder = mkdtempSync(join(tmpdir(), 'bridge-soak-'));
  try {
    const target = await server.createDatabase();
    const proxy = await TcpProxy.open(server);
    const chaos = new Chaos(server, target, proxy, random);
    const reached = { ...target, port: proxy.port };
    const end = Date.now() + hours * 60 * minuteMs;
    const lives: Sample[][] = [];
    while (Date.now() < end) lives.push(await oneLife(folder, reached, chaos, Math.min(end - Date.now(), between(random, 10, 60) * minuteMs), random));
    proxy.heal();
    await proxy.accept();
    await finish(folder, reached);
    const verdict = await judgeDatabase(server, target, readOracle(join(folder, 'oracle')));
    await proxy.close();
    return report(verdict, lives, chaos.faults);
  } finally {
    await server.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

function start(folder: string, target: object, rows: number): ReturnType<typeof spawn> {
  const script = fileURLToPath(new URL('./killed-writer.ts', import.meta.url));
  const outbox = join(folder, 'outbox.sqlite');
  return spawn(process.execPath, [script, outbox, join(folder, 'oracle'), JSON.stringify(target), String(rowEveryMs), String(rows)], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** From a start to its kill; a fault about every minute. */
async function oneLife(folder: string, target: object, chaos: Chaos, lifeMs: number, random: () => number): Promise<Sample[]> {
  const child = start(folder, target, 0);
  const samples: Sample[] = [];
  const bornAt = Date.now();
  while (Date.now() - bornAt < lifeMs) {
    const { signal } = new AbortController();
    await chaos.disturb(signal);
    await new Promise((resolve) => setTimeout(resolve, Math.min(lifeMs, between(random, 20_000, 100_000))));
    if (child.exitCode !== null) throw new Error(`the writer ended by itself with ${child.exitCode}`);
    samples.push(sample(child.pid ?? 0, folder, Date.now() - bornAt));
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
  const last = samples.at(-1);
  console.log(`${new Date().toISOString()} killed after ${Math.round((Date.now() - bornAt) / minuteMs)} min: RSS ${last?.rssMb.toFixed(0)} MB, ${last?.descriptors} descriptors, log ${last?.walBytes} B, ${chaos.faults} faults so far`);
  return samples;
}

function sample(pid: number, folder: string, atMs: number): Sample {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const wal = join(folder, 'outbox.sqlite-wal');
  return {
    atMs,
    rssMb: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    walBytes: existsSync(wal) ? statSync(wal).size : 0,
  };
}

async function finish(folder: string, target: object): Promise<void> {
  const child = start(folder, target, 5);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the last writer could not deliver the rest (exit ${code})`);
}

function report(verdict: Parameters<typeof isFlawless>[0], lives: readonly (readonly Sample[])[], faults: number): number {
  const warm = lives.map((life) => life.filter(({ atMs }) => atMs >= warmUpMs)).filter((life) => life.length >= 10);
  const slopes = warm.map(slopeMbPerHour);
  // The mean over the lives: within one of ten minutes a collection of garbage is a slope.
  const slope = slopes.length === 0 ? Number.NaN : slopes.reduce((sum, each) => sum + each, 0) / slopes.length;
  const descriptors = warm.map((life) => Math.max(...life.map((each) => each.descriptors)) - Math.min(...life.map((each) => each.descriptors)));
  const wal = Math.max(0, ...lives.flat().map(({ walBytes }) => walBytes));
  console.log(`${lives.length} kills, ${faults} faults, ${describeVerdict(verdict)}`);
  console.log(`memory ${slope.toFixed(2)} MB/h over ${warm.length} lives, descriptors vary by ${Math.max(0, ...descriptors)} at most, write-ahead log ${wal} B at most`);
  // Lives of less than a quarter of an hour tell nothing about memory: a short soak judges the rows alone.
  const memoryWell = warm.length === 0 || slope < limits.slopeMbPerHour;
  return isFlawless(verdict) && memoryWell && wal < limits.walBytes && descriptors.every((range) => range <= limits.descriptors) ? 0 : 1;
}

/** Least squares. */
function slopeMbPerHour(samples: readonly Sample[]): number {
  const meanAt = samples.reduce((sum, { atMs }) => sum + atMs, 0) / samples.length;
  const meanRss = samples.reduce((sum, { rssMb }) => sum + rssMb, 0) / samples.length;
  const above = samples.reduce((sum, { atMs, rssMb }) => sum + (atMs - meanAt) * (rssMb - meanRss), 0);
  const below = samples.reduce((sum, { atMs }) => sum + (atMs - meanAt) ** 2, 0);
  return (above / below) * 60 * minuteMs;
}
