import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { CDPSession, Page } from 'playwright';
import type { Band, HistorySeries, LegRow, Ms } from '../../preload/contract.ts';
import { makeLegs, sumOf, unpricedOf } from '../renderer/fixtures/book.ts';
import { makeHistory } from '../renderer/fixtures/history.ts';
import { makeLog } from '../renderer/fixtures/log.ts';
import { scenario } from '../renderer/fixtures/scenarios.ts';
import { large, openStage, type Stage } from '../renderer/stage.ts';

export const updateMs = 250;
const updatesPerLegs = 4;
const updatesPerRow = 20;
const distinctFrames = 8;
const distinctHistories = 24;

/** What Chromium says that the main thread did, milliseconds of its own processor time. */
export interface Work {
  readonly task: number;
  readonly script: number;
  readonly layout: number;
  readonly style: number;
}

/** One update and everything that followed from it until the next one. */
export interface UpdateWork extends Work {
  /** What came with it: always the numbers, each second the legs, every five seconds a row and after that the chart's history. */
  readonly kind: 'numbers' | 'legs' | 'row' | 'chart';
}

/** The built window with a bridge inside of the page, so that no transport of a test is measured. */
export class UpdatingWindow implements AsyncDisposable {
  readonly page: Page;
  readonly session: CDPSession;
  readonly #stage: Stage;
  #turn = 0;

  private constructor(stage: Stage, page: Page, session: CDPSession) {
    this.#stage = stage;
    this.page = page;
    this.session = session;
  }

  /** `updates`: how many it will be asked for in all; they are written down now, so that making them is not measured, nor collecting what making them left. */
  static async open(executablePath: string, legs: number, updates: number): Promise<UpdatingWindow> {
    const stage = await openStage(executablePath);
    const context = await stage.browser.newContext({ viewport: large });
    const page = await context.newPage();
    await page.addInitScript(installBridge, bridgeTexts(legs));
    await page.goto(stage.origin);
    await page.locator('.chart-box .curve').first().waitFor();
    const session = await context.newCDPSession(page);
    // The thread's own time: on a busy machine the wall's would measure the neighbours.
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    await page.evaluate((count) => (window as unknown as PushingWindow).prepareFrames(count), updates);
    await session.send('HeapProfiler.collectGarbage');
    return new UpdatingWindow(stage, page, session);
  }

