import type { Clock, Ms } from '../../../main/engine/clock.ts';
import type { MarketData } from '../../../main/engine/state.ts';
import type { Book, SentGreeks } from '../book.ts';
import type { Computation } from '../market.ts';
import type { Faults } from './faults.ts';

/** Decimals of the values, as IBKR rounds them; 'full': so many that a number survives its way through text. */
export type Precision = number | 'full';

export interface StreamsOptions {
  readonly book: Book;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly precision: Precision;
  readonly marketDataLines: number;
  /** Streams end by themselves after this time; the next request opens them anew. */
  readonly streamLifeMs: Ms;
  /** Requests for a conid that bring prices but no Greeks yet, after the one that opens the stream. */
  readonly requestsBeforeGreeks: number;
}

interface Stream {
  readonly openedAt: Ms;
  /** What the request that opened it asked for; later requests cannot add to it. */
  readonly fields: ReadonlySet<string>;
  requests: number;
}

/** First letter of field 6509. */
const AVAILABILITY: Readonly<Record<Exclude<MarketData, 'unknown'>, string>> = { live: 'RpB', frozen: 'ZpB', delayed: 'DpB', 'delayed-frozen': 'YpB' };

/** The market data streams that snapshots open, and what they answer (ibkr-facts.md 1.2). */
export class Streams {
  marketData: Exclude<MarketData, 'unknown'> = 'live';
  /** Instruments without a subscription. */
  readonly notSubscribed = new Set<number>();
  /** Greeks by conid as they last left, in full. */
  readonly sentGreeks = new Map<number, SentGreeks>();
  /** Symbols whose definitions were searched in this login. */
  readonly searched = new Set<string>();
  readonly #options: StreamsOptions;
  readonly #streams = new Map<number, Stream>();
  #updatedAt: Ms;
  /** Values as they stood when the market was last shown; frozen while the session has silently expired. */
  readonly #shown = new Map<number, Record<string, unknown>>();

  constructor(options: StreamsOptions) {
    this.#options = options;
    this.#updatedAt = options.clock.now();
  }

  conIds(): readonly number[] {
    return [...this.#streams.keys()];
  }

  /** The market has moved. */
  moved(): void {
    this.#updatedAt = this.#options.clock.now();
  }

  /** A login ended or began: nothing is remembered. */
  forgetAll(): void {
    this.#streams.clear();
    this.searched.clear();
  }

  close(conId: number): boolean {
    return this.#streams.delete(conId);
  }

  closeAll(): void {
    this.#streams.clear();
  }

  /** Answers one instrument of a snapshot request. */
  snapshot(conId: number, fields: readonly string[]): Record<string, unknown> {
    const { clock, faults, streamLifeMs } = this.#options;
    const bare = { conidEx: String(conId), conid: conId };
    let stream = this.#streams.get(conId);
    if (stream !== undefined && clock.monotonic() - stream.openedAt >= streamLifeMs) {
      this.#streams.delete(conId);
      stream = undefined;
    }
    if (stream === undefined) {
      if (this.#streams.size < this.#options.marketDataLines) this.#streams.set(conId, { openedAt: clock.monotonic(), fields: new Set(fields), requests: 0 });
      return bare;
    }
    stream.requests += 1;
    const values = this.#values(conId, stream.requests > this.#options.requestsBeforeGreeks);
    if (values === undefined) return bare;
    const missing = faults.missingFields.get(conId) ?? new Set<string>();
    const opened = stream.fields;
    const asked = Object.entries({ ...values, ...faults.changedFields.get(conId) }).filter(([field]) => fields.includes(field) && opened.has(field) && !missing.has(field));
    this.#remember(conId, new Set(asked.map(([field]) => field)));
    return { ...bare, _updated: this.#updatedAt, server_id: 'q0', ...Object.fromEntries(asked) };
  }

  /** All fields of an instrument; undefined where the gateway has no data for it. */
  #values(conId: number, withGreeks: boolean): Record<string, unknown> | undefined {
    const { book, faults } = this.#options;
    const instrument = book.market.instrument(conId);
    if (instrument === undefined) return undefined;
    // A derivative whose underlying was never searched for gets no data.
    const isDerivative = ['OPT', 'FOP', 'FUT'].includes(instrument.secType);
    if (isDerivative && !this.searched.has(instrument.symbol)) return undefined;
    if (this.notSubscribed.has(conId)) return { '6509': 'N' };
    const shown = this.#shown.get(conId);
    if (faults.silentlyExpired && shown !== undefined) return shown;
    const { bid, ask, last } = book.market.quote(conId);
    const model = book.market.computation(conId, 'model');
    const values = {
      '31': this.#text(last), '84': this.#text(bid), '86': this.#text(ask), '88': '1,300', '85': '200', '87': '12.5K', '7635': this.#text(last),
      '6509': AVAILABILITY[this.marketData], '6070': instrument.secType,
      ...(model === undefined || !withGreeks ? {} : this.#greeks(model)),
      ...(instrument.underlyingConId === undefined ? {} : { '6457': String(instrument.underlyingConId) }),
    };
    this.#shown.set(conId, values);
    return values;
  }

  #greeks({ delta, gamma, vega, theta, impliedVolatility }: Computation): Record<string, string> {
    return {
      '7308': this.#text(delta), '7309': this.#text(gamma), '7310': this.#text(theta), '7311': this.#text(vega),
      '7633': `${this.#text(impliedVolatility * 100)}%`,
    };
  }

  #text(value: number): string {
    const { precision } = this.#options;
    return precision === 'full' ? String(value) : value.toFixed(precision);
  }

  /** What a reader can know now: the values of the fields that left, and of the others those from before. */
  #remember(conId: number, sent: ReadonlySet<string>): void {
    const model = this.#options.book.market.computation(conId, 'model');
    if (model === undefined || this.#options.faults.silentlyExpired) return;
    const { delta, gamma, vega, theta } = model;
    this.sentGreeks.set(conId, {
      ...this.sentGreeks.get(conId),
      ...(sent.has('7308') ? { delta } : {}), ...(sent.has('7309') ? { gamma } : {}), ...(sent.has('7310') ? { theta } : {}), ...(sent.has('7311') ? { vega } : {}),
    });
  }
}
