import type { Clock, Ms, Timer } from '../engine/clock.ts';

/** However often something changes, the menu bar is drawn anew this far apart. */
const paceMs: Ms = 250;
/** A number that moves with the market is read, not watched. */
const movingMs: Ms = 1_000;

export interface TrayRefreshParts {
  readonly clock: Pick<Clock, 'monotonic' | 'setTimer'>;
  readonly show: () => void;
  /** Whether what is shown moves by itself: a live number beside the icon. */
  readonly moves: () => boolean;
}

/**
 * When the icon is shown anew: soon after each change, and once a second while it moves by itself. Otherwise no timer runs.
 *
 * Never inside the work of who tells of a change: what fails here must not fail there.
 */
export class TrayRefresh {
  readonly #parts: TrayRefreshParts;
  #timer: { readonly timer: Timer; readonly dueAt: Ms } | undefined;
  #shownAt: Ms = Number.NEGATIVE_INFINITY;
  #ended = false;

  constructor(parts: TrayRefreshParts) {
    this.#parts = parts;
  }

  /** Something that the icon shows may have changed. */
  changed(): void {
    this.#arm(Math.max(0, this.#shownAt + paceMs - this.#parts.clock.monotonic()));
  }

  /** Nothing is shown from now on. Idempotent. */
  end(): void {
    this.#ended = true;
    this.#disarm();
  }

  #show(): void {
    const { clock, show, moves } = this.#parts;
    this.#timer = undefined;
    this.#shownAt = clock.monotonic();
    if (moves()) this.#arm(movingMs);
    show();
  }

  /** The earlier of the timer that is set and `delayMs` from now. */
  #arm(delayMs: Ms): void {
    const dueAt = this.#parts.clock.monotonic() + delayMs;
    if (this.#ended || (this.#timer !== undefined && this.#timer.dueAt <= dueAt)) return;
    this.#disarm();
    this.#timer = { dueAt, timer: this.#parts.clock.setTimer(delayMs, () => this.#show()) };
  }

  #disarm(): void {
    this.#timer?.timer.cancel();
    this.#timer = undefined;
  }
}
