import type { Clock, Ms } from '../clock.ts';

/** `probeAt` is monotonic. */
export type BreakerState =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly probeAt: Ms }
  | { readonly kind: 'half-open' };

export const FAILURE_LIMIT = 3;
export const PROBE_INTERVAL_MS = 60_000;

/**
 * Stops attempts after three consecutive failures; then one probe every 60 s.
 *
 * Own code, because the libraries judge by wall clock (cockatiel reads Date.now()) and half-open must last until
 * everything is drained (delivery.md 1.1, 2.7). The caller makes one attempt at a time.
 */
export class CircuitBreaker {
  #state: BreakerState;
  readonly #clock: Clock;
  /** When the newest attempt began: one that hangs until its deadline must not put the next probe off by as much. */
  #passedAt: Ms;

  /** `startOpen`: undelivered rows exist; the first probe is due at once. */
  constructor(clock: Clock, startOpen: boolean) {
    this.#clock = clock;
    this.#passedAt = clock.monotonic();
    this.#state = startOpen ? { kind: 'open', probeAt: clock.monotonic() } : { kind: 'closed', failures: 0 };
  }

  state(): BreakerState {
    return this.#state;
  }

  /** True when an attempt may be made now; an open breaker whose probe is due becomes half-open by it. */
  tryPass(): boolean {
    const now = this.#clock.monotonic();
    if (this.#state.kind === 'open' && now < this.#state.probeAt) return false;
    if (this.#state.kind === 'open') this.#state = { kind: 'half-open' };
    this.#passedAt = now;
    return true;
  }

  /** A batch was delivered, or a poison row got its verdict; `drained`: nothing waits any more. */
  succeeded(drained: boolean): void {
    if (this.#state.kind === 'closed' || drained) this.#state = { kind: 'closed', failures: 0 };
  }

  failed(): void {
    const failures = this.#state.kind === 'closed' ? this.#state.failures + 1 : FAILURE_LIMIT;
    if (failures >= FAILURE_LIMIT) this.trip();
    else this.#state = { kind: 'closed', failures };
  }

  /** Opens at once: retrying sooner cannot help (wrong password, missing rights). */
  trip(): void {
    this.#state = { kind: 'open', probeAt: this.#passedAt + PROBE_INTERVAL_MS };
  }

  /** The next probe is due now, when open. */
  probeNow(): void {
    if (this.#state.kind === 'open') this.#state = { kind: 'open', probeAt: this.#clock.monotonic() };
  }
}
