import type { Clock, Ms, Timer } from './clock.ts';

/** What the loop drives; both are called synchronously and never overlap. */
export interface PollLoopParts {
  readonly clock: Clock;
  readonly intervalMs: Ms;
  /** True when every leg is priced, so that the first row need not wait for the warm-up to end. */
  readonly ready: () => boolean;
  /** Writes one row. `latenessMs`: how long after its place on the grid this poll runs (0 for the first). */
  readonly poll: (latenessMs: Ms) => void;
}

/** Longest wait for unpriced legs after (re)connecting, design.md section 5. */
export const warmUpMs = 15_000;
/** How often the warm-up looks whether every leg is priced. */
export const readyCheckMs = 50;

/**
 * The cadence of rows: the first as soon as every leg is priced (15 s at most), then one each interval on a fixed grid
 * that the first one anchors. A poll that is late shifts nothing; missed polls are skipped, never caught up in a burst.
 */
export class PollLoop {
  readonly #parts: PollLoopParts;
  #intervalMs: Ms;
  #timer: Timer | undefined;
  /** Monotonic instant of the next poll; undefined while stopped and during the warm-up. */
  #dueAt: Ms | undefined;

  constructor(parts: PollLoopParts) {
    this.#parts = parts;
    this.#intervalMs = parts.intervalMs;
  }

  /** Begins the warm-up, or begins it again after data was lost. */
  start(): void {
    this.stop();
    this.#warmUp(this.#parts.clock.monotonic() + warmUpMs);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#dueAt = undefined;
  }

  /**
   * Another interval from now on: the next poll comes one interval from now, or when it was due already if that is sooner, and
   * anchors the grid anew. The warm-up goes on as it was.
   */
  setInterval(intervalMs: Ms): void {
    this.#intervalMs = intervalMs;
    if (this.#dueAt !== undefined) this.#pollAt(Math.min(this.#dueAt, this.#parts.clock.monotonic() + intervalMs));
  }

  #warmUp(until: Ms): void {
    const { clock, ready, poll } = this.#parts;
    const now = clock.monotonic();
    if (now < until && !ready()) {
      this.#timer = clock.setTimer(Math.min(readyCheckMs, until - now), () => this.#warmUp(until));
      return;
    }
    this.#pollAt(now + this.#intervalMs);
    poll(0);
  }

  #pollAt(dueAt: Ms): void {
    const { clock, poll } = this.#parts;
    this.#timer?.cancel();
    this.#dueAt = dueAt;
    this.#timer = clock.setTimer(dueAt - clock.monotonic(), () => {
      const latenessMs = Math.max(0, clock.monotonic() - dueAt);
      this.#pollAt(dueAt + this.#intervalMs * (1 + Math.floor(latenessMs / this.#intervalMs)));
      poll(latenessMs);
    });
  }
}
