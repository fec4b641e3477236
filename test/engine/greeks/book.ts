import { emptyQuote, type Leg, type LegQuote } from '../../../main/engine/greeks/leg.ts';

/** A wall-clock instant for snapshots: Thursday 20 November 2025, 15:00 UTC. */
export const NOW = Date.UTC(2025, 10, 20, 15);

/** A leg with what its quote says; without one, the session does not know the leg. */
export type Entry = readonly [Leg, LegQuote?];

let nextConId = 1;

/** A leg with the fields that a test does not care about filled in: one SPX call. */
export function leg(fields: Partial<Leg> = {}): Leg {
  return {
    conId: nextConId++,
    kind: 'OPT',
    secType: fields.kind ?? 'OPT',
    symbol: 'SPX',
    localSymbol: '',
    expiry: '20270117',
    strike: 6100,
    right: 'C',
    multiplier: 100,
    currency: 'USD',
    position: 1,
    ...fields,
  };
}

export function stock(symbol: string, position: number): Leg {
  return leg({ kind: 'STK', symbol, position, expiry: undefined, strike: undefined, right: undefined, multiplier: 1 });
}

export function future(symbol: string, expiry: string, position: number): Leg {
  return leg({ kind: 'FUT', symbol, expiry, position, strike: undefined, right: undefined, multiplier: 50 });
}

/** A quote with these values, all of the same instant unless `at` says otherwise. */
export function quote(values: Partial<Record<'delta' | 'gamma' | 'vega' | 'theta' | 'underlyingPrice' | 'price', number>>, at = NOW): LegQuote {
  const result = emptyQuote();
  for (const [field, value] of Object.entries(values)) result[field as 'delta'] = { value, at };
  return result;
}

export function refused(code: string, text: string): LegQuote {
  return { ...emptyQuote(), refusal: { code, text } };
}

/** Legs with their quotes as `aggregate` takes them. */
export function book(...entries: readonly Entry[]): {
  readonly legs: readonly Leg[];
  readonly quoteOf: (conId: number) => LegQuote | undefined;
} {
  const quotes = new Map(entries.map(([leg, quote]) => [leg.conId, quote]));
  return { legs: entries.map(([leg]) => leg), quoteOf: (conId) => quotes.get(conId) };
}
