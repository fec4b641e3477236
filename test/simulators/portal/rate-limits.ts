import type { Clock, Ms } from '../../../main/engine/clock.ts';

/** Endpoints with a limit of their own (ibkr-facts.md 1.4). */
const SPACING_MS: ReadonlyMap<string, Ms> = new Map([
  ['/portfolio/accounts', 5_000], ['/portfolio/subaccounts', 5_000], ['/tickle', 1_000], ['/sso/validate', 60_000],
]);

/** Counts requests as IBKR does: 10 in any second, some endpoints less often; whoever exceeds it is answered 429 for the penalty time. */
export class RateLimits {
  /** Requests that were too many. */
  violations = 0;
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #penaltyMs: Ms;
  #arrivals: Ms[] = [];
  readonly #newest = new Map<string, Ms>();
  #penaltyUntil = -Infinity;

  constructor(clock: Clock, perSecond: number, penaltyMs: Ms) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#penaltyMs = penaltyMs;
  }

  /** Counts one request; false when it is to be answered 429. */
  admit(path: string): boolean {
    const now = this.#clock.monotonic();
    if (now < this.#penaltyUntil) {
      this.violations += 1;
      return false;
    }
    this.#arrivals = this.#arrivals.filter((at) => at > now - 1_000);
    this.#arrivals.push(now);
    const tooSoon = now - (this.#newest.get(path) ?? -Infinity) < (SPACING_MS.get(path) ?? 0);
    this.#newest.set(path, now);
    if (this.#arrivals.length <= this.#perSecond && !tooSoon) return true;
    this.violations += 1;
    this.punish();
    return false;
  }

  /** Into the penalty box, as if there had been too many requests. */
  punish(): void {
    this.#penaltyUntil = this.#clock.monotonic() + this.#penaltyMs;
  }

  forgive(): void {
    this.#penaltyUntil = -Infinity;
  }
}
