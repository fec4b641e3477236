import { sleep, type Clock, type Ms } from '../../clock.ts';
import { rateLimited } from './causes.ts';
import { ended, PortalError } from './portal-error.ts';

/** 10 requests a second in total (ibkr-facts.md 1.4); arrivals come closer together than departures, so a tenth is kept in hand. */
const REQUESTS = 10;
const WINDOW_MS: Ms = 1_100;

/** IBKR's documents say 10 minutes here and 15 there; repeated offenders are blocked for good (ibkr-facts.md 1.4). */
export const PENALTY_MS: Ms = 15 * 60_000;

/** Endpoints with a limit of their own, by path without account and page. */
const SPACING_MS: ReadonlyMap<string, Ms> = new Map([
  ['/portfolio/accounts', 5_250],
  ['/portfolio/subaccounts', 5_250],
  ['/tickle', 1_050],
  ['/sso/validate', 60_500],
]);

/** After this long nothing that has a limit of seconds can be left of a process before this one. */
export const PREDECESSOR_MS: Ms = 15_000;

/** Keeps to IBKR's rate limits, over all sessions and checks of this process to one gateway. */
export class Pace {
  readonly #clock: Clock;
  /** Monotonic instants of the newest requests, oldest first. */
  readonly #sent: Ms[] = [];
  readonly #newest = new Map<string, Ms>();
  #penaltyUntil: Ms = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds for which nothing may be sent after a 429; 0 without one. */
  get penaltyMs(): Ms {
    return Math.max(0, this.#penaltyUntil - this.#clock.monotonic());
  }

  /** After a 429. */
  penalize(retryAfterMs: Ms = 0): void {
    this.#penaltyUntil = Math.max(this.#penaltyUntil, this.#clock.monotonic() + Math.max(PENALTY_MS, retryAfterMs));
  }

  /** A process before this one may have asked a moment ago: what has a limit of seconds waits it out once. */
  presumePredecessor(): void {
    const now = this.#clock.monotonic();
    for (let request = 0; request < REQUESTS; request += 1) this.#sent.push(now);
    for (const [path, spacingMs] of SPACING_MS) if (spacingMs <= PREDECESSOR_MS) this.#newest.set(path, now);
  }

  /**
   * Resolves when a request to `path` may leave, and counts it as sent.
   *
   * @throws PortalError 'rate-limited' during a penalty, 'ended' when `signal` is aborted.
   */
  async take(path: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      if (signal.aborted) throw ended();
      this.refuseInPenalty();
      const waitMs = this.#waitMs(path);
      if (waitMs <= 0) break;
      await sleep(this.#clock, waitMs, signal);
    }
    const now = this.#clock.monotonic();
    this.#sent.push(now);
    if (this.#sent.length > REQUESTS) this.#sent.shift();
    this.#newest.set(path, now);
  }

  /** @throws PortalError 'rate-limited' during a penalty. */
  refuseInPenalty(): void {
    const { penaltyMs } = this;
    if (penaltyMs > 0) throw new PortalError('rate-limited', rateLimited(penaltyMs), penaltyMs);
  }

  #waitMs(path: string): Ms {
    const now = this.#clock.monotonic();
    const tenth = this.#sent[this.#sent.length - REQUESTS];
    const total = tenth === undefined ? 0 : tenth + WINDOW_MS - now;
    const own = (this.#newest.get(path) ?? -Infinity) + (SPACING_MS.get(path) ?? 0) - now;
    return Math.max(total, own);
  }
}

const paces = new WeakMap<Clock, Map<string, Pace>>();

/**
 * The pace of a gateway. It belongs to the process, not to a session: the limits and the penalty outlive a session, and the
 * check in Settings asks the same gateway through an object of its own.
 */
export function paceOf(clock: Clock, origin: string): Pace {
  const byOrigin = paces.get(clock) ?? new Map<string, Pace>();
  paces.set(clock, byOrigin);
  const pace = byOrigin.get(origin) ?? new Pace(clock);
  byOrigin.set(origin, pace);
  return pace;
}
