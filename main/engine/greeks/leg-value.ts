import { describeLeg } from './describe-leg.ts';
import type { Leg, LegQuote, Reading } from './leg.ts';

/** What one leg adds to the net Greeks; the sums and the legs table both read it, so they cannot differ. */
export type LegValue =
  | { readonly kind: 'priced'; readonly delta: number; readonly gamma: number; readonly vega: number; readonly theta: number }
  | { readonly kind: 'unpriced'; readonly reason: string }
  | { readonly kind: 'not-counted' };

/** One line of the legs table; `null` is "not known", never zero. */
export interface LegRow {
  readonly conId: number;
  readonly description: string;
  readonly position: number;
  readonly delta: number | null;
  readonly gamma: number | null;
  readonly vega: number | null;
  readonly theta: number | null;
  /** Why there are no numbers; null for a priced leg. */
  readonly reason: string | null;
}

/**
 * Values one leg: net Greeks of the whole position (design.md section 5).
 *
 * OPT and FOP: Greek x position x multiplier, and only when all four Greeks are known. A leg with a delta but no theta is
 * unpriced for all four, so that the four sums of a row are always sums over the same legs. A refused leg is unpriced
 * also when values from before the refusal are still there: its stream has ended and they would stand still unnoticed.
 * STK and FUT: delta = position, nothing else, and no market data is needed.
 */
export function valueLeg(leg: Leg, quote: LegQuote | undefined): LegValue {
  if (leg.kind === 'other') return { kind: 'not-counted' };
  if (!Number.isFinite(leg.position)) return { kind: 'unpriced', reason: 'position is not a number' };
  if (leg.kind === 'STK' || leg.kind === 'FUT') return { kind: 'priced', delta: leg.position + 0, gamma: 0, vega: 0, theta: 0 };
  if (!isPositive(leg.multiplier)) return { kind: 'unpriced', reason: 'no multiplier' };
  if (quote === undefined) return { kind: 'unpriced', reason: NO_DATA };
  if (quote.refusal !== undefined) return { kind: 'unpriced', reason: `${quote.refusal.code}: ${quote.refusal.text}` };

  const { delta, gamma, vega, theta } = quote;
  if (!isKnown(delta) || !isKnown(gamma) || !isKnown(vega) || !isKnown(theta)) return { kind: 'unpriced', reason: missingReason(quote) };
  const scale = leg.position * leg.multiplier;
  // Adding 0 turns the -0 of a short leg's zero gamma into 0: a minus sign before a zero reads like a number.
  return {
    kind: 'priced',
    delta: delta.value * scale + 0,
    gamma: gamma.value * scale + 0,
    vega: vega.value * scale + 0,
    theta: theta.value * scale + 0,
  };
}

/** The legs table: one row for each position, in the order of `legs`. */
export function tabulateLegs(legs: readonly Leg[], quoteOf: (conId: number) => LegQuote | undefined): LegRow[] {
  return legs.map((leg) => {
    const value = valueLeg(leg, quoteOf(leg.conId));
    const { conId, position } = leg;
    const named = { conId, description: describeLeg(leg), position };
    if (value.kind === 'priced') {
      return { ...named, delta: value.delta, gamma: value.gamma, vega: value.vega, theta: value.theta, reason: null };
    }
    const reason = value.kind === 'unpriced' ? value.reason : 'not counted';
    return { ...named, delta: null, gamma: null, vega: null, theta: null, reason };
  });
}

const NO_DATA = 'no data yet';

function missingReason(quote: LegQuote): string {
  const missing = (['delta', 'gamma', 'vega', 'theta'] as const).filter((greek) => !isKnown(quote[greek]));
  return missing.length === 4 ? NO_DATA : `no ${missing.join(', ')} yet`;
}

function isKnown(reading: Reading | undefined): reading is Reading {
  return reading !== undefined && Number.isFinite(reading.value);
}

function isPositive(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value) && value > 0;
}
