import type { Ms } from '../clock.ts';
import type { Leg, LegQuote, Reading } from './leg.ts';

const DAY_MS = 86_400_000;

/** The underlying whose price goes with the row, and that price; `null` is "not known". */
export interface UnderlyingPrice {
  readonly symbol: string | null;
  readonly price: number | null;
}

/**
 * Finds the price for `underlying_price` (design.md section 5).
 *
 * Symbol: the setting's, else SPX if there are SPX legs, else ES, else the only underlying, else none.
 * Price, first that is known: a stock leg's own; the newest underlying price of an equity or index option's model; of
 * the futures and their options the one that expires next (a later month is another price), then the newest.
 * A price that is not above zero is a sentinel of the gateway, so not known.
 */
export function findUnderlyingPrice(
  legs: readonly Leg[],
  quoteOf: (conId: number) => LegQuote | undefined,
  options: { readonly at: Ms; readonly underlyingSymbol: string | null },
): UnderlyingPrice {
  const symbol = options.underlyingSymbol || chooseSymbol(legs);
  if (symbol === null) return { symbol: null, price: null };
  const today = dateOf(options.at - DAY_MS);
  let best: Candidate | undefined;
  for (const leg of legs) {
    if (leg.symbol !== symbol || leg.kind === 'other') continue;
    const candidate = candidateOf(leg, quoteOf(leg.conId), today);
    if (candidate !== undefined && (best === undefined || isBetter(candidate, best))) best = candidate;
  }
  return { symbol, price: best === undefined ? null : best.reading.value };
}

function chooseSymbol(legs: readonly Leg[]): string | null {
  const symbols = new Set<string>();
  for (const leg of legs) if (leg.kind !== 'other') symbols.add(leg.symbol);
  if (symbols.has('SPX')) return 'SPX';
  if (symbols.has('ES')) return 'ES';
  const [only, ...others] = symbols;
  return only !== undefined && others.length === 0 ? only : null;
}

interface Candidate {
  readonly reading: Reading;
  /** Smaller is better: stock, option, future or futures option, and of those the expired ones last. */
  readonly rank: number;
  /** `YYYYMMDD` where it matters (futures), else empty. */
  readonly expiry: string;
}

const RANK = { STK: 0, OPT: 1, FUT: 2, FOP: 2, other: 9 } as const;

function candidateOf(leg: Leg, quote: LegQuote | undefined, today: string): Candidate | undefined {
  // A refused stream has ended; what it said before stands still.
  if (quote === undefined || quote.refusal !== undefined) return undefined;
  const reading = leg.kind === 'OPT' || leg.kind === 'FOP' ? quote.underlyingPrice : quote.price;
  if (reading === undefined || !Number.isFinite(reading.value) || reading.value <= 0) return undefined;
  const rank = RANK[leg.kind];
  if (rank < 2) return { reading, rank, expiry: '' };
  const expiry = leg.expiry ?? '99999999';
  // An expired leg stays in the account until the nightly clean-up and its price no longer moves.
  return { reading, rank: expiry < today ? 3 : rank, expiry };
}

function isBetter(one: Candidate, other: Candidate): boolean {
  if (one.rank !== other.rank) return one.rank < other.rank;
  if (one.expiry !== other.expiry) return one.expiry < other.expiry;
  return one.reading.at > other.reading.at;
}

/** `YYYYMMDD` in UTC; a day early, it is no later than the date of any exchange. */
function dateOf(at: Ms): string {
  return new Date(at).toISOString().slice(0, 10).replaceAll('-', '');
}
