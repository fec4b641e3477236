import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { CDPSession } from 'playwright';
import { large, launch } from '../renderer/stage.ts';
import { BenchStage, type BenchRun } from './bench-stage.ts';
import { figure, type Effort, type Figure } from './figure.ts';
import { readUsage } from './process-usage.ts';
import { median } from './statistics.ts';

const MAX_MORE_PERCENT = 1;
const PAIRS = 3;

/** What a hidden window costs more than the daemon alone: the daemon's share of a core with and without it, and the page's own. */
export async function measureHidden(executablePath: string, { legs, warmUpSeconds, windowSeconds }: Effort): Promise<readonly Figure[]> {
  await using stage = await BenchStage.open(legs);
  await using run = await stage.start({ args: ['--dashboard'] });
  await run.firstRow();
  await run.tickSteadily();
  await pause(warmUpSeconds * 1_000);
  const url = await run.dashboard();
  const browser = await launch(executablePath);
  try {
    const alone: number[] = [];
    const visible: number[] = [];
    const hidden: number[] = [];
    const pages: number[] = [];
    // In turn, so that a busy moment of the machine touches both.
    for (let pair = 0; pair < PAIRS; pair += 1) {
      alone.push(await shareOf(run, windowSeconds));
      const context = await browser.newContext({ viewport: large });
      const page = await context.newPage();
      await page.goto(url);
      await page.locator('.chart-box .curve').first().waitFor({ state: 'attached' });
      visible.push(await shareOf(run, windowSeconds));
      // Headless pages are always in sight: the page is told what a browser would tell it.
      await page.evaluate(() => {
        Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      });
      const session = await context.newCDPSession(page);
      await session.send('Performance.enable', { timeDomain: 'threadTicks' });
      await pause(2_000);
      const before = await taskMs(session);
      hidden.push(await shareOf(run, windowSeconds));
      pages.push(((await taskMs(session)) - before) / (windowSeconds * 10));
      await context.close();
      await pause(1_000);
    }
    const more = median(hidden.map((share, index) => share - (alone[index] ?? NaN))) + median(pages);
    return [
      figure('hidden window, more than the daemon alone', Math.max(0, more), '% of a core', {
        target: `under ${MAX_MORE_PERCENT} %`,
        reached: more < MAX_MORE_PERCENT,
        note: `daemon alone ${list(alone)} %, with the hidden window ${list(hidden)} %, the page's own main thread ${list(pages)} %; the median of the differences may lie below zero`,
      }),
      figure('daemon alone', median(alone), '% of a core'),
      figure('daemon with the window in sight', median(visible), '% of a core'),
    ];
  } finally {
    await browser.close();
  }
}

async function shareOf(run: BenchRun, seconds: number): Promise<number> {
  const before = readUsage(run.pid).processorMs;
  const startedAt = performance.now();
  await pause(seconds * 1_000);
  return ((readUsage(run.pid).processorMs - before) * 100) / (performance.now() - startedAt);
}

async function taskMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN) * 1_000;
}

function list(shares: readonly number[]): string {
  return shares.map((share) => share.toFixed(2)).join(', ');
}
