import type { Page } from 'playwright';
import {
  requestMethods,
  type BridgeApi,
  type Finding,
  type HistorySeries,
  type LegRow,
  type LogEntry,
  type PasswordChange,
  type RequestMethod,
  type Result,
  type SaveResult,
  type SettingsChange,
  type Update,
} from '../../preload/contract.ts';
import { makeHistory } from './fixtures/history.ts';
import { queryLog } from './fixtures/log.ts';
import type { Scenario } from './fixtures/scenarios.ts';

/** What a test replaces to see the window answer to it. */
export interface Answers {
  save: (change: SettingsChange, password: PasswordChange | undefined) => Result<SaveResult>;
  test: (what: 'gateway' | 'database') => Result<readonly Finding[]>;
  command: (command: string) => Result<null>;
  history: (range: HistorySeries['range']) => Result<HistorySeries>;
}

/** The other side of the border, in Node: answers as the bridge would in one scenario, and remembers what it was asked. */
export class FakeBridge implements Omit<BridgeApi, 'subscribe'> {
  readonly asked: { readonly method: RequestMethod; readonly args: readonly unknown[] }[] = [];
  readonly answers: Answers;
  scenario: Scenario;
  #page: Page | undefined;

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    this.answers = {
      save: () => ({ ok: true, value: { saved: true, settings: this.scenario.settings } }),
      test: (what) => ({ ok: true, value: [{ subject: what, ok: true, detail: 'answers' }] }),
      command: () => ({ ok: true, value: null }),
      history: (range) => {
        const { now, state } = this.scenario.overview;
        // Before the first row there is no history at all.
        const series = makeHistory(range, now, state.snapshot, state.lastRow?.at ?? 0);
        if (state.lastRow === null) return { ok: true, value: { ...series, gaps: [], resetWindows: [] } };
        const window = this.scenario.overview.resetWindow;
        const begun = window !== null && window.start < now ? [{ from: window.start, to: now }] : [];
        const resetWindows = [...series.resetWindows, ...begun];
        return { ok: true, value: state.snapshot?.delta === null ? forgetNewest({ ...series, resetWindows }) : { ...series, resetWindows } };
      },
    };
  }

  host(): ReturnType<BridgeApi['host']> {
    return this.#first(this.scenario.host);
  }

  overview(): ReturnType<BridgeApi['overview']> {
    return this.#first(this.scenario.overview);
  }

  async legs(): Promise<Result<readonly LegRow[]>> {
    return { ok: true, value: this.scenario.legs };
  }

  async history(range: HistorySeries['range']): Promise<Result<HistorySeries>> {
    return this.answers.history(range);
  }

  async log(query: Parameters<BridgeApi['log']>[0]): Promise<Result<readonly LogEntry[]>> {
    return { ok: true, value: queryLog(this.scenario.log, query) };
  }

  async settings(): ReturnType<BridgeApi['settings']> {
    return { ok: true, value: this.scenario.settings };
  }

  async saveSettings(change: SettingsChange, password?: PasswordChange): Promise<Result<SaveResult>> {
    return this.answers.save(change, password);
  }

  async testConnection(what: 'gateway' | 'database'): Promise<Result<readonly Finding[]>> {
    return this.answers.test(what);
  }

  async command(command: string): Promise<Result<null>> {
    return this.answers.command(command);
  }

  /** Puts `window.bridge` into a page before its own scripts run. */
  async install(page: Page): Promise<void> {
    this.#page = page;
    await page.exposeFunction('askBridge', async (method: RequestMethod, args: readonly unknown[]) => {
      this.asked.push({ method, args });
      return this.answer(method, args);
    });
    await page.addInitScript(putBridge, [...requestMethods]);
  }

  answer(method: RequestMethod, args: readonly unknown[]): Promise<Result<unknown>> {
    // Each method takes what the contract says; the window is compiled against the same contract.
    return (this[method] as (...args: readonly unknown[]) => Promise<Result<unknown>>)(...args);
  }

  /** Sends an update to the window, as the bridge does by itself. */
  async push(update: Update): Promise<void> {
    await this.#page?.evaluate((pushed) => window.pushUpdate?.(pushed), update);
  }

  /** Turns to another state and tells the window. */
  async turnTo(scenario: Scenario): Promise<void> {
    this.scenario = scenario;
    await this.push({ type: 'overview', overview: scenario.overview });
  }

  timesAsked(method: RequestMethod): number {
    return this.asked.filter((each) => each.method === method).length;
  }

  async #first<T>(value: T): Promise<Result<T>> {
    const { answers } = this.scenario;
    if (answers === 'ok') return { ok: true, value };
    return answers === 'never' ? new Promise(() => undefined) : answers;
  }
}

/** The sums of the last ten minutes were not known. */
function forgetNewest(series: HistorySeries): HistorySeries {
  const forget = (values: readonly (number | null)[]): (number | null)[] => values.map((value, index) => ((series.at[index] ?? 0) > series.to - 600_000 ? null : value));
  const { delta, gamma, vega, theta } = series.greeks;
  const band = ({ low, high, last }: HistorySeries['greeks']['delta']) => ({ low: forget(low), high: forget(high), last: forget(last) });
  return { ...series, greeks: { delta: band(delta), gamma: band(gamma), vega: band(vega), theta: band(theta) } };
}

declare global {
  interface Window {
    askBridge?: (method: string, args: readonly unknown[]) => Promise<unknown>;
    pushUpdate?: (update: Update) => void;
    violations?: string[];
  }
}

/** Runs in the page; knows nothing of Node. */
function putBridge(methods: readonly string[]): void {
  const listeners = new Set<(update: Update) => void>();
  window.pushUpdate = (update) => listeners.forEach((listener) => listener(update));
  const requests = Object.fromEntries(methods.map((method) => [method, (...args: readonly unknown[]) => window.askBridge?.(method, args)]));
  const subscribe = (listener: (update: Update) => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  Object.defineProperty(window, 'bridge', { value: { ...requests, subscribe } });
}
