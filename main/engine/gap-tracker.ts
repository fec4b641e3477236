import type { Ms } from './clock.ts';
import { durationInWords, instantInWords } from './log/words.ts';
import type { Cause } from './state.ts';

/** A time without a row in portfolio_greeks, and why; instants are wall-clock. */
export interface Gap {
  readonly from: Ms;
  readonly to: Ms;
  /** In the order in which they held; never empty. */
  readonly causes: readonly Cause[];
}

/** A gap is a time of more than this many intervals without a row; a change of the interval begins the wait anew, but never prolongs it. */
export const gapIntervals = 1.5;

/**
 * Finds every gap in portfolio_greeks and remembers what caused it.
 *
 * It is told the cause whenever rows stop being possible, and each row; a gap ends with a row, or with the stop of the engine.
 */
export class GapTracker {
  #intervalMs: Ms;
  #from: Ms;
  /** A row that is later than this ends a gap. */
  #overdueAt: Ms;
  #causes: Cause[] = [];

  /** `from`: the newest row before this process, or the start of the engine when there is none. */
  constructor(intervalMs: Ms, from: Ms) {
    this.#intervalMs = intervalMs;
    this.#from = from;
    this.#overdueAt = from + gapIntervals * intervalMs;
  }

  /** Another interval from `at` on: the next row is due one interval from then, or when it was due already if that is sooner. */
  setInterval(intervalMs: Ms, at: Ms): void {
    // A gap that ends soon after may be as long as the longer interval, more than its other causes explain.
    if (intervalMs < this.#intervalMs) this.blame(shortened(this.#intervalMs, intervalMs));
    this.#intervalMs = intervalMs;
    this.#overdueAt = Math.min(this.#overdueAt, at + gapIntervals * intervalMs);
  }

  /** Rows are not possible from now on, because of `cause`. Equal causes in a row count once. */
  blame(cause: Cause): void {
    const known = this.#causes.some(({ code, text }) => code === cause.code && text === cause.text);
    if (!known) this.#causes.push(cause);
  }

  /** A row was written; the gap that it ends, if there was one. `latenessMs` explains a gap that nothing else does. */
  row(at: Ms, latenessMs: Ms): Gap | null {
    const gap = this.#gapUntil(at, latenessMs);
    this.#waitFrom(at);
    this.#causes = [];
    return gap;
  }

  /** The engine stops: the gap that is open now, if there is one. */
  stop(at: Ms): Gap | null {
    const gap = this.#gapUntil(at, 0);
    if (gap !== null) this.#waitFrom(at);
    return gap;
  }

  #waitFrom(at: Ms): void {
    this.#from = at;
    this.#overdueAt = at + gapIntervals * this.#intervalMs;
  }

  #gapUntil(to: Ms, latenessMs: Ms): Gap | null {
    if (to <= this.#overdueAt) return null;
    const explained = this.#causes.some(({ code }) => code !== shortenedCode);
    return { from: this.#from, to, causes: explained ? [...this.#causes] : [...this.#causes, unexplained(latenessMs)] };
  }
}

/** Not a cause by itself: rows go on, only the wait before them was that of the longer interval. */
const shortenedCode = 'interval-shortened';

function shortened(fromMs: Ms, toMs: Ms): Cause {
  return { code: shortenedCode, text: `the poll interval was shortened from ${durationInWords(fromMs)} to ${durationInWords(toMs)}` };
}

function unexplained(latenessMs: Ms): Cause {
  return latenessMs > 0
    ? { code: 'late', text: `the computer was busy or stood still: the poll came ${durationInWords(latenessMs)} late` }
    : { code: 'clock-stepped', text: 'the wall clock was set forward' };
}

/** The gap's row in api_logs. */
export function describeGap(gap: Gap): string {
  const span = `from ${instantInWords(gap.from)} to ${instantInWords(gap.to)}`;
  return `gap of ${durationInWords(gap.to - gap.from)} in portfolio_greeks, ${span}: ${describeCauses(gap, 6)}`;
}

/** The first `most` causes of a gap, in the order in which they came. */
export function describeCauses({ causes }: Gap, most: number): string {
  const shown = causes.slice(0, most).map(({ text }) => text);
  const more = causes.length > shown.length ? `; and ${causes.length - shown.length} more causes, see the log` : '';
  return shown.join('; then ') + more;
}
