import type { StoredRow } from './rows.ts';
import type { Stage } from './stage.ts';

type Source = 'simulator' | 'portal';

interface Sums {
  readonly source: Source;
  readonly at: number;
  readonly delta: number;
  readonly gamma: number;
  readonly vega: number;
  readonly theta: number;
}

const sampleMs = 20;
const keepMs = 30 * 60_000;
/** A tick needs a moment from the simulator into the daemon: the row may show the sums of just before. */
const lagMs = 1_500;

/** Remembers what each simulator's own book added up to, so that a row can be compared with its own instant. */
export class SumsLog {
  readonly #stage: Stage;
  readonly #timer: NodeJS.Timeout;
  #log: Sums[] = [];

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#timer = setInterval(() => {
      this.#sample('simulator');
      this.#sample('portal');
      this.#forget();
    }, sampleMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Whether the row equals, to 1e-9 of the size of its sum, the book at its time. */
  judge(row: StoredRow): 'equal' | 'different' | 'unknown' {
    const at = row.timestamp.getTime();
    const near = this.#log.filter((sums) => sums.at >= at - lagMs && sums.at <= at + lagMs);
    if (near.length === 0) return 'unknown';
    return near.some((sums) => equals(row, sums)) ? 'equal' : 'different';
  }

  #sample(source: Source): void {
    const { delta, gamma, vega, theta, priced } = this.#stage[source].expectedSums(this.#stage.account);
    if (priced === 0) return;
    const last = this.#log.findLast((sums) => sums.source === source);
    const same = last !== undefined && last.delta === delta && last.gamma === gamma && last.vega === vega && last.theta === theta;
    // The same sums that go on are marked again now and then only.
    if (same && Date.now() - last.at < lagMs / 2) return;
    this.#log.push({ source, at: Date.now(), delta, gamma, vega, theta });
  }

  #forget(): void {
    const oldest = Date.now() - keepMs;
    if ((this.#log[0]?.at ?? Infinity) < oldest) this.#log = this.#log.filter(({ at }) => at >= oldest);
  }
}

function equals(row: StoredRow, sums: Sums): boolean {
  return (['delta', 'gamma', 'vega', 'theta'] as const).every((name) => {
    const stored = row[name];
    return stored !== null && Math.abs(stored - sums[name]) <= 1e-9 * Math.max(1, Math.abs(sums[name]));
  });
}
