import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { BenchStage } from './bench-stage.ts';
import { figure, type Effort, type Part } from './figure.ts';
import { readUsage } from './process-usage.ts';
import { median } from './statistics.ts';

const MAX_RESIDENT_MB = 110;
const MAX_SHARE_PERCENT = 2;
const SAMPLE_EVERY_MS = 500;

/** Memory and processor time of the built daemon at work: one tick per leg and second, a row every five seconds into PostgreSQL. */
export async function measureDaemon({ legs, warmUpSeconds, windowSeconds }: Effort): Promise<Part> {
  await using stage = await BenchStage.open(legs);
  await using run = await stage.start();
  await run.firstRow();
  await run.tickSteadily();
  await pause(warmUpSeconds * 1_000);

  const rowsBefore = (await run.rows()).length;
  const before = readUsage(run.pid);
  const startedAt = performance.now();
  const residentMb: number[] = [];
  while (performance.now() - startedAt < windowSeconds * 1_000) {
    await pause(SAMPLE_EVERY_MS);
    residentMb.push(readUsage(run.pid).residentBytes / 1e6);
  }
  const share = ((readUsage(run.pid).processorMs - before.processorMs) * 100) / (performance.now() - startedAt);
  const rows = (await run.rows()).slice(rowsBefore);
  // A daemon that is idle would do splendidly.
  const moves = new Set(rows.map(({ delta }) => delta)).size;
  if (windowSeconds > 10 && moves < 2) throw new Error(`the daemon wrote ${rows.length} rows with ${moves} different sums while it was measured`);

  const highest = Math.max(...residentMb);
  return {
    title: `Daemon at ${legs} legs, one tick per leg and second`,
    figures: [
      figure('resident memory, highest', highest, 'MB', { target: `under ${MAX_RESIDENT_MB} MB`, reached: highest < MAX_RESIDENT_MB }),
      figure('resident memory, median', median(residentMb), 'MB'),
      figure('processor share of one core', share, '%', { target: `under ${MAX_SHARE_PERCENT} %`, reached: share < MAX_SHARE_PERCENT }),
    ],
    remarks: [`the built daemon with the flags of npm run daemon, ${windowSeconds} s after ${warmUpSeconds} s of warm-up; ${rows.length} rows went to PostgreSQL meanwhile; 1 MB is 1,000,000 bytes`],
  };
}
