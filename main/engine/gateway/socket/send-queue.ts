import type { Clock, Ms, Timer } from '../../clock.ts';

/** Messages within any one window; a gateway with the usual 100 market data lines allows 50 (ibkr-facts.md 2.4). */
const MESSAGES_PER_WINDOW = 45;
/**
 * A second, and a little: the gateway counts by arrival, and a burst that the network delays by 20 ms would otherwise
 * meet the next burst within its second. Costs nothing against the pacing: 45 per 1.05 s, the first 45 at once.
 */
const WINDOW_MS: Ms = 1_050;

/** A message that waits for its turn. */
export interface Queued {
  /** Takes it out of the queue; false when it was already sent (or the queue was closed). */
  withdraw(): boolean;
}

/**
 * The only way to the gateway: at most 45 messages in any second, in order, urgent ones first, nothing after `close()`.
 *
 * It replaces the rate limiter of @stoqey/ib, whose queue survives a disconnect and is sent on the next connection
 * (ibkr-facts.md 2.10.7).
 */
export class SendQueue {
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #urgent: Message[] = [];
  readonly #ordinary: Message[] = [];
  /** Monotonic instants of the newest messages, oldest first; never more than a window allows. */
  readonly #sentAt: Ms[] = [];
  #timer: Timer | undefined;
  #draining = false;
  #closed = false;

  /** @param onError hears what a message threw when it was sent; the queue goes on. */
  constructor(clock: Clock, onError: (error: unknown) => void) {
    this.#clock = clock;
    this.#onError = onError;
  }

  /** Sends now if the pace allows it, else as soon as it does. */
  send(send: () => void): Queued {
    return this.#add(this.#ordinary, send);
  }

  /** The same, ahead of everything that is not urgent. */
  sendUrgently(send: () => void): Queued {
    return this.#add(this.#urgent, send);
  }

  /** Counts a message that was sent past the queue (the library's own start message). */
  countForeign(): void {
    this.#sentAt.push(this.#clock.monotonic());
  }

  /** Messages that may leave at this moment. */
  budget(): number {
    this.#forgetOldSends();
    return Math.max(0, MESSAGES_PER_WINDOW - this.#sentAt.length);
  }

  get waiting(): number {
    return this.#urgent.length + this.#ordinary.length;
  }

  /** Drops everything that waits. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#urgent.length = 0;
    this.#ordinary.length = 0;
  }

  #add(lane: Message[], send: () => void): Queued {
    const message: Message = { send };
    if (!this.#closed) {
      lane.push(message);
      this.#drain();
    }
    return {
      withdraw: () => {
        const place = lane.indexOf(message);
        if (place >= 0) lane.splice(place, 1);
        return place >= 0;
      },
    };
  }

  #drain(): void {
    // A message that queues another while it is being sent is served by the loop that runs already.
    if (this.#draining) return;
    this.#draining = true;
    while (this.waiting > 0 && this.budget() > 0) {
      const message = this.#urgent.shift() ?? this.#ordinary.shift();
      this.#sentAt.push(this.#clock.monotonic());
      try {
        message?.send();
      } catch (error) {
        this.#onError(error);
      }
    }
    this.#draining = false;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#closed || this.waiting === 0 || this.#timer !== undefined) return;
    const oldest = this.#sentAt[0] ?? this.#clock.monotonic();
    // At least a millisecond: a real timer may fire a little early, and must not spin until the window has really passed.
    const delayMs = Math.max(1, oldest + WINDOW_MS - this.#clock.monotonic());
    this.#timer = this.#clock.setTimer(delayMs, () => {
      this.#timer = undefined;
      this.#drain();
    });
  }

  #forgetOldSends(): void {
    const from = this.#clock.monotonic() - WINDOW_MS;
    let old = 0;
    while (old < this.#sentAt.length && (this.#sentAt[old] as Ms) <= from) old += 1;
    if (old > 0) this.#sentAt.splice(0, old);
  }
}

interface Message {
  readonly send: () => void;
}
