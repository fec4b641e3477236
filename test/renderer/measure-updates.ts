import { makeHistory } from './fixtures/history.ts';
import { makeLegs, sumOf, unpricedOf } from './fixtures/book.ts';
import { makeLog } from './fixtures/log.ts';
import { scenario } from './fixtures/scenarios.ts';
import { chromiumPath, large, openStage } from './stage.ts';

/*
 * Main-thread work of the window per update in real Chromium: `node test/renderer/measure-updates.ts [legs] [updates]`.
 *
 * Each update changes the sums and every leg. What is measured is Chromium's own TaskDuration (script, style, layout, paint),
 * less that of an update which nobody listens to. The bridge lives in the page, so that no test transport is measured.
 */

const legCount = Number(process.argv[2] ?? 60);
const updates = Number(process.argv[3] ?? 240);

const executable = chromiumPath();
if (executable === undefined) throw new Error('no Chromium was found');
const stage = await openStage(executable);
const context = await stage.browser.newContext({ viewport: large });
const page = await context.newPage();
const base = scenario({ legs: makeLegs(legCount) });
const frames = Array.from({ length: 8 }, (_, index) => {
  const legs = base.legs.map((leg, each) => ({ ...leg, delta: (leg.delta ?? 0) + Math.sin(index + each), gamma: (leg.gamma ?? 0) + index * 0.001, vega: (leg.vega ?? 0) + index, theta: (leg.theta ?? 0) - index, price: (leg.price ?? 0) + index * 0.01, unitDelta: (leg.unitDelta ?? 0) + index * 0.0001, quotedAt: base.overview.now + index * 250 }));
  return { legs, sums: { ...base.overview.sums, ...sumOf(legs), coverage: { legs: legCount, priced: legCount, unpriced: unpricedOf(legs), notCounted: [] } } };
});
const histories = { '15m': makeHistory('15m', base.overview.now), '1h': makeHistory('1h', base.overview.now) };
await page.addInitScript(
  ([host, overview, settings, log, sumTexts, legTexts, historyTexts]) => {
    const answer = (text: string) => Promise.resolve({ ok: true, value: JSON.parse(text) });
    let listener: (update: unknown) => void = () => undefined;
    let turn = 0;
    const parsed = JSON.parse(overview);
    Object.defineProperty(window, 'bridge', {
      value: {
        host: () => answer(host),
        overview: () => answer(overview),
        settings: () => answer(settings),
        legs: () => answer(legTexts[turn % legTexts.length] ?? '[]'),
        history: (range: string) => answer(historyTexts[range] ?? historyTexts['1h'] ?? ''),
        log: () => answer(log),
        subscribe: (given: typeof listener) => {
          listener = given;
          return () => undefined;
        },
      },
    });
    Object.assign(window, {
      pushFrame: (heard: boolean) => {
        turn += 1;
        const now = parsed.now + turn * 250;
        const sums = JSON.parse(sumTexts[turn % sumTexts.length] ?? '{}');
        // A row every 5 s, as the bridge writes them: the short histories are asked for again.
        const state = { ...parsed.state, rev: turn, lastRow: { at: parsed.now + Math.floor(turn / 20) * 5000, latenessMs: 0 } };
        const update = JSON.parse(JSON.stringify({ type: 'overview', overview: { ...parsed, now, state, sums: { ...sums, at: now }, lastTickAt: now } }));
        if (heard) listener(update);
      },
    });
  },
  [JSON.stringify(base.host), JSON.stringify(base.overview), JSON.stringify(base.settings), JSON.stringify(makeLog(200, base.overview.now)), frames.map(({ sums }) => JSON.stringify(sums)), frames.map(({ legs }) => JSON.stringify(legs)), Object.fromEntries(Object.entries(histories).map(([range, series]) => [range, JSON.stringify(series)]))] as const,
);
await page.goto(stage.origin);
await page.locator('.recharts-line-curve').waitFor();
const session = await context.newCDPSession(page);
// The thread's own time: on a busy machine the wall's would measure the neighbours.
await session.send('Performance.enable', { timeDomain: 'threadTicks' });

async function measure(heard: boolean, times: number): Promise<number[]> {
  const spent: number[] = [];
  for (let index = 0; index < times; index += 1) {
    const before = await taskMs();
    await page.evaluate((each) => {
      (window as unknown as { pushFrame: (heard: boolean) => void }).pushFrame(each);
      // Two frames: what the update changes is laid out and painted in the first.
      return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    }, heard);
    spent.push((await taskMs()) - before);
  }
  return spent;
}

async function taskMs(name = 'TaskDuration'): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return (metrics.find((metric) => metric.name === name)?.value ?? 0) * 1000;
}

const kinds = ['ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration', 'TaskDuration'] as const;
const all = (): Promise<number[]> => Promise.all(kinds.map((kind) => taskMs(kind)));

const quantile = (values: readonly number[], share: number): number => [...values].sort((one, other) => one - other)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
await measure(true, 40);
const idle = await measure(false, 80);
const start = await all();
const busy = await measure(true, updates);
const end = await all();
const floor = quantile(idle, 0.5);
console.log(`main-thread work per update, ${legCount} legs, ${updates} updates, ${updates / 4} s at 4 a second:`);
for (const share of [0.5, 0.9, 0.95, 0.99]) console.log(`  p${share * 100}: ${(quantile(busy, share) - floor).toFixed(2)} ms`);
// The bridge's 40 warming-up updates make the first of these the 41st; legs come with every fourth, a row with every twentieth.
const turnOf = (index: number): number => index + 41;
const parts = {
  'numbers only': busy.filter((_, index) => turnOf(index) % 4 !== 0),
  'and the legs (each second)': busy.filter((_, index) => turnOf(index) % 4 === 0 && turnOf(index) % 20 !== 0),
  'and a row: histories, chart (each 5 s)': busy.filter((_, index) => turnOf(index) % 20 === 0),
};
for (const [part, spent] of Object.entries(parts)) console.log(`  ${part}: p50 ${(quantile(spent, 0.5) - floor).toFixed(2)} ms, p95 ${(quantile(spent, 0.95) - floor).toFixed(2)} ms`);
console.log(`  mean: ${kinds.map((kind, index) => `${kind.replace('Duration', '').toLowerCase()} ${(((end[index] ?? 0) - (start[index] ?? 0)) / updates).toFixed(2)} ms`).join(', ')}`);
console.log(`  (an update that nobody hears costs ${floor.toFixed(2)} ms in this measurement, which is taken off)`);
await stage.close();
