import type { Ms } from '../clock.ts';

/** What a leg is, as far as its Greeks are concerned; `other` is never counted, only named. */
export type LegKind = 'OPT' | 'FOP' | 'STK' | 'FUT' | 'other';

/** One position of the chosen account. Identity is `conId`; everything else may be completed by qualification. */
export interface Leg {
  /** IBKR's contract id, unique over all instruments. */
  readonly conId: number;
  readonly kind: LegKind;
  /** IBKR's security type as it came ("OPT", "BOND", ...), for people. */
  readonly secType: string;
  /** Symbol of the underlying ("SPX", "ES"); for a stock its own. */
  readonly symbol: string;
  /** IBKR's local symbol or trading class where known, for people. */
  readonly localSymbol: string;
  /** Last trade date `YYYYMMDD`; undefined for a stock. */
  readonly expiry: string | undefined;
  readonly strike: number | undefined;
  readonly right: 'C' | 'P' | undefined;
  /** Units of underlying per contract; undefined when IBKR did not tell (then the leg is unpriced, never 1). */
  readonly multiplier: number | undefined;
  readonly currency: string;
  /** Signed number of contracts or shares; may be fractional. Never 0: a closed position is no leg. */
  readonly position: number;
}

/** A last good value with the wall-clock instant at which it arrived. */
export interface Reading {
  readonly value: number;
  readonly at: Ms;
}

/**
 * What the market data of one leg says, field by field; a field that never came is undefined, never zero.
 *
 * Mutable on purpose: thousands of ticks a second write here, and a poll reads it once.
 * Units: per one unit of underlying (multiply by position x multiplier); gamma per point, vega per one volatility
 * point, theta per day (ibkr-facts.md 2.2).
 */
export interface LegQuote {
  delta: Reading | undefined;
  gamma: Reading | undefined;
  vega: Reading | undefined;
  theta: Reading | undefined;
  /** As a fraction: 0.2 is 20 %. */
  impliedVolatility: Reading | undefined;
  /** Price of the underlying that the model computation used (for a futures option: of its future). */
  underlyingPrice: Reading | undefined;
  /** The instrument's own price: last, else mark, else mid, else close. */
  price: Reading | undefined;
  /** Why the gateway gives no data for this leg, until data arrives; undefined while there is no complaint. */
  refusal: Refusal | undefined;
}

/** A leg's refusal by the gateway: `code` as IBKR numbers it ("354", "101"), `text` for people. */
export interface Refusal {
  readonly code: string;
  readonly text: string;
}

/** A quote about which nothing is known yet. */
export function emptyQuote(): LegQuote {
  return {
    delta: undefined,
    gamma: undefined,
    vega: undefined,
    theta: undefined,
    impliedVolatility: undefined,
    underlyingPrice: undefined,
    price: undefined,
    refusal: undefined,
  };
}
