import type { Instrument } from '../instruments.ts';
import type { Computation } from '../market.ts';
import type { MarketData } from '../../../main/engine/state.ts';
import { computationFields, marketDataType, snapshotEnd, tickOptionComputation, tickPrice, tickRequestParameters } from './answers.ts';
import type { ComputationFields } from './answers.ts';
import { advisoryCodes, errorText, genericTickComplaint } from './error-texts.ts';
import type { GreeksFault } from './faults.ts';
import { findInstruments } from './lookup.ts';
import type { Request } from './requests.ts';
import type { SessionHost } from './session.ts';

type MarketDataRequest = Extract<Request, { type: 'market-data' }>;

/** One market-data line of a client. */
export interface Subscription {
  readonly reqId: number;
  readonly instrument: Instrument;
  /** What reqMarketDataType had asked for when it began. */
  readonly requestedType: number;
  /** Whether an advisory code put it on delayed data. */
  advised: boolean;
  /** Still counted as a line, never sends again. */
  dead: boolean;
  /** Ticks that were sent since it began. */
  age: number;
}

/** Where a client's ticks and complaints go. */
export interface FeedOutput {
  readonly serverVersion: number;
  send(frame: Buffer): void;
  complain(reqId: number, code: number, text: string): void;
}

const TYPE_NUMBER: Readonly<Record<Exclude<MarketData, 'unknown'>, number>> = { live: 1, frozen: 2, delayed: 3, 'delayed-frozen': 4 };

/** The market data of one client: accepts or refuses requests as a Gateway does, and sends what the book's market says. */
export class MarketDataFeed {
  readonly #host: SessionHost;
  readonly #output: FeedOutput;
  readonly #subscriptions = new Map<number, Subscription>();
  /** What reqMarketDataType last asked for; it counts for later requests only. */
  requestedType = 1;

  constructor(host: SessionHost, output: FeedOutput) {
    this.#host = host;
    this.#output = output;
  }

