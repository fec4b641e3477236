import type { Clock, Ms } from '../../clock.ts';
import { describeLeg } from '../../greeks/describe-leg.ts';
import { emptyQuote } from '../../greeks/leg.ts';
import type { Leg, LegQuote, Reading, Refusal } from '../../greeks/leg.ts';
import type { MarketData, Severity } from '../../state.ts';
import { GREEK_BOUNDS, isBeyond, VOLATILITY_BOUND } from '../greek-bounds.ts';
import { FIELD, readAvailability, readNumber, readPlainNumber } from './fields.ts';
import type { Holding } from './positions.ts';
import type { SnapshotRecord } from './schemas.ts';

/** A Greek that the gateway has left out of its answers for so long no longer counts: its stream has ended. */
export const STALE_MS: Ms = 30_000;

const GREEKS = ['delta', 'gamma', 'vega', 'theta'] as const;
type Greek = (typeof GREEKS)[number];

const NOT_SUBSCRIBED: Refusal = {
  code: 'not-subscribed',
  text: 'not subscribed to its market data; buy the data in IBKR Client Portal under Settings, Market Data Subscriptions',
};
const INCOMPLETE: Refusal = {
  code: 'incomplete',
  text: 'its market data is incomplete; accept the Market Data API acknowledgement in IBKR Client Portal under Settings',
};

interface QuotesParts {
  readonly clock: Clock;
  readonly notice: (severity: Severity, message: string, foldKey: string) => void;
  readonly onKind: (kind: MarketData) => void;
}

/** One instrument's market data: a leg's, or that of an underlying which is no leg. */
interface Line {
  leg: Leg | undefined;
  /** From the position or its definition; field 6457 knows better. */
  underlyingConId: number | undefined;
  readonly quote: LegQuote;
  readonly prices: { last?: number; mark?: number; bid?: number; ask?: number; close?: number };
  /** Monotonic instants at which an answer last carried each Greek. */
  readonly carriedAt: Map<Greek, Ms>;
  /** The gateway's own time of its newest update. */
  updated: number | undefined;
  marketData: MarketData;
}

/** What the snapshots of all legs and their underlyings said, field by field. */
export class Quotes {
  readonly #parts: QuotesParts;
  readonly #lines = new Map<number, Line>();
  #kind: MarketData = 'unknown';
  /** Monotonic instant of the newest answer that carried a value of any leg. */
  lastTickAt: Ms | undefined;

  constructor(parts: QuotesParts) {
    this.#parts = parts;
  }

  quote(conId: number): LegQuote | undefined {
    const line = this.#lines.get(conId);
    return line?.leg === undefined ? undefined : line.quote;
  }

