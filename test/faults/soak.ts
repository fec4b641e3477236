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
 *   npm run test:soak -- --hours 24 --life 150   killed every two and a half hours: lives that are long enough to settle
 *
 * Memory: in its first 50 minutes a process grows from 92 to 107 MB whatever it does (code, heap and caches find their size), so
 * the slope of that hour is told and not judged. Judged is what grows after it, and what the same age costs from life to life.
 */

const { values } = parseArgs({ options: { hours: { type: 'string', default: '24' }, seed: { type: 'string' }, life: { type: 'string' } } });
const hours = Number(values.hours);
if (!(hours > 0)) throw new Error(`--hours ${values.hours}: more than 0`);
const lifeMinutes = values.life === undefined ? undefined : Number(values.life);
if (lifeMinutes !== undefined && !(lifeMinutes > 0)) throw new Error(`--life ${values.life}: more than 0`);
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const minuteMs = 60_000;
const rowEveryMs = 100;
/** After it a process has found its size. */
const settledMs = 60 * minuteMs;
/** The age at which lives are compared with each other; so many of them, over so long, or chance would be judged. */
const comparedMs = 10 * minuteMs;
const comparedLives = 8;
const comparedOverMs = 4 * 60 * minuteMs;
const fewestSamples = 10;
const limits = { slopeMbPerHour: 1, walBytes: 1_000_000, descriptors: 8 };

interface Sample {
  /** Age of the process. */
  readonly atMs: number;
  /** Since the soak began. */
  readonly sinceMs: number;
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
    const begunAt = Date.now();
    const end = begunAt + hours * 60 * minuteMs;
    const lives: Sample[][] = [];
    while (Date.now() < end) {
      const lifeMs = (lifeMinutes ?? between(random, 10, 60)) * minuteMs;
      lives.push(await oneLife(folder, reached, chaos, Math.min(end - Date.now(), lifeMs), random, begunAt));
    }
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
async function oneLife(folder: string, target: object, chaos: Chaos, lifeMs: number, random: () => number, begunAt: number): Promise<Sample[]> {
  const child = start(folder, target, 0);
  const samples: Sample[] = [];
  const bornAt = Date.now();
  while (Date.now() - bornAt < lifeMs) {
    const { signal } = new AbortController();
    await chaos.disturb(signal);
    await new Promise((resolve) => setTimeout(resolve, Math.min(lifeMs, between(random, 20_000, 100_000))));
    if (child.exitCode !== null) throw new Error(`the writer ended by itself with ${child.exitCode}`);
    samples.push(sample(child.pid ?? 0, folder, Date.now() - bornAt, Date.now() - begunAt));
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
  const last = samples.at(-1);
  console.log(`${new Date().toISOString()} killed after ${Math.round((Date.now() - bornAt) / minuteMs)} min: RSS ${last?.rssMb.toFixed(0)} MB, ${last?.descriptors} descriptors, log ${last?.walBytes} B, ${chaos.faults} faults so far`);
  return samples;
}

function sample(pid: number, folder: string, atMs: number, sinceMs: number): Sample {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const wal = join(folder, 'outbox.sqlite-wal');
  return {
    atMs,
    sinceMs,
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
  const descriptors = lives.map((life) => Math.max(...life.map((each) => each.descriptors)) - Math.min(...life.map((each) => each.descriptors)));
  const wal = Math.max(0, ...lives.flat().map(({ walBytes }) => walBytes));
  const slopes = memorySlopes(lives);
  console.log(`${lives.length} kills, ${faults} faults, ${describeVerdict(verdict)}`);
  console.log(`descriptors vary by ${Math.max(0, ...descriptors)} at most, write-ahead log ${wal} B at most`);
  for (const { words, mbPerHour, judged } of slopes) console.log(`memory ${words}: ${mbPerHour.toFixed(2)} MB/h${judged ? '' : ' (not judged)'}`);
  const judged = slopes.filter((slope) => slope.judged);
  if (judged.length === 0) console.log('memory is not judged: that takes lives of an hour and a half (--life 150), or four hours with eight lives');
  const memoryWell = judged.every(({ mbPerHour }) => mbPerHour < limits.slopeMbPerHour);
  return isFlawless(verdict) && memoryWell && wal < limits.walBytes && descriptors.every((range) => range <= limits.descriptors) ? 0 : 1;
}

interface MemorySlope {
  readonly words: string;
  readonly mbPerHour: number;
  readonly judged: boolean;
}

function memorySlopes(lives: readonly (readonly Sample[])[]): readonly MemorySlope[] {
  const parts = (isPart: (sample: Sample) => boolean): number[] =>
    lives.map((life) => life.filter(isPart)).filter((life) => life.length >= fewestSamples).map((life) => slopeMbPerHour(life, ({ atMs }) => atMs));
  const compared = lives.flatMap((life) => life.find(({ atMs }) => atMs >= comparedMs) ?? []);
  const comparable = compared.length >= comparedLives && (compared.at(-1)?.sinceMs ?? 0) - (compared[0]?.sinceMs ?? 0) >= comparedOverMs;
  const young = parts(({ atMs }) => atMs < settledMs);
  const settled = parts(({ atMs }) => atMs >= settledMs);
  // The mean over the lives: within a single short one a collection of garbage is a slope.
  return [
    ...(young.length === 0 ? [] : [{ words: `in the first hour of ${young.length} lives`, mbPerHour: mean(young), judged: false }]),
    ...(settled.length === 0 ? [] : [{ words: `after the first hour of ${settled.length} lives`, mbPerHour: mean(settled), judged: true }]),
    ...(comparable ? [{ words: `at the age of 10 minutes, over ${compared.length} lives`, mbPerHour: slopeMbPerHour(compared, ({ sinceMs }) => sinceMs), judged: true }] : []),
  ];
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
}

/** Least squares. */
function slopeMbPerHour(samples: readonly Sample[], timeOf: (sample: Sample) => number): number {
  const meanAt = mean(samples.map(timeOf));
  const meanRss = mean(samples.map(({ rssMb }) => rssMb));
  const above = samples.reduce((sum, each) => sum + (timeOf(each) - meanAt) * (each.rssMb - meanRss), 0);
  const below = samples.reduce((sum, each) => sum + (timeOf(each) - meanAt) ** 2, 0);
  return (above / below) * 60 * minuteMs;
}