  subscriptions(): readonly Subscription[] {
    return [...this.#subscriptions.values()];
  }

  /** Answers reqMktData. */
  request(request: MarketDataRequest): void {
    const { reqId, contract, snapshot } = request;
    if (this.#subscriptions.has(reqId)) return this.#refuse(reqId, 322, 'Duplicate ticker ID for API request');
    const found = findInstruments(this.#host.book.market, contract);
    const instrument = found[0];
    if (instrument === undefined) return this.#refuse(reqId, 200);
    if (found.length > 1) return this.#refuse(reqId, 200, 'ambiguous');
    const complaint = genericTickComplaint(request.genericTickList, instrument.secType);
    if (complaint !== undefined) return this.#refuse(reqId, 321, complaint);
    // A contract without an exchange gets neither data nor an error: the trap of position records (ibkr-facts.md 2.5).
    if (contract.exchange === '') return;
    if (!instrument.exchanges.includes(contract.exchange)) return this.#refuse(reqId, 200);
    if (this.#host.linesInUse() >= this.#host.limits.marketDataLines) return this.#refuse(reqId, 101);
    const refusal = this.#host.faults.refusals.get(instrument.conId);
    if (refusal !== undefined) {
      this.#refuse(reqId, refusal, instrument.symbol);
      if (!advisoryCodes.has(refusal) || this.requestedType < 3) return;
    }
    const subscription: Subscription = { reqId, instrument, requestedType: this.requestedType, advised: refusal !== undefined, dead: false, age: 0 };
    if (this.#kindFor(subscription) === undefined) return this.#refuse(reqId, 354, instrument.symbol);
    if (!snapshot) this.#subscriptions.set(reqId, subscription);
    this.#begin(subscription);
    if (snapshot) this.#output.send(snapshotEnd(reqId));
  }

  /** Answers cancelMktData. */
  cancel(reqId: number): void {
    if (!this.#subscriptions.delete(reqId)) this.#refuse(reqId, 300, String(reqId));
  }

  /** Sends the present values of every live line, if the data flows. */
  tick(): void {
    if (!this.#host.dataFlows()) return;
    for (const subscription of this.#subscriptions.values()) {
      const kind = this.#kindFor(subscription);
      if (kind === 'live' || kind === 'delayed') this.#sendValues(subscription, kind);
    }
  }

  /** Begins the lines that were asked for while no data flowed. */
  resume(): void {
    for (const subscription of this.#subscriptions.values()) if (subscription.age === 0) this.#begin(subscription);
  }

  /** Forgets every line, as after 1101. */
  dropAll(): void {
    this.#subscriptions.clear();
  }

  /** Lets every line fall silent while the client believes in it. */
  killAll(): void {
    for (const subscription of this.#subscriptions.values()) subscription.dead = true;
  }

  /** Ends or degrades the live lines of one instrument with an error, as when a competing session starts. */
  refuseLive(conId: number, code: number): void {
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.instrument.conId !== conId) continue;
      this.#refuse(subscription.reqId, code, subscription.instrument.symbol);
      if (advisoryCodes.has(code) && subscription.requestedType >= 3) {
        subscription.advised = true;
        this.#begin(subscription);
      } else {
        subscription.dead = true;
      }
    }
  }

  /** Tells every line that the kind of market data changed. */
  announceKind(): void {
    for (const subscription of this.#subscriptions.values()) this.#begin(subscription);
  }

  #begin(subscription: Subscription): void {
    const kind = this.#kindFor(subscription);
    if (kind === undefined || subscription.dead || !this.#host.dataFlows()) return;
    this.#output.send(marketDataType(subscription.reqId, TYPE_NUMBER[kind]));
    this.#output.send(tickRequestParameters(subscription.reqId, subscription.instrument.minTick));
    const { close } = this.#host.book.market.quote(subscription.instrument.conId);
    this.#output.send(tickPrice(subscription.reqId, isDelayed(kind) ? 75 : 9, close));
    this.#sendValues(subscription, kind);
  }

  /** The kind of data that a line gets, undefined when it is entitled to none. */
  #kindFor(subscription: Subscription): Exclude<MarketData, 'unknown'> | undefined {
    const available = this.#host.marketData;
    if (available === 'delayed' || available === 'delayed-frozen') return subscription.requestedType >= 3 ? available : undefined;
    return subscription.advised ? 'delayed' : available;
  }

  #sendValues(subscription: Subscription, kind: MarketData): void {
    if (subscription.dead) return;
    const { reqId, instrument } = subscription;
    const delayed = isDelayed(kind);
    const { bid, ask, last } = this.#host.book.market.quote(instrument.conId);
    this.#output.send(tickPrice(reqId, delayed ? 66 : 1, bid));
    this.#output.send(tickPrice(reqId, delayed ? 67 : 2, ask));
    this.#output.send(tickPrice(reqId, delayed ? 68 : 4, last));
    this.#host.countTicks(3);
    this.#sendComputations(subscription, delayed);
    subscription.age += 1;
  }

  #sendComputations({ reqId, instrument, age }: Subscription, delayed: boolean): void {
    const { market } = this.#host.book;
    const model = market.computation(instrument.conId, 'model');
    const bid = market.computation(instrument.conId, 'bid');
    const ask = market.computation(instrument.conId, 'ask');
    const fault = age < this.#host.faults.warmUpTicks ? 'sentinels' : this.#host.faults.greeks.get(instrument.conId);
    if (model === undefined || bid === undefined || ask === undefined || fault === 'none') return;
    const send = (tickType: number, computation: Computation): void => {
      this.#output.send(tickOptionComputation(this.#output.serverVersion, reqId, tickType, spoil(computation, fault)));
    };
    send(delayed ? 80 : 10, bid);
    send(delayed ? 81 : 11, ask);
    send(delayed ? 83 : 13, model);
    this.#host.countTicks(3);
    this.#host.recordModel(instrument.conId, model, fault);
  }

  #refuse(reqId: number, code: number, about = ''): void {
    this.#output.complain(reqId, code, errorText(code, about));
  }
}

function isDelayed(kind: MarketData): boolean {
  return kind === 'delayed' || kind === 'delayed-frozen';
}

/** Puts what a fault sends in the place of a computation's values. */
export function spoil(computation: Computation, fault: GreeksFault | undefined): ComputationFields {
  const fields = computationFields(computation);
  switch (fault) {
    case undefined:
    case 'none':
      return fields;
    case 'theta-sentinel':
      return { ...fields, theta: -2 };
    case 'sentinels':
      return { impliedVolatility: -1, delta: -2, price: -1, dividend: -1, gamma: -2, vega: -2, theta: -2, underlyingPrice: -1 };
    case 'empty':
      return everywhere('');
    case 'nan':
      return everywhere('NaN');
    case 'infinity':
      return everywhere('Infinity');
    case 'max-value':
      return everywhere('1.7976931348623157E308');
    case 'all-zero':
      return everywhere('0.0');
  }
}

function everywhere(text: string): ComputationFields {
  return { impliedVolatility: text, delta: text, price: text, dividend: text, gamma: text, vega: text, theta: text, underlyingPrice: text };
}
