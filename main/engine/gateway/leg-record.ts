import type { Leg, LegKind } from '../greeks/leg.ts';

/** What IBKR's security type means to the sums; both APIs use the same words. */
export function kindOf(secType: string): LegKind {
  return secType === 'OPT' || secType === 'FOP' || secType === 'STK' || secType === 'FUT' ? secType : 'other';
}

/** A multiplier is a positive number; a stock without one has 1, everything else without one is unknown (ibkr-facts.md 1.5 and 2.5). */
export function readMultiplier(kind: LegKind, multiplier: number | undefined): number | undefined {
  if (multiplier !== undefined && Number.isFinite(multiplier) && multiplier > 0) return multiplier;
  return kind === 'STK' ? 1 : undefined;
}

/** Whether two readings of a position are the same leg in everything. */
export function sameLeg(one: Leg, other: Leg): boolean {
  return sameContract(one, other) && Object.is(one.position, other.position);
}

/** Whether two legs differ in the position at most. */
export function sameContract(one: Leg, other: Leg): boolean {
  return (Object.keys(one) as (keyof Leg)[]).every((field) => field === 'position' || Object.is(one[field], other[field]));
}

/** Order of the legs for people and for comparisons: symbol, kind, expiry, strike, right, conId. */
export function compareLegs(one: Leg, other: Leg): number {
  return compare(one.symbol, other.symbol) || compare(one.kind, other.kind) || compare(one.expiry ?? '', other.expiry ?? '')
    || (one.strike ?? 0) - (other.strike ?? 0) || compare(one.right ?? '', other.right ?? '') || one.conId - other.conId;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
