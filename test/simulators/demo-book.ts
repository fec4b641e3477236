import { Book } from './book.ts';
import { aaplOption, aaplStock, esFuture, esOption, spxIndex, spxOption } from './instruments.ts';
import type { Instrument } from './instruments.ts';
import { Market } from './market.ts';

export interface DemoBookOptions {
  /** `YYYYMMDD`; the present day in UTC unless told. */
  readonly today?: string;
  /** The first holds the book; the others hold ten AAPL each, so that a mix-up of accounts shows. */
  readonly accounts?: readonly string[];
  readonly seed?: number;
}

const ES_CONID = 495512563;
const FIRST_OPTION_CONID = 700_000_001;

type Line = readonly [quantity: number, right: 'C' | 'P', strike: number];

/** Iron condors, a butterfly and a calendar on SPX, by weeks to expiry. */
const SPX_LINES: ReadonlyMap<number, readonly Line[]> = new Map([
  [2, [[-10, 'P', 5850], [10, 'P', 5800], [-10, 'C', 6150], [10, 'C', 6200], [4, 'C', 6000], [-8, 'C', 6050], [4, 'C', 6100], [-3, 'P', 5900]]],
  [6, [[-6, 'P', 5700], [6, 'P', 5600], [-6, 'C', 6300], [6, 'C', 6400], [2, 'P', 6000], [2, 'C', 6000]]],
  [13, [[5, 'P', 5400], [-2, 'C', 6500]]],
]);

/** Covered calls, a collar and long puts against the AAPL shares. */
const AAPL_LINES: ReadonlyMap<number, readonly Line[]> = new Map([
  [2, [[-8, 'C', 245], [8, 'P', 225], [-4, 'P', 220], [3, 'C', 235]]],
  [6, [[-8, 'C', 255], [8, 'P', 215], [5, 'C', 240], [-5, 'C', 250]]],
  [26, [[4, 'C', 230], [-2, 'P', 200]]],
]);

/** A strangle, a ratio spread and tail hedges on the ES future. */
const ES_LINES: ReadonlyMap<number, readonly Line[]> = new Map([
  [1, [[-5, 'P', 5900], [-5, 'C', 6120], [5, 'P', 5850], [5, 'C', 6170], [2, 'C', 6015]]],
  [4, [[10, 'P', 5600], [-5, 'P', 5800], [-4, 'C', 6250], [8, 'C', 6350], [3, 'P', 6000], [-3, 'C', 6100]]],
  [8, [[6, 'P', 5300]]],
]);

/** A book of 40 legs: 16 SPX and 10 AAPL options, 12 options on the ES future, the future itself and AAPL stock. */
export function createDemoBook(options: DemoBookOptions = {}): Book {
  const today = options.today ?? new Date().toISOString().slice(0, 10).replaceAll('-', '');
  const accounts = options.accounts ?? ['DU1234567'];
  const future = esFuture(ES_CONID, thirdFridayOfQuarter(today, 75));
  const market = createMarket(today, future, options.seed ?? 1);
  const book = new Book(market, accounts);
  const [first, ...others] = accounts;
  if (first === undefined) throw new Error('a book needs an account');
  let conId = FIRST_OPTION_CONID;
  const addLines = (lines: ReadonlyMap<number, readonly Line[]>, build: (terms: Parameters<typeof spxOption>[0]) => Instrument): void => {
    for (const [weeks, legs] of lines) {
      for (const [quantity, right, strike] of legs) {
        book.addLeg(first, build({ conId: conId++, expiry: friday(today, weeks), strike, right }), quantity);
      }
    }
  };
  addLines(SPX_LINES, spxOption);
  addLines(AAPL_LINES, aaplOption);
  addLines(ES_LINES, (terms) => esOption(future, terms));
  book.setPosition(first, future.conId, -3);
  book.setPosition(first, aaplStock.conId, 850);
  for (const account of others) book.setPosition(account, aaplStock.conId, 10);
  return book;
}

/** A book of any number of SPX options in one account, for load. */
export function createBookOfSize(legs: number, options: Omit<DemoBookOptions, 'accounts'> & { readonly account?: string } = {}): Book {
  const today = options.today ?? new Date().toISOString().slice(0, 10).replaceAll('-', '');
  const account = options.account ?? 'DU1234567';
  const market = createMarket(today, esFuture(ES_CONID, thirdFridayOfQuarter(today, 75)), options.seed ?? 1);
  const book = new Book(market, [account]);
  for (let index = 0; index < legs; index++) {
    const strike = 5000 + 5 * (index % 400);
    const right = Math.floor(index / 400) % 2 === 0 ? 'C' : 'P';
    const expiry = friday(today, 1 + Math.floor(index / 800));
    book.addLeg(account, spxOption({ conId: FIRST_OPTION_CONID + index, expiry, strike, right }), (index % 2 === 0 ? 1 : -1) * (1 + (index % 7)));
  }
  return book;
}

function createMarket(today: string, future: Instrument, seed: number): Market {
  return new Market({
    today,
    seed,
    drivers: [
      { instrument: spxIndex, price: 6000, volatility: 0.15, marketShare: 1 },
      { instrument: future, price: 6015, volatility: 0.15, marketShare: 0.995 },
      { instrument: aaplStock, price: 235, volatility: 0.26, marketShare: 0.6 },
    ],
    instruments: [],
  });
}

/** The Friday that is `weeks` weeks ahead, never today. */
export function friday(today: string, weeks: number): string {
  const date = parseDay(today);
  const ahead = (5 - date.getUTCDay() + 7) % 7;
  date.setUTCDate(date.getUTCDate() + ahead + 7 * weeks);
  return formatDay(date);
}

/** The third Friday of the first quarterly month (March, June, September, December) that is at least `minDays` away. */
function thirdFridayOfQuarter(today: string, minDays: number): string {
  const earliest = parseDay(today);
  earliest.setUTCDate(earliest.getUTCDate() + minDays);
  const month = new Date(Date.UTC(earliest.getUTCFullYear(), earliest.getUTCMonth(), 1));
  for (;;) {
    const first = (5 - month.getUTCDay() + 7) % 7;
    const candidate = new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth(), 15 + first));
    if (month.getUTCMonth() % 3 === 2 && candidate >= earliest) return formatDay(candidate);
    month.setUTCMonth(month.getUTCMonth() + 1);
  }
}

function parseDay(day: string): Date {
  return new Date(Date.UTC(Number(day.slice(0, 4)), Number(day.slice(4, 6)) - 1, Number(day.slice(6, 8))));
}

function formatDay(date: Date): string {
  return date.toISOString().slice(0, 10).replaceAll('-', '');
}
