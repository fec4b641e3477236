import type { Ms } from '../../clock.ts';
import type { LegQuote } from '../../greeks/leg.ts';
import { GREEK_BOUNDS, isBeyond, isWithin, VOLATILITY_BOUND } from '../greek-bounds.ts';

/** Tick types of the model computation: what TWS shows. 10 to 12, 80 to 82 (bid, ask, last) and 53 (custom) never count. */
export const MODEL_TICK = 13;
export const DELAYED_MODEL_TICK = 83;

export type ModelOutcome =
  /** At least one Greek was taken over, and all that came. */
  | 'accepted'
  /** Nothing in it that is a value. */
  | 'empty'
  /** At least one Greek was beyond its bound and left out. */
  | 'out-of-range';

/**
 * Takes one model computation into a quote, field by field; a field without a value keeps its last good one and its age.
 *
 * IBKR's sentinels (-1, -2, 1.797e308) and empty fields come as undefined. Delta -1 is a deep put, not a sentinel.
 * A row of zeros without a price of the underlying is a model that has not been computed yet.
 *
 * @param at wall-clock instant of arrival.
 */
export function applyModel(
  quote: LegQuote,
  at: Ms,
  impliedVolatility: number | undefined,
  delta: number | undefined,
  gamma: number | undefined,
  vega: number | undefined,
  theta: number | undefined,
  underlyingPrice: number | undefined,
): ModelOutcome {
  const hasUnderlying = Number.isFinite(underlyingPrice) && underlyingPrice !== 0;
  if (!hasUnderlying && !delta && !gamma && !vega && !theta) return 'empty';

  if (isWithin(delta, GREEK_BOUNDS.delta)) quote.delta = { value: delta, at };
  if (isWithin(gamma, GREEK_BOUNDS.gamma)) quote.gamma = { value: gamma, at };
  if (isWithin(vega, GREEK_BOUNDS.vega)) quote.vega = { value: vega, at };
  if (isWithin(theta, GREEK_BOUNDS.theta)) quote.theta = { value: theta, at };
  if (hasUnderlying) quote.underlyingPrice = { value: underlyingPrice as number, at };
  if (impliedVolatility !== undefined && impliedVolatility > 0 && impliedVolatility <= VOLATILITY_BOUND) {
    quote.impliedVolatility = { value: impliedVolatility, at };
  }
  if (isBeyond(delta, GREEK_BOUNDS.delta) || isBeyond(gamma, GREEK_BOUNDS.gamma) || isBeyond(vega, GREEK_BOUNDS.vega) || isBeyond(theta, GREEK_BOUNDS.theta)) {
    return 'out-of-range';
  }
  return Number.isFinite(delta) || Number.isFinite(gamma) || Number.isFinite(vega) || Number.isFinite(theta) ? 'accepted' : 'empty';
}

/** The newest prices of one instrument by rank: last, mark, bid, ask, close; NaN where there is none. */
export type Prices = [last: number, mark: number, bid: number, ask: number, close: number];

export function noPrices(): Prices {
  return [NaN, NaN, NaN, NaN, NaN];
}

const LAST = 0;
const MARK = 1;
const BID = 2;
const ASK = 3;
const CLOSE = 4;

/**
 * Takes one price tick into a quote: its price is the last, else the mark, else the middle of bid and ask, else the close.
 *
 * -1 and 0 are IBKR's "not available" (api.d.ts, tickPrice); every other number is a price, also a negative one of a future.
 * So a future that trades at exactly -1 has no last price for that moment; the one before stays, with its age.
 *
 * @param at wall-clock instant of arrival.
 * @returns whether the tick was one of these prices and had a value.
 */
export function applyPrice(quote: LegQuote, prices: Prices, tickType: number, value: number | undefined, at: Ms): boolean {
  const field = fieldOf(tickType);
  if (field === undefined) return false;
  const available = value !== undefined && Number.isFinite(value) && value !== -1 && value !== 0;
  prices[field] = available ? value : NaN;
  if (!available) return false;

  const [last, mark, bid, ask, close] = prices;
  if (!Number.isNaN(last)) {
    if (field === LAST) quote.price = { value: last, at };
  } else if (!Number.isNaN(mark)) {
    if (field === MARK) quote.price = { value: mark, at };
  } else if (!Number.isNaN(bid) && !Number.isNaN(ask)) {
    if (field === BID || field === ASK) quote.price = { value: (bid + ask) / 2, at };
  } else if (field === CLOSE) {
    quote.price = { value: close, at };
  }
  return true;
}

/** The field of a price tick type, live or delayed; undefined for a type that is not used (sizes, highs, lows, ...). */
function fieldOf(tickType: number): 0 | 1 | 2 | 3 | 4 | undefined {
  switch (tickType) {
    case 1:
    case 66:
      return BID;
    case 2:
    case 67:
      return ASK;
    case 4:
    case 68:
      return LAST;
    case 9:
    case 75:
      return CLOSE;
    case 37:
      return MARK;
    default:
      return undefined;
  }
}