  /** Instruments to ask for: legs, then underlyings that are no legs. */
  conIds(): readonly number[] {
    return [...this.#lines.keys()];
  }

  /** Whether every option has its four Greeks (or a refusal): until then the gateway is asked more often. */
  get isWarm(): boolean {
    return [...this.#lines.values()].every(({ leg, quote }) => leg === undefined || !isOption(leg) || quote.refusal !== undefined || GREEKS.every((greek) => quote[greek] !== undefined));
  }

  /** Takes over the legs as they are now; returns the instruments that nobody needs any more. */
  hold(holdings: readonly Holding[]): readonly number[] {
    const counted = holdings.filter(({ leg }) => leg.kind !== 'other');
    for (const { leg, underlyingConId } of counted) {
      const line = this.#line(leg.conId);
      line.leg = leg;
      line.underlyingConId ??= underlyingConId;
    }
    const legs = new Set(counted.map(({ leg }) => leg.conId));
    for (const [conId, line] of this.#lines) if (!legs.has(conId)) line.leg = undefined;
    return this.#settleUnderlyings();
  }

  /** Forgets every value: what came before a gap must not pass for new. */
  clear(): void {
    for (const [conId, { leg, underlyingConId, quote }] of this.#lines) {
      // The object stays: who holds it must see that nothing is known any more.
      this.#lines.set(conId, { ...newLine(), leg, underlyingConId, quote: Object.assign(quote, emptyQuote()) });
    }
  }

  /** Takes the answer to one request in; returns instruments that nobody needs any more. */
  apply(records: readonly SnapshotRecord[]): readonly number[] {
    for (const record of records) {
      const line = this.#lines.get(record.conid);
      if (line !== undefined) this.#applyRecord(line, record);
    }
    return this.#settleUnderlyings();
  }

  /** Ends a round: underlying prices go to their options, Greeks that have gone stale are dropped, the kind of data is told. */
  endRound(): void {
    const now = this.#parts.clock.monotonic();
    for (const line of this.#lines.values()) {
      if (line.leg === undefined || !isOption(line.leg)) continue;
      const underlying = this.#lines.get(line.underlyingConId ?? NaN)?.quote.price;
      if (underlying !== undefined) line.quote.underlyingPrice = underlying;
      this.#dropStale(line, line.leg, now);
    }
    this.#tellKind();
  }

  /** The gateway refuses this one instrument. */
  refuse(conId: number, refusal: Refusal): void {
    const line = this.#lines.get(conId);
    if (line !== undefined) this.#setRefusal(line, refusal);
  }

  #line(conId: number): Line {
    const known = this.#lines.get(conId);
    if (known !== undefined) return known;
    const line = newLine();
    this.#lines.set(conId, line);
    return line;
  }

  #settleUnderlyings(): readonly number[] {
    const needed = new Set<number>();
    for (const { leg, underlyingConId } of [...this.#lines.values()]) {
      if (leg === undefined || !isOption(leg) || underlyingConId === undefined) continue;
      needed.add(underlyingConId);
      this.#line(underlyingConId);
    }
    const idle = [...this.#lines].filter(([conId, { leg }]) => leg === undefined && !needed.has(conId)).map(([conId]) => conId);
    for (const conId of idle) this.#lines.delete(conId);
    return idle;
  }

  #applyRecord(line: Line, record: SnapshotRecord): void {
    const at = this.#parts.clock.now();
    const isNewer = record._updated !== undefined && record._updated !== line.updated;
    line.updated = record._updated ?? line.updated;
    const priced = this.#applyPrice(line, record, at, isNewer);
    const gotData = line.leg !== undefined && isOption(line.leg) ? this.#applyGreeks(line, line.leg, record, at, isNewer) : priced;
    const underlying = readPlainNumber(record[FIELD.underlyingConId]);
    if (underlying !== undefined && Number.isInteger(underlying) && underlying > 0) line.underlyingConId = underlying;
    if (priced || gotData) this.lastTickAt = this.#parts.clock.monotonic();
    this.#applyAvailability(line, record, gotData);
  }

  #applyAvailability(line: Line, record: SnapshotRecord, gotData: boolean): void {
    const availability = readAvailability(record[FIELD.availability]);
    if (availability?.kind === 'data') line.marketData = availability.marketData;
    if (gotData) line.quote.refusal = undefined;
    else if (availability?.kind === 'not-subscribed') this.#setRefusal(line, NOT_SUBSCRIBED);
    // Incomplete is how every stream may begin; it is a complaint only until something comes.
    else if (availability?.kind === 'incomplete' && line.carriedAt.size === 0 && line.quote.price === undefined) this.#setRefusal(line, INCOMPLETE);
  }

  /** Price: last, else mark, else the middle of bid and ask, else the previous close; -1 and 0 are "not available". */
  #applyPrice({ prices, quote }: Line, record: SnapshotRecord, at: Ms, isNewer: boolean): boolean {
    const last = readNumber(record[FIELD.last]);
    const fields = { mark: readNumber(record[FIELD.mark]), bid: readNumber(record[FIELD.bid]), ask: readNumber(record[FIELD.ask]), [last?.isClose === true ? 'close' : 'last']: last };
    let carried = false;
    for (const [name, field] of Object.entries(fields)) {
      if (field === undefined || field.value === -1 || field.value === 0) continue;
      prices[name as keyof typeof prices] = field.value;
      carried = true;
    }
    if (!carried) return false;
    // "C" says that there is no last price now.
    if (last?.isClose === true) delete prices.last;
    const mid = prices.bid === undefined || prices.ask === undefined ? undefined : (prices.bid + prices.ask) / 2;
    const price = prices.last ?? prices.mark ?? mid ?? prices.close;
    if (price !== undefined) quote.price = this.#reading(quote.price, price, at, isNewer);
    return true;
  }

