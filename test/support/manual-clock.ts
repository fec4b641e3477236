import type { Clock, Ms, Timer } from '../../main/engine/clock.ts';

interface PendingTimer {
  readonly dueAt: Ms;
  /** Timers that are due at the same instant fire in the order in which they were set. */
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that stands still until a test moves it; wall clock, monotonic clock and uptime can be moved apart. */
export class ManualClock implements Clock {
  #wall: Ms;
  #monotonic: Ms = 1_000;
  #uptime: Ms = 1_000_000;
  #order = 0;
  readonly #timers = new Set<PendingTimer>();

  /** `wall`: the instant at which it starts, a Wednesday afternoon in New York by default. */
  constructor(wall: Ms = Date.parse('2026-03-04T15:00:00-05:00')) {
    this.#wall = wall;
  }

  now(): Ms {
    return this.#wall;
  }

  monotonic(): Ms {
    return this.#monotonic;
  }

  uptime(): Ms {
    return this.#uptime;
  }

  setTimer(delayMs: Ms, callback: () => void): Timer {
    const timer: PendingTimer = { dueAt: this.#monotonic + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** Timers that are set and have neither fired nor been cancelled: what a leak shows up in. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Monotonic milliseconds until the next timer; undefined when none is set. */
  get nextTimerInMs(): Ms | undefined {
    const next = this.#next(Infinity);
    return next === undefined ? undefined : Math.max(0, next.dueAt - this.#monotonic);
  }

  /** Moves all three clocks by `ms`, firing what falls due at its own instant, in order, with a turn of the event loop after each. */
  async advance(ms: Ms): Promise<void> {
    const target = this.#monotonic + ms;
    await turn();
    for (let timer = this.#next(target); timer !== undefined; timer = this.#next(target)) {
      this.#timers.delete(timer);
      this.#moveTo(timer.dueAt);
      timer.callback();
      await turn();
    }
    this.#moveTo(target);
    await turn();
  }

  /** Moves all three clocks without firing anything: what a blocked loop or a stopped process looks like. Call `advance(0)` to let timers fire late. */
  freeze(ms: Ms): void {
    this.#moveTo(this.#monotonic + ms);
  }

  /** Steps the wall clock alone, in either direction, as a person or a time server does. */
  jumpWall(ms: Ms): void {
    this.#wall += ms;
  }

  /** A suspend as Linux shows it: wall clock and uptime go on, the monotonic clock stands still. */
  suspend(ms: Ms): void {
    this.#wall += ms;
    this.#uptime += ms;
  }

  /** Sets the wall clock to an instant; timers are not touched. */
  setWall(wall: Ms): void {
    this.#wall = wall;
  }

  #moveTo(monotonic: Ms): void {
    const step = Math.max(0, monotonic - this.#monotonic);
    this.#monotonic += step;
    this.#wall += step;
    this.#uptime += step;
  }

  #next(until: Ms): PendingTimer | undefined {
    let next: PendingTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAt > until) continue;
      if (next === undefined || timer.dueAt < next.dueAt || (timer.dueAt === next.dueAt && timer.order < next.order)) next = timer;
    }
    return next;
  }
}

/** One turn of the event loop, so that promises and I/O that are ready get their chance. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
