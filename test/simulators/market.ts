import { valueOption } from './black-scholes.ts';
import type { OptionValue } from './black-scholes.ts';
import type { Instrument } from './instruments.ts';
import { seededNormal } from './random.ts';

/** What an option computation says: the model's, or the one at the bid or ask price. */
export interface Computation extends OptionValue {
  /** As a fraction. */
  readonly impliedVolatility: number;
  readonly underlyingPrice: number;
}

export type ComputationSide = 'model' | 'bid' | 'ask';

export interface Quote {
  readonly bid: number;
  readonly ask: number;
  readonly last: number;
  readonly close: number;
}

/** Something whose price walks by itself. */
export interface Driver {
  readonly instrument: Instrument;
  readonly price: number;
  /** Volatility of its options at the money, as a fraction. */
  readonly volatility: number;
  /** Share of its moves that follow the common market factor, 0 to 1. */
  readonly marketShare: number;
}

export interface MarketOptions {
  /** `YYYYMMDD`; expiries count from here. */
  readonly today: string;
  readonly drivers: readonly Driver[];
  readonly instruments: readonly Instrument[];
  readonly seed?: number;
}

interface Walk {
  readonly driver: Driver;
  price: number;
  volatility: number;
}

const INTEREST_RATE = 0.04;
/** One step is worth about one second of a trading session: 252 days of 6.5 hours in a year. */
const YEARS_PER_STEP = 1 / (252 * 6.5 * 3600);
/** Half the width of the market in volatility, so that bid, ask and model computations differ visibly. */
const HALF_SPREAD_VOLATILITY = 0.006;

/** Prices of underlyings that walk at random, repeatably, and of options on them by Black-Scholes; knows no wire protocol. */
export class Market {
  readonly today: string;
  readonly #normal: () => number;
  readonly #walks = new Map<number, Walk>();
  readonly #instruments = new Map<number, Instrument>();
  readonly #computations = new Map<string, Computation>();
  #frozen = false;

  constructor(options: MarketOptions) {
    this.today = options.today;
    this.#normal = seededNormal(options.seed ?? 1);
    for (const driver of options.drivers) {
      this.#walks.set(driver.instrument.conId, { driver, price: driver.price, volatility: driver.volatility });
      this.add(driver.instrument);
    }
    for (const instrument of options.instruments) this.add(instrument);
  }

  /** Lists an instrument; listing it again replaces it. */
  add(instrument: Instrument): void {
    this.#instruments.set(instrument.conId, instrument);
  }

  instrument(conId: number): Instrument | undefined {
    return this.#instruments.get(conId);
  }

  instruments(): readonly Instrument[] {
    return [...this.#instruments.values()];
  }

  /** Lets every underlying move once; tells whether anything moved (a frozen market does not). */
  step(): boolean {
    if (this.#frozen) return false;
    const common = this.#normal();
    for (const walk of this.#walks.values()) {
      const { marketShare, volatility, instrument } = walk.driver;
      const shock = marketShare * common + Math.sqrt(1 - marketShare ** 2) * this.#normal();
      walk.price = toTick(walk.price * Math.exp(volatility * Math.sqrt(YEARS_PER_STEP) * shock), instrument.minTick);
      // Volatility rises as prices fall and drifts back to its own level.
      walk.volatility += 0.02 * (volatility - walk.volatility) - 0.0004 * shock + 0.0001 * this.#normal();
    }
    this.#computations.clear();
    return true;
  }

  /** Stops all movement, as overnight; `thaw` starts it again. */
  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    this.#frozen = false;
  }

  /** Puts an underlying at a price, for scenarios. Throws for anything that is not an underlying of this market. */
  setPrice(conId: number, price: number): void {
    this.#walk(conId).price = price;
    this.#computations.clear();
  }

  /** The instrument's own prices; a bond's never move. */
  quote(conId: number): Quote {
    const instrument = this.#instruments.get(conId);
    if (instrument === undefined) throw new Error(`no instrument ${conId} in the market`);
    const walk = this.#walks.get(conId);
    if (walk !== undefined) return around(walk.price, walk.driver.price, instrument.minTick);
    const model = this.computation(conId, 'model');
    if (model === undefined) return around(98.5, 98.4, instrument.minTick);
    return {
      bid: this.computation(conId, 'bid')?.price ?? model.price,
      ask: this.computation(conId, 'ask')?.price ?? model.price,
      last: model.price,
      close: model.price,
    };
  }

  /** The Greeks of an option, undefined for anything else. The same object until the market moves. */
  computation(conId: number, side: ComputationSide): Computation | undefined {
    const key = `${side} ${conId}`;
    const known = this.#computations.get(key);
    if (known !== undefined) return known;
    const computed = this.#compute(conId, side);
    if (computed !== undefined) this.#computations.set(key, computed);
    return computed;
  }

  #compute(conId: number, side: ComputationSide): Computation | undefined {
    const option = this.#instruments.get(conId);
    if (option?.underlyingConId === undefined || option.strike === undefined || option.right === undefined || option.expiry === undefined) {
      return undefined;
    }
    const walk = this.#walk(option.underlyingConId);
    const years = (daysBetween(this.today, option.expiry) + 0.5) / 365;
    const offset = { model: 0, bid: -HALF_SPREAD_VOLATILITY, ask: HALF_SPREAD_VOLATILITY }[side];
    const volatility = smile(walk, option.strike, years) + offset;
    const value = valueOption({
      right: option.right, underlying: walk.price, strike: option.strike, years, volatility, rate: INTEREST_RATE,
      carry: option.secType === 'FOP' ? 0 : INTEREST_RATE,
    });
    return { ...value, impliedVolatility: volatility, underlyingPrice: walk.price };
  }

  #walk(conId: number): Walk {
    const walk = this.#walks.get(conId);
    if (walk === undefined) throw new Error(`no underlying ${conId} in the market`);
    return walk;
  }
}

/** Volatility over strikes: dearer puts, cheaper calls, flatter for long expiries. */
function smile(walk: Walk, strike: number, years: number): number {
  const moneyness = Math.log(strike / walk.price) / Math.sqrt(Math.max(years, 0.02));
  return Math.max(0.05, walk.volatility - 0.12 * moneyness + 0.08 * moneyness ** 2);
}

function around(price: number, close: number, minTick: number): Quote {
  return { bid: toTick(price - minTick, minTick), ask: toTick(price + minTick, minTick), last: price, close };
}

function toTick(price: number, minTick: number): number {
  return Number((Math.round(price / minTick) * minTick).toFixed(6));
}

/** Whole days from one `YYYYMMDD` to another, at least 0. */
export function daysBetween(from: string, to: string): number {
  return Math.max(0, Math.round((dateOf(to) - dateOf(from)) / 86_400_000));
}

function dateOf(text: string): number {
  return Date.UTC(Number(text.slice(0, 4)), Number(text.slice(4, 6)) - 1, Number(text.slice(6, 8)));
}
