/** What a figure is compared with: measured in the same run, in turn with it. */
export interface Floor {
  readonly name: string;
  readonly value: number;
  /** Figure divided by floor: the median over the rounds of the run, so that a busy moment of the machine touches both. */
  readonly ratio: number;
}

/** One measured figure. `target` is the issue's; without one the figure is for information. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly floor: Floor | null;
  readonly target: string | null;
  readonly reached: boolean | null;
  /** How it was measured, or what belongs to it. */
  readonly note: string;
}

/** One part of the benchmark: its figures, and lines for people that are no figures. */
export interface Part {
  readonly title: string;
  readonly figures: readonly Figure[];
  readonly remarks: readonly string[];
}

/** A figure without floor or target, unless `more` says so. */
export function figure(name: string, value: number, unit: string, more: Partial<Pick<Figure, 'floor' | 'target' | 'reached' | 'note'>> = {}): Figure {
  return { name, value, unit, floor: null, target: null, reached: null, note: '', ...more };
}

/** How long and how often everything is measured. */
export interface Effort {
  /** Rounds of product and floor in turn. */
  readonly rounds: number;
  /** Books of the cycle, in legs. */
  readonly bookSizes: readonly number[];
  /** Appends and cycles in a round, of each kind. */
  readonly cycles: number;
  /** Ticks of one pump. */
  readonly ticks: number;
  /** Rows of one drain. */
  readonly rows: number;
  /** Legs of the daemon's book. */
  readonly legs: number;
  readonly warmUpSeconds: number;
  readonly windowSeconds: number;
  /** Starts of the daemon for the time to the first row. */
  readonly starts: number;
  /** Updates of the window, four a second, after a warm-up. */
  readonly updates: number;
  /** Days of local history behind the window. */
  readonly historyDays: number;
  /** How often the window is opened. */
  readonly openings: number;
}

export const fullEffort: Effort = {
  rounds: 7, bookSizes: [60, 600, 6_000], cycles: 600, ticks: 400_000, rows: 20_000, legs: 60, warmUpSeconds: 15, windowSeconds: 30, starts: 5,
  updates: 240, historyDays: 30, openings: 7,
};

/** Shows that everything runs; its figures are of no use for a verdict. */
export const quickEffort: Effort = {
  rounds: 2, bookSizes: [60, 600, 6_000], cycles: 60, ticks: 40_000, rows: 2_000, legs: 60, warmUpSeconds: 2, windowSeconds: 5, starts: 1,
  updates: 40, historyDays: 1, openings: 2,
};
