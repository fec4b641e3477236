import { describeLeg } from './describe-leg.ts';
import type { Ms } from '../clock.ts';
import type { Leg, LegKind, LegQuote, Reading } from './leg.ts';

/** What one leg adds to the net Greeks; the sums and the legs table both read it, so they cannot differ. */
export type LegValue =
  | { readonly kind: 'priced'; readonly delta: number; readonly gamma: number; readonly vega: number; readonly theta: number }
  | { readonly kind: 'unpriced'; readonly reason: string }
  | { readonly kind: 'not-counted' };

/** One line of the legs table; `null` is "not known", never zero. */
export interface LegRow {
  readonly conId: number;
  readonly kind: LegKind;
  readonly description: string;
  readonly symbol: string;
  /** Last trade date `YYYYMMDD`; null for a stock. */
  readonly expiry: string | null;
  readonly strike: number | null;
  readonly right: 'C' | 'P' | null;
  readonly multiplier: number | null;
  readonly position: number;
  /** Delta per unit of underlying, as the market data gives it (1 for a stock or a future). */
  readonly unitDelta: number | null;
  /** As a fraction. */
  readonly impliedVolatility: number | null;
  /** The instrument's own price. */
  readonly price: number | null;
  /** Net Greeks of the whole position, as they enter the sums. */
  readonly delta: number | null;
  readonly gamma: number | null;
  readonly vega: number | null;
  readonly theta: number | null;
  /** Wall-clock instant of the newest of its Greeks (or its price); null before the first. */
  readonly quotedAt: Ms | null;
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
  return legs.map((leg) => tabulateLeg(leg, quoteOf(leg.conId)));
}

function tabulateLeg(leg: Leg, quote: LegQuote | undefined): LegRow {
  const value = valueLeg(leg, quote);
  const linear = leg.kind === 'STK' || leg.kind === 'FUT';
  const net = value.kind === 'priced' ? value : { delta: null, gamma: null, vega: null, theta: null };
  return {
    conId: leg.conId,
    kind: leg.kind,
    description: describeLeg(leg),
    symbol: leg.symbol,
    expiry: leg.expiry ?? null,
    strike: leg.strike ?? null,
    right: leg.right ?? null,
    multiplier: leg.multiplier ?? null,
    position: leg.position,
    unitDelta: linear ? 1 : known(quote?.delta),
    impliedVolatility: known(quote?.impliedVolatility),
    price: known(quote?.price),
    delta: net.delta,
    gamma: net.gamma,
    vega: net.vega,
    theta: net.theta,
    quotedAt: newest(linear ? [quote?.price] : [quote?.delta, quote?.gamma, quote?.vega, quote?.theta]),
    reason: value.kind === 'priced' ? null : value.kind === 'unpriced' ? value.reason : 'not counted',
  };
}

function known(reading: Reading | undefined): number | null {
  return isKnown(reading) ? reading.value : null;
}

function newest(readings: readonly (Reading | undefined)[]): Ms | null {
  return readings.reduce<Ms | null>((at, reading) => (reading === undefined ? at : Math.max(at ?? -Infinity, reading.at)), null);
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
