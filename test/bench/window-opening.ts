import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Browser } from 'playwright';
import { historyPath } from '../../main/engine/delivery/history.ts';
import { DashboardClient } from '../daemon/dashboard-client.ts';
import { large, launch } from '../renderer/stage.ts';
import { BenchStage } from './bench-stage.ts';
import { figure, type Effort, type Figure } from './figure.ts';
import { writeHistory } from './month-of-history.ts';
import { median, quantile } from './statistics.ts';

const MAX_OPENING_MS = 1_000;
const MAX_QUERY_MS = 50;
/** A statement prepared anew with each row took 10 GB for a month of them. */
const MAX_WRITING_MB = 100;
const QUERIES = 40;

/** From navigation to a window that shows the account and obeys, over the built daemon's dashboard with days of history behind it. */
export async function measureOpening(executablePath: string, { legs, historyDays, openings }: Effort): Promise<readonly Figure[]> {
  // Before anything else runs: half a million rows keep this process busy for some seconds.
  const folder = mkdtempSync(join(tmpdir(), 'bridge-bench-'));
  const written = join(folder, 'written.sqlite');
  const residentBefore = process.memoryUsage.rss();
  const rows = writeHistory(written, historyDays, Date.now());
  const writingMb = (process.memoryUsage.rss() - residentBefore) / 2 ** 20;
  await using stage = await BenchStage.open(legs);
  await using run = await stage.start({ args: ['--dashboard'], prepare: (path) => cpSync(historyPath(written), historyPath(path)) });
  rmSync(folder, { recursive: true });
  await run.firstRow();
  await run.tickSteadily();
  const url = await run.dashboard();
  const [firstQuery = NaN, ...queries] = await timeQueries(new DashboardClient(url));
  const browser = await launch(executablePath);
  try {
    const opened: Opened[] = [];
    for (let opening = 0; opening < openings; opening += 1) opened.push(await openOnce(browser, url));
    const interactive = opened.map(({ interactiveMs }) => interactiveMs);
    const slowest = quantile(interactive, 1);
    const queryP95 = quantile(queries, 0.95);
    const note = `${rows.toLocaleString('en-US')} rows in ${historyDays} days`;
    return [
      figure('from navigation to interactive, slowest', slowest, 'ms', { target: `under ${MAX_OPENING_MS} ms`, reached: slowest < MAX_OPENING_MS, note: `${note}; the first opening: ${interactive[0]?.toFixed(0)} ms` }),
      figure('from navigation to interactive, median', median(interactive), 'ms'),
      figure('from navigation to the four numbers, median', median(opened.map(({ shownMs }) => shownMs)), 'ms'),
      figure('from the click on 30 d to its curve, median', median(opened.map(({ monthMs }) => monthMs)), 'ms'),
      figure('30-day query over HTTP, p95', queryP95, 'ms', { target: `under ${MAX_QUERY_MS} ms`, reached: queryP95 < MAX_QUERY_MS, note: 'request, query, JSON and answer' }),
      figure('30-day query over HTTP, median', median(queries), 'ms'),
      figure('30-day query over HTTP, the first of the daemon\u2019s life', firstQuery, 'ms', { target: `under ${MAX_QUERY_MS} ms`, reached: firstQuery < MAX_QUERY_MS }),
      figure('memory for writing that history in one go', writingMb, 'MB', { target: `under ${MAX_WRITING_MB} MB`, reached: writingMb < MAX_WRITING_MB }),
    ];
  } finally {
    await browser.close();
  }
}

async function timeQueries(client: DashboardClient): Promise<readonly number[]> {
  const spent: number[] = [];
  for (let query = 0; query <= QUERIES; query += 1) {
    const startedAt = performance.now();
    const { result } = await client.ask('history', ['30d']);
    spent.push(performance.now() - startedAt);
    if (!result.ok) throw new Error(result.message);
  }
  return spent;
}

/** Milliseconds since the navigation began, by the page's own clock. */
interface Opened {
  /** The four numbers stand there. */
  readonly shownMs: number;
  /** A click on a tile has chosen its Greek, and that was drawn; the chart of the hour is there as well. */
  readonly interactiveMs: number;
  /** From a click on the longest range to its curve. */
  readonly monthMs: number;
}

/** Opens the window in a context of its own: no cache, no storage. */
async function openOnce(browser: Browser, url: string): Promise<Opened> {
  const context = await browser.newContext({ viewport: large });
  try {
    const page = await context.newPage();
    await page.addInitScript(watchOpening);
    await page.goto(url, { waitUntil: 'commit' });
    const opened = await page.waitForFunction(() => (window as unknown as { opened?: Opened }).opened, undefined, { timeout: 60_000 });
    return (await opened.jsonValue()) as Opened;
  } finally {
    await context.close();
  }
}

/** Runs in the page, before its scripts. */
function watchOpening(): void {
  let shownMs = NaN;
  let interactiveMs = NaN;
  let monthAskedAt = NaN;
  const tile = (name: string): HTMLButtonElement | undefined => [...document.querySelectorAll<HTMLButtonElement>('button.tile')].find(({ textContent }) => textContent?.startsWith(name));
  const isChosen = (): boolean => tile('Vega')?.getAttribute('aria-pressed') === 'true';
  const look = (): void => {
    const values = [...document.querySelectorAll('.tiles[role=group] .tile-value')];
    const month = [...document.querySelectorAll<HTMLButtonElement>('.chart-panel .segmented button')].find(({ textContent }) => textContent === '30 d');
    const legend = document.querySelector('.legend')?.textContent ?? '';
    if (Number.isNaN(shownMs)) {
      if (values.length === 4 && values.every(({ textContent }) => /\d/.test(textContent ?? ''))) {
        shownMs = performance.now();
        tile('Vega')?.click();
      }
    } else if (Number.isNaN(interactiveMs)) {
      if (isChosen() && document.querySelector('.chart-box .curve') !== null) interactiveMs = performance.now();
    } else if (Number.isNaN(monthAskedAt)) {
      monthAskedAt = performance.now();
      month?.click();
    } else if (/low to high of 1 h 13 m/.test(legend)) {
      Object.assign(window, { opened: { shownMs, interactiveMs, monthMs: performance.now() - monthAskedAt } });
      return;
    }
    // Each look is in the frame after the change it sees: what it sees has been drawn.
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
