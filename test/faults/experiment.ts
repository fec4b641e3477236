/** What an experiment gives its figures to, and takes its randomness from. */
export interface Setup {
  /** Repeats the run: `npm run test:faults -- P1 --seed 17`. */
  readonly seed: number;
  /** Uniform in [0, 1), from the seed. */
  readonly random: () => number;
  /** 1: the full figure; smaller while developing, or for the everyday share. */
  readonly share: number;
  /** A line of progress. */
  readonly say: (line: string) => void;
}

export interface Outcome {
  readonly reached: boolean;
  /** The figure that was reached, for the table. */
  readonly figure: string;
}

/** One row of delivery.md section 4. */
export interface Experiment {
  readonly id: string;
  readonly title: string;
  /** The figure to reach, for the table. */
  readonly target: string;
  /** `alone`: not beside others, because it measures time. `waits`: most of its time is waiting, so it runs beside the busy ones. */
  readonly load?: 'alone' | 'waits';
  readonly run: (setup: Setup) => Promise<Outcome>;
}

/** The machine lacks something: the experiment counts as not run, never as passed. */
export class NotRunError extends Error {
  override readonly name = 'NotRunError';
}

/** `full`, or less of it while developing, never fewer than `least`. */
export function amount(setup: Setup, full: number, least = 1): number {
  return Math.max(least, Math.round(full * setup.share));
}

/** mulberry32: the same seed gives the same run. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function between(random: () => number, low: number, high: number): number {
  return low + random() * (high - low);
}

export function pick<T>(random: () => number, choices: readonly T[]): T {
  const choice = choices[Math.floor(random() * choices.length)];
  if (choice === undefined) throw new RangeError('nothing to choose from');
  return choice;
}
