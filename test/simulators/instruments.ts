/** One instrument as IBKR's security master knows it; identity is `conId`. */
export interface Instrument {
  readonly conId: number;
  /** "STK", "OPT", "FOP", "FUT", "IND", "BOND", ... */
  readonly secType: string;
  readonly symbol: string;
  readonly localSymbol: string;
  readonly tradingClass: string;
  /** Last trade date `YYYYMMDD`. */
  readonly expiry?: string;
  readonly strike?: number;
  readonly right?: 'C' | 'P';
  /** Units of underlying per contract; absent for a stock, as IBKR leaves it empty. */
  readonly multiplier?: number;
  readonly currency: string;
  readonly primaryExchange: string;
  /** Exchanges under which market data may be asked for. SMART routing exists for STK and OPT only. */
  readonly exchanges: readonly string[];
  /** The stock, index or future whose price an option's model uses. */
  readonly underlyingConId?: number;
  readonly longName: string;
  /** Smallest price step. */
  readonly minTick: number;
}

export const spxIndex: Instrument = {
  conId: 416904, secType: 'IND', symbol: 'SPX', localSymbol: 'SPX', tradingClass: 'SPX', currency: 'USD',
  primaryExchange: 'CBOE', exchanges: ['CBOE'], longName: 'S&P 500 Stock Index', minTick: 0.01,
};

export const aaplStock: Instrument = {
  conId: 265598, secType: 'STK', symbol: 'AAPL', localSymbol: 'AAPL', tradingClass: 'NMS', currency: 'USD',
  primaryExchange: 'NASDAQ', exchanges: ['SMART', 'NASDAQ', 'ISLAND'], longName: 'APPLE INC', minTick: 0.01,
};

/** A bond: a kind of position that no Greek counts. */
export const treasuryBond: Instrument = {
  conId: 510120431, secType: 'BOND', symbol: 'US-T', localSymbol: 'IBCID510120431', tradingClass: 'US-T', currency: 'USD',
  primaryExchange: 'SMART', exchanges: ['SMART'], longName: 'US TREASURY N/B', minTick: 0.001, expiry: '20341115',
};

const MONTH_CODES = 'FGHJKMNQUVXZ';

/** The E-mini S&P 500 future that expires on `expiry`. */
export function esFuture(conId: number, expiry: string): Instrument {
  const month = MONTH_CODES.charAt(Number(expiry.slice(4, 6)) - 1);
  return {
    conId, secType: 'FUT', symbol: 'ES', localSymbol: `ES${month}${expiry.charAt(3)}`, tradingClass: 'ES', expiry,
    multiplier: 50, currency: 'USD', primaryExchange: '', exchanges: ['CME', 'QBALGO'], longName: 'E-mini S&P 500', minTick: 0.25,
  };
}

export interface OptionTerms {
  readonly conId: number;
  readonly expiry: string;
  readonly strike: number;
  readonly right: 'C' | 'P';
}

/** A weekly SPX option: cash-settled, on the index, multiplier 100. */
export function spxOption(terms: OptionTerms): Instrument {
  return {
    ...terms, secType: 'OPT', symbol: 'SPX', localSymbol: occSymbol('SPXW', terms), tradingClass: 'SPXW', multiplier: 100,
    currency: 'USD', primaryExchange: '', exchanges: ['SMART', 'CBOE'], underlyingConId: spxIndex.conId,
    longName: 'S&P 500 Stock Index', minTick: 0.05,
  };
}

/** An AAPL option, multiplier 100. */
export function aaplOption(terms: OptionTerms): Instrument {
  return {
    ...terms, secType: 'OPT', symbol: 'AAPL', localSymbol: occSymbol('AAPL', terms), tradingClass: 'AAPL', multiplier: 100,
    currency: 'USD', primaryExchange: '', exchanges: ['SMART', 'CBOE', 'AMEX', 'PHLX'], underlyingConId: aaplStock.conId,
    longName: 'APPLE INC', minTick: 0.01,
  };
}

/** An option on `future`, multiplier 50; delta and underlying price are per future (ibkr-facts.md 2.5). */
export function esOption(future: Instrument, terms: OptionTerms): Instrument {
  return {
    ...terms, secType: 'FOP', symbol: 'ES', localSymbol: `${future.localSymbol} ${terms.right}${terms.strike}`, tradingClass: 'ES',
    multiplier: 50, currency: 'USD', primaryExchange: '', exchanges: ['CME', 'QBALGO'], underlyingConId: future.conId,
    longName: 'E-mini S&P 500', minTick: 0.05,
  };
}

/** The 21-character symbol of an American listed option: "AAPL  260116C00235000". */
function occSymbol(root: string, { expiry, right, strike }: OptionTerms): string {
  return `${root.padEnd(6)}${expiry.slice(2)}${right}${String(Math.round(strike * 1000)).padStart(8, '0')}`;
}