  /** `count` updates, four a second; `heard` false: nobody listens to them, which is what the measuring itself costs. */
  async run(count: number, heard: boolean): Promise<readonly UpdateWork[]> {
    const works: UpdateWork[] = [];
    let before = await this.#work();
    for (let index = 0; index < count; index += 1) {
      const dueAt = performance.now() + updateMs;
      this.#turn += 1;
      await this.page.evaluate(([turn, each]) => (window as unknown as PushingWindow).pushFrame(turn, each), [this.#turn, heard] as const);
      await pause(dueAt - performance.now());
      const after = await this.#work();
      works.push({ kind: kindOf(this.#turn), task: after.task - before.task, script: after.script - before.script, layout: after.layout - before.layout, style: after.style - before.style });
      before = after;
    }
    return works;
  }

  async #work(): Promise<Work> {
    const { metrics } = await this.session.send('Performance.getMetrics');
    const read = (name: string): number => (metrics.find((metric) => metric.name === name)?.value ?? NaN) * 1_000;
    return { task: read('TaskDuration'), script: read('ScriptDuration'), layout: read('LayoutDuration'), style: read('RecalcStyleDuration') };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stage.close();
  }
}

function kindOf(turn: number): UpdateWork['kind'] {
  if (turn % updatesPerRow === 0) return 'row';
  if (turn % updatesPerLegs === 0) return 'legs';
  // The history is asked for 300 ms after the row, and drawn with the update that follows.
  return turn % updatesPerRow === 2 ? 'chart' : 'numbers';
}

interface BridgeTexts {
  readonly host: string;
  readonly overview: string;
  readonly settings: string;
  readonly log: string;
  readonly sums: readonly string[];
  readonly legs: readonly string[];
  readonly histories: Readonly<Record<string, readonly string[]>>;
  readonly updatesPerRow: number;
}

/** Everything as text: what the page reads is a fresh object each time, as behind the border. */
function bridgeTexts(size: number): BridgeTexts {
  const { host, overview, settings, legs } = scenario({ legs: makeLegs(size) });
  const frames = Array.from({ length: distinctFrames }, (_, index) => legs.map((leg, each) => moved(leg, index, each)));
  const sums = frames.map((frame) => ({ ...overview.sums, ...sumOf(frame), coverage: { legs: size, priced: size, unpriced: unpricedOf(frame), notCounted: [] } }));
  const texts = (values: readonly unknown[]): readonly string[] => values.map((value) => JSON.stringify(value));
  return {
    host: JSON.stringify(host),
    overview: JSON.stringify(overview),
    settings: JSON.stringify(settings),
    log: JSON.stringify(makeLog(200, overview.now)),
    sums: texts(sums),
    legs: texts(frames),
    histories: { '15m': texts(growing('15m', overview.now)), '1h': texts(growing('1h', overview.now)) },
    updatesPerRow,
  };
}

/** One history as it moves on with each row; its gaps stay where they were. */
function growing(range: '15m' | '1h', start: Ms): readonly HistorySeries[] {
  const whole = makeHistory(range, start + distinctHistories * 5_000);
  return Array.from({ length: distinctHistories }, (_, index) => {
    const to = start + index * 5_000;
    const count = whole.at.filter((at) => at <= to).length;
    const cut = ({ low, high, last }: Band): Band => ({ low: low.slice(0, count), high: high.slice(0, count), last: last.slice(0, count) });
    const { delta, gamma, vega, theta } = whole.greeks;
    return { ...whole, from: to - (whole.to - whole.from), to, at: whole.at.slice(0, count), greeks: { delta: cut(delta), gamma: cut(gamma), vega: cut(vega), theta: cut(theta) } };
  });
}

/** Every number of the leg is another one in the next frame; a share and a future have no gamma, vega and theta that could move. */
function moved(leg: LegRow, frame: number, each: number): LegRow {
  const { delta, gamma, vega, theta, price, unitDelta, quotedAt } = leg;
  const step = leg.kind === 'STK' || leg.kind === 'FUT' ? 0 : frame;
  return {
    ...leg,
    delta: (delta ?? 0) + Math.sin(frame + each),
    gamma: (gamma ?? 0) + step * 0.001,
    vega: (vega ?? 0) + step,
    theta: (theta ?? 0) - step,
    price: (price ?? 0) + frame * 0.01,
    unitDelta: (unitDelta ?? 0) + frame * 0.0001,
    quotedAt: (quotedAt ?? 0) + frame * 250,
  };
}

interface PushingWindow {
  /** Writes the first `count` updates down. */
  prepareFrames(count: number): void;
  pushFrame(turn: number, heard: boolean): void;
}

/** Runs in the page. */
function installBridge({ host, overview, settings, log, sums, legs, histories, updatesPerRow: perRow }: BridgeTexts): void {
  const parsed = JSON.parse(overview);
  const answer = (text: string | undefined) => Promise.resolve({ ok: true, value: JSON.parse(text ?? 'null') });
  let listener: (update: unknown) => void = () => undefined;
  let turn = 0;
  const historyOf = (range: string): string | undefined => {
    const texts = histories[range] ?? histories['1h'];
    return texts?.[Math.floor(turn / perRow) % texts.length];
  };
  Object.defineProperty(window, 'bridge', {
    value: {
      host: () => answer(host),
      overview: () => answer(overview),
      settings: () => answer(settings),
      legs: () => answer(legs[turn % legs.length]),
      history: (range: string) => answer(historyOf(range)),
      log: () => answer(log),
      subscribe: (given: typeof listener) => {
        listener = given;
        return () => undefined;
      },
    },
  });
  const prepared = new Map<number, string>();
  const updateText = (at: number): string => {
    const now = parsed.now + at * 250;
    // A row every 5 s, as the bridge writes them: the short histories are asked for again.
    const state = { ...parsed.state, rev: at, lastRow: { at: parsed.now + Math.floor(at / perRow) * 5_000, latenessMs: 0 } };
    return JSON.stringify({ type: 'overview', overview: { ...parsed, now, state, sums: { ...JSON.parse(sums[at % sums.length] ?? 'null'), at: now }, lastTickAt: now } });
  };
  Object.assign(window, {
    prepareFrames: (count: number) => {
      for (let at = 1; at <= count; at += 1) prepared.set(at, updateText(at));
    },
    pushFrame: (at: number, heard: boolean) => {
      turn = at;
      const update = JSON.parse(prepared.get(at) ?? 'null');
      if (heard) listener(update);
    },
  } satisfies PushingWindow);
}
