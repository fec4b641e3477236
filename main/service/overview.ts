import type { Overview } from '../../preload/contract.ts';
import type { Clock, Ms } from '../engine/clock.ts';
import type { History } from '../engine/delivery/history.ts';
import type { Engine } from '../engine/engine.ts';
import type { Settings } from '../engine/settings/settings.ts';
import { nextWindow, windowAt, type ResetWindow } from '../engine/supervision/reset-window.ts';
import { startOfLocalDay } from './local-day.ts';

export interface OverviewParts {
  readonly engine: Pick<Engine, 'state' | 'sums' | 'lastTickAt'>;
  readonly history: Pick<History, 'countSince' | 'firstSince' | 'bookSince'>;
  readonly clock: Clock;
  readonly timeZone: string;
  /** The settings in force. */
  readonly settings: () => Settings;
}

/** Makes overviews; what costs a query or time-zone arithmetic is done again only when it can have changed. */
export class OverviewMaker {
  readonly #parts: OverviewParts;
  #day: (Pick<Overview, 'rowsToday' | 'dayStart'> & { readonly key: string }) | undefined;
  #midnight: { readonly start: Ms; readonly minute: number } | undefined;
  #window: { readonly windows: readonly ResetWindow[]; readonly minute: number; readonly found: Overview['resetWindow'] } | undefined;
  #lastTickAt: Ms | null = null;

  constructor(parts: OverviewParts) {
    this.#parts = parts;
  }

  make(): Overview {
    const { engine, clock, settings } = this.#parts;
    const { state } = engine;
    const sums = engine.sums();
    const now = clock.now(); // after the sums: nothing in an overview is younger than its `now`
    const { pollIntervalMs, resetWindows } = settings();
    // A new session has no tick yet; the age of the numbers that are still shown is that of the old one's.
    this.#lastTickAt = engine.lastTickAt() ?? this.#lastTickAt;
    const { rowsToday, dayStart } = this.#today(now, state.rowsWritten);
    return {
      state,
      sums,
      now,
      pollIntervalMs,
      resetWindow: this.#resetWindow(resetWindows, now),
      rowsToday,
      dayStart,
      lastTickAt: this.#lastTickAt,
    };
  }

  #today(now: Ms, rowsWritten: number): Pick<Overview, 'rowsToday' | 'dayStart'> {
    const { history } = this.#parts;
    const midnight = this.#startOfDay(now);
    const key = `${midnight} ${rowsWritten}`;
    if (this.#day?.key !== key) {
      // Another account's sums are nothing that today's could have grown from.
      const first = history.firstSince(Math.max(midnight, history.bookSince()));
      const dayStart = first === null ? null : { delta: first.delta, gamma: first.gamma, vega: first.vega, theta: first.theta };
      this.#day = { key, rowsToday: history.countSince(midnight), dayStart };
    }
    return this.#day;
  }

  #startOfDay(now: Ms): Ms {
    const minute = Math.floor(now / 60_000);
    if (this.#midnight?.minute !== minute) this.#midnight = { minute, start: startOfLocalDay(this.#parts.timeZone, now) };
    return this.#midnight.start;
  }

  #resetWindow(windows: readonly ResetWindow[], now: Ms): Overview['resetWindow'] {
    const minute = Math.floor(now / 60_000); // windows begin and end on whole minutes
    if (this.#window?.minute !== minute || this.#window.windows !== windows) {
      this.#window = { windows, minute, found: currentOrNextWindow(windows, now) };
    }
    return this.#window.found;
  }
}

/** The window that holds `at`, else the next one. The start of the one that holds it is told as far back as a day. */
export function currentOrNextWindow(windows: readonly ResetWindow[], at: Ms): Overview['resetWindow'] {
  const inside = windowAt(windows, at);
  if (inside === null) return nextWindow(windows, at);
  return windowsBetween(windows, at - 86_400_000, at).at(-1) ?? { start: at, end: inside.until };
}

/** The windows that reach into [from, to), oldest first; overlapping ones are one. */
export function windowsBetween(windows: readonly ResetWindow[], from: Ms, to: Ms): readonly { readonly start: Ms; readonly end: Ms }[] {
  const found: { start: Ms; end: Ms }[] = [];
  const first = windowAt(windows, from);
  if (first !== null) found.push({ start: from, end: first.until });
  for (let next = nextWindow(windows, from); next !== null && next.start <= to; next = nextWindow(windows, next.end - 1)) found.push(next);
  return found;
}
