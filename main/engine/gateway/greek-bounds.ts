/** Bounds beyond which a Greek is a mistake of the feed, in both directions (ibkr-facts.md 2.2). */
export const GREEK_BOUNDS = { delta: 1.05, gamma: 10, vega: 1e6, theta: 1e6 } as const;

/** Highest implied volatility that is believed, as a fraction. */
export const VOLATILITY_BOUND = 100;

export function isWithin(value: number | undefined, bound: number): value is number {
  // NaN compares false.
  return value !== undefined && value <= bound && value >= -bound;
}

export function isBeyond(value: number | undefined, bound: number): boolean {
  return value !== undefined && (value > bound || value < -bound);
}
