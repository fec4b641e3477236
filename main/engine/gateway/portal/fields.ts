import type { MarketData } from '../../state.ts';

/**
 * Fields of a snapshot that the bridge asks for, all of them in the very first request, because that one decides what the
 * gateway streams (ibkr-facts.md 1.2). 7310 is theta and 7311 vega (ibkr-facts.md 1.1); 7633 is the volatility of this strike,
 * 7283 would be one of the underlying.
 */
export const FIELD = {
  last: '31',
  bid: '84',
  ask: '86',
  mark: '7635',
  delta: '7308',
  gamma: '7309',
  theta: '7310',
  vega: '7311',
  impliedVolatility: '7633',
  underlyingConId: '6457',
  availability: '6509',
} as const;

/** A field's number, and whether it is the previous day's close ("C6001.25") in place of a last price. */
export interface FieldNumber {
  readonly value: number;
  readonly isClose: boolean;
}

const NUMBER = /^([CH]?)\s*([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*([%KM]?)$/;

/**
 * Reads a field: a text with a prefix letter (C previous close, H halted), thousands commas, %, K or M; or a plain number.
 *
 * @returns undefined for everything that is not wholly a finite number: absent, empty, "N/A". Never zero for missing.
 */
export function readNumber(field: unknown): FieldNumber | undefined {
  if (typeof field === 'number') return Number.isFinite(field) ? { value: field, isClose: false } : undefined;
  if (typeof field !== 'string') return undefined;
  const [, prefix, digits, suffix] = NUMBER.exec(field.trim()) ?? [];
  if (digits === undefined || !/\d/.test(digits)) return undefined;
  const scale = suffix === 'K' ? 1e3 : suffix === 'M' ? 1e6 : 1;
  const value = Number(digits.replaceAll(',', '')) * scale;
  return Number.isFinite(value) ? { value, isClose: prefix === 'C' } : undefined;
}

/** A Greek or a volatility: as {@link readNumber}, but a letter before it or K or M after it means that it is none. */
export function readPlainNumber(field: unknown): number | undefined {
  if (typeof field === 'string' && /[CHKM]/.test(field)) return undefined;
  return readNumber(field)?.value;
}

/** What field 6509 says about a leg's market data. */
export type Availability =
  | { readonly kind: 'data'; readonly marketData: MarketData }
  /** "N": the user has no subscription for it. */
  | { readonly kind: 'not-subscribed' }
  /** "i" and "O": the gateway lacks something, such as the user's consent to market data over the API. */
  | { readonly kind: 'incomplete' };

/** Reads field 6509, whose first letter tells the age of the data; undefined when absent or empty. */
export function readAvailability(field: unknown): Availability | undefined {
  if (typeof field !== 'string' || field === '') return undefined;
  switch (field.charAt(0)) {
    case 'R':
    case 'v':
      return { kind: 'data', marketData: 'live' };
    case 'D':
      return { kind: 'data', marketData: 'delayed' };
    case 'Z':
      return { kind: 'data', marketData: 'frozen' };
    case 'Y':
      return { kind: 'data', marketData: 'delayed-frozen' };
    case 'N':
      return { kind: 'not-subscribed' };
    case 'i':
    case 'O':
      return { kind: 'incomplete' };
    default:
      // Recorded answers hold letters that no document explains ("S"): data, of an age that nobody knows.
      return { kind: 'data', marketData: 'unknown' };
  }
}
