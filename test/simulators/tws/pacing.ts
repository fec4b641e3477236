import type { Clock } from '../../../main/engine/clock.ts';

/** What the message limit says about one message. */
export type Verdict = 'accepted' | 'rejected' | 'session-ends';

/** The Gateway's message limit with "Reject messages above maximum allowed message rate" on (ibkr-facts.md 2.4). */
export class Pacing {
  readonly #clock: Clock;
  readonly #perSecond: number;
  /** Monotonic instants of the messages of the last second, oldest first. */
  readonly #recent: number[] = [];
  violations = 0;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  /** Judges a message that arrives now: above the limit it is rejected, and the third violation ends the session. */
  judge(): Verdict {
    if (this.#perSecond === Infinity) return 'accepted';
    const now = this.#clock.monotonic();
    while (this.#recent[0] !== undefined && this.#recent[0] <= now - 1000) this.#recent.shift();
    this.#recent.push(now);
    if (this.#recent.length <= this.#perSecond) return 'accepted';
    this.violations += 1;
    return this.violations >= 3 ? 'session-ends' : 'rejected';
  }

  /** "max=50 rec=51 (1)", as IBKR appends it to error 100. */
  describe(): string {
    return `max=${this.#perSecond} rec=${this.#recent.length} (${this.violations})`;
  }
}
