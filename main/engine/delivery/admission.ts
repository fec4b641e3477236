import type { Clock, Ms } from '../clock.ts';
import type { Entry } from './record.ts';
import type { Reporter } from './reporter.ts';

export const CAP_BYTES = 500_000_000;
const WARN_SHARE = 0.8;
const THINNED_INTERVAL_MS = 60_000;

/**
 * What happens when undelivered rows fill the outbox to its cap (about four months without a database): api_logs rows of
 * status `info` are refused first, then greeks are thinned to one a minute. Undelivered rows are never deleted, and what
 * is refused is counted and told (delivery.md 2.8).
 */
export class Admission {
  readonly #clock: Clock;
  readonly #reporter: Reporter;
  readonly #capBytes: number;
  #full = false;
  #lastGreeksAt: Ms = Number.NEGATIVE_INFINITY;
  #refused = { greeks: 0, logs: 0 };
  #since: Ms = 0;

  constructor(clock: Clock, reporter: Reporter, capBytes: number = CAP_BYTES) {
    this.#clock = clock;
    this.#reporter = reporter;
    this.#capBytes = capBytes;
  }

  get capBytes(): number {
    return this.#capBytes;
  }

  /** True when the row may be appended; a refusal is counted here. */
  admits(entry: Entry): boolean {
    if (!this.#full) return true;
    if (entry.kind === 'greeks') return this.#admitsGreeks();
    if (entry.kind === 'log' && entry.row.status === 'info') {
      this.#refused = { ...this.#refused, logs: this.#refused.logs + 1 };
      return false;
    }
    return true;
  }

  /** Takes note of the file's size after delivered rows were pruned from it. */
  measure(sizeBytes: number): void {
    if (sizeBytes >= this.#capBytes && !this.#full) this.#enterFull();
    if (sizeBytes < this.#capBytes && this.#full) this.#leaveFull();
    if (this.#full) return;
    const share = sizeBytes / this.#capBytes;
    if (share < WARN_SHARE) return this.#reporter.clearAlarm('outbox-filling');
    const text = `undelivered rows fill ${Math.floor(share * 100)} % of the outbox`;
    this.#reporter.alarm('outbox-filling', text, 'bring the database back, or set the right one');
  }

  #admitsGreeks(): boolean {
    const now = this.#clock.monotonic();
    if (now - this.#lastGreeksAt < THINNED_INTERVAL_MS) {
      this.#refused = { ...this.#refused, greeks: this.#refused.greeks + 1 };
      return false;
    }
    this.#lastGreeksAt = now;
    return true;
  }

  #enterFull(): void {
    this.#full = true;
    this.#since = this.#clock.now();
    this.#refused = { greeks: 0, logs: 0 };
    const text = 'the outbox has reached its size limit: from now on one greeks row a minute is kept, and no informational log rows';
    this.#reporter.notice('error', text, 'outbox-full');
    this.#reporter.alarm('outbox-full', text, 'bring the database back, or set the right one');
  }

  #leaveFull(): void {
    this.#full = false;
    const { greeks, logs } = this.#refused;
    const from = new Date(this.#since).toISOString();
    const to = new Date(this.#clock.now()).toISOString();
    const text = `the outbox has room again; from ${from} to ${to} it did not keep ${greeks} greeks rows and ${logs} log rows`;
    this.#reporter.notice('warning', text, 'outbox-room-again');
    this.#reporter.clearAlarm('outbox-full');
  }
}