  /** @returns whether all four came. */
  #applyGreeks(line: Line, leg: Leg, record: SnapshotRecord, at: Ms, isNewer: boolean): boolean {
    const { quote, carriedAt } = line;
    const came = new Map(GREEKS.map((greek) => [greek, readPlainNumber(record[FIELD[greek]])] as const));
    const volatility = readPlainNumber(record[FIELD.impliedVolatility]);
    // Zeros without a volatility are a model that has not been computed yet.
    if (volatility === undefined && [...came.values()].every((value) => value === undefined || value === 0)) return false;
    if (volatility !== undefined && volatility > 0 && volatility / 100 <= VOLATILITY_BOUND) {
      quote.impliedVolatility = this.#reading(quote.impliedVolatility, volatility / 100, at, isNewer);
    }
    let complete = true;
    for (const [greek, value] of came) {
      const beyond = isBeyond(value, GREEK_BOUNDS[greek]);
      if (beyond) this.#parts.notice('warning', `${describeLeg(leg)}: a ${greek} of ${value} is beyond all bounds, ignored`, `greek-out-of-range:${leg.conId}`);
      if (value === undefined || beyond) {
        complete = false;
        continue;
      }
      quote[greek] = this.#reading(quote[greek], value, at, isNewer);
      carriedAt.set(greek, this.#parts.clock.monotonic());
    }
    return complete;
  }

  /** A value that stands unchanged in answer after answer keeps its age, unless the gateway says that it was computed anew. */
  #reading(before: Reading | undefined, value: number, at: Ms, isNewer: boolean): Reading {
    if (before !== undefined && before.value === value && !isNewer) return before;
    return { value, at };
  }

  #dropStale(line: Line, leg: Leg, now: Ms): void {
    const stale = GREEKS.filter((greek) => line.quote[greek] !== undefined && now - (line.carriedAt.get(greek) ?? -Infinity) >= STALE_MS);
    if (stale.length === 0) return;
    for (const greek of stale) {
      line.quote[greek] = undefined;
      line.carriedAt.delete(greek);
    }
    this.#parts.notice('warning', `${describeLeg(leg)}: the gateway has sent no ${stale.join(', ')} for ${STALE_MS / 1000} s`, `stale:${leg.conId}`);
  }

  #setRefusal(line: Line, refusal: Refusal): void {
    if (line.quote.refusal?.code === refusal.code) return;
    line.quote.refusal = refusal;
    if (line.leg !== undefined) this.#parts.notice('warning', `${describeLeg(line.leg)}: ${refusal.text}`, `refusal:${refusal.code}`);
  }

  /** The worst over the legs: sums with one delayed leg are delayed sums. */
  #tellKind(): void {
    const kinds = new Set([...this.#lines.values()].filter(({ leg }) => leg !== undefined).map(({ marketData }) => marketData));
    const kind = (['delayed-frozen', 'delayed', 'frozen', 'live'] as const).find((worse) => kinds.has(worse)) ?? 'unknown';
    // Right after a pause nothing is known, which is no news.
    if (kind === this.#kind || kind === 'unknown') return;
    this.#kind = kind;
    this.#parts.onKind(kind);
  }
}

function newLine(): Line {
  return { leg: undefined, underlyingConId: undefined, quote: emptyQuote(), prices: {}, carriedAt: new Map(), updated: undefined, marketData: 'unknown' };
}

function isOption(leg: Leg): boolean {
  return leg.kind === 'OPT' || leg.kind === 'FOP';
}
