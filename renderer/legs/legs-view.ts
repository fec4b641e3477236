import type { GreekName, LegRow } from '../../preload/contract.ts';
import { greekNames } from '../words/greek-words.ts';
import { toCsv } from '../words/csv.ts';

export type LegColumn = 'contract' | 'position' | 'price' | 'impliedVolatility' | 'unitDelta' | GreekName | 'quotedAt';
export type LegFilter = 'all' | 'unpriced';

export interface LegOrder {
  readonly column: LegColumn;
  readonly descending: boolean;
}

/** The legs that pass the filter and hold every word of the search, in the asked order; not-known values come last either way. */
export function arrangeLegs(legs: readonly LegRow[], filter: LegFilter, search: string, order: LegOrder): readonly LegRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = legs.filter((leg) => {
    if (filter === 'unpriced' && leg.reason === null) return false;
    return words.every((word) => mentions(leg, word));
  });
  const direction = order.descending ? -1 : 1;
  return chosen.sort((one, other) => {
    if (order.column === 'contract') return direction * compareContracts(one, other);
    const left = one[order.column];
    const right = other[order.column];
    if (left === null || right === null) return left === right ? compareContracts(one, other) : left === null ? 1 : -1;
    return direction * (left - right) || compareContracts(one, other);
  });
}

/** A word of a search means the beginning of a word, so that "aapl p" finds the puts of AAPL and not each P in AAPL. */
function mentions({ description, kind, reason }: LegRow, word: string): boolean {
  const starts = `${description} ${kind}`.toLowerCase().split(' ').some((part) => part.startsWith(word));
  return starts || (word.length > 1 && reason !== null && reason.toLowerCase().includes(word));
}

/** Symbol, expiry, strike, put before call: the order of an option chain. */
function compareContracts(one: LegRow, other: LegRow): number {
  return (
    compareText(one.symbol, other.symbol) ||
    compareText(one.expiry ?? '', other.expiry ?? '') ||
    (one.strike ?? 0) - (other.strike ?? 0) ||
    compareText(other.right ?? '', one.right ?? '') ||
    one.conId - other.conId
  );
}

/** By code unit: symbols are ASCII, and a collator would cost 6,000 legs a second of their time. */
function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

export interface LegSums {
  readonly legs: number;
  readonly priced: number;
  /** Null when no leg of these is priced. */
  readonly sums: Readonly<Record<GreekName, number>> | null;
}

/** The legs in the order in which they stand there, and what they add up to. */
export interface ShownLegs {
  readonly legs: readonly LegRow[];
  readonly sums: LegSums;
}

/** Net Greeks of the shown legs; those that are not priced are left out, and counted. */
export function sumLegs(legs: readonly LegRow[]): LegSums {
  const sums = { delta: 0, gamma: 0, vega: 0, theta: 0 };
  let priced = 0;
  for (const leg of legs) {
    if (leg.reason !== null || greekNames.some((greek) => leg[greek] === null)) continue;
    priced += 1;
    for (const greek of greekNames) sums[greek] += leg[greek] ?? 0;
  }
  return { legs: legs.length, priced, sums: priced === 0 ? null : sums };
}

/** The shown legs as CSV with full precision; a number that is not known is an empty cell, its reason stands at the end. */
export function legsCsv(legs: readonly LegRow[]): string {
  return toCsv(
    ['con_id', 'kind', 'contract', 'symbol', 'expiry', 'strike', 'right', 'multiplier', 'position', 'price', 'implied_volatility', 'unit_delta', 'net_delta', 'net_gamma', 'net_vega', 'net_theta', 'quoted_at', 'reason'],
    legs.map((leg) => [
      leg.conId,
      leg.kind,
      leg.description,
      leg.symbol,
      leg.expiry,
      leg.strike,
      leg.right,
      leg.multiplier,
      leg.position,
      leg.price,
      leg.impliedVolatility,
      leg.unitDelta,
      leg.delta,
      leg.gamma,
      leg.vega,
      leg.theta,
      leg.quotedAt === null ? null : new Date(leg.quotedAt).toISOString(),
      leg.reason,
    ]),
  );
}
