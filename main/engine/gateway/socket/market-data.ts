import type { Contract } from '@stoqey/ib/dist/api/contract/contract.js';
import type { Clock, Ms, Timer } from '../../clock.ts';
import { describeLeg } from '../../greeks/describe-leg.ts';
import { emptyQuote } from '../../greeks/leg.ts';
import type { Leg, LegQuote, Refusal } from '../../greeks/leg.ts';
import type { MarketData as DataKind, Severity } from '../../state.ts';
import { describeCode, meaningOf } from './codes.ts';
import { requestContract, smartExchange } from './contracts.ts';
import type { ContractFacts } from './contracts.ts';
import type { Qualification, Qualified } from './qualification.ts';
import type { Queued, SendQueue } from './send-queue.ts';
import { applyModel, applyPrice, DELAYED_MODEL_TICK, MODEL_TICK, noPrices } from './ticks.ts';
import type { Prices } from './ticks.ts';

/** A leg whose contract details nobody answered is asked about again after this time. */
const QUALIFY_AGAIN_MS: Ms = 60_000;
const LINE_LIMIT = 101;
const UNKNOWN_CONTRACT = 200;

interface MarketDataParts {
  readonly clock: Clock;
  readonly queue: SendQueue;
  readonly qualification: Qualification;
  /** When the bytes arrived that are being decoded now. */
  readonly heard: { readonly heardAt: Ms; readonly heardAtWall: Ms };
  readonly nextRequestId: () => number;
  readonly ask: (requestId: number, contract: Contract) => void;
  readonly cancel: (requestId: number) => void;
  readonly notice: (severity: Severity, message: string, foldKey: string) => void;
  readonly onKind: (kind: DataKind) => void;
  readonly onQualified: (conId: number, facts: ContractFacts) => void;
}

/** One leg's streaming subscription over all its requests. */
interface Subscription {
  leg: Leg;
  contract: Contract;
  readonly quote: LegQuote;
  prices: Prices;
  /** The request that counts; ticks of earlier ones find no subscription. */
  requestId: number | undefined;
  queued: Queued | undefined;
  retry: Timer | undefined;
  /** Data came on the present request. */
  hasData: boolean;
  /** A live model computation came on the present request: delayed ones no longer count. */
  hasLiveModel: boolean;
  /** marketDataType 1 to 4 of the leg; 0 before the gateway said. */
  dataType: number;
  waitsForLine: boolean;
  /** Contract details were asked for in this session. */
  qualified: boolean;
}

/** One streaming subscription for each leg: requests, refusals and their retries, ticks into quotes. */
export class MarketData {
  readonly #parts: MarketDataParts;
  readonly #byLeg = new Map<number, Subscription>();
  readonly #byRequest = new Map<number, Subscription>();
  /** Legs by marketDataType, index 0 to 4. */
  readonly #dataTypes: [number, number, number, number, number] = [0, 0, 0, 0, 0];
  #kind: DataKind = 'unknown';
  /** Monotonic instant of the newest tick of any leg. */
  lastTickAt: Ms | undefined;

  constructor(parts: MarketDataParts) {
    this.#parts = parts;
  }

  quote(conId: number): LegQuote | undefined {
    return this.#byLeg.get(conId)?.quote;
  }

  /**
   * Subscribes to legs. Options come first (their Greeks decide when the first row can be written), and of those the ones
   * whose contract details must be fetched first of all.
   */
  add(entries: readonly { readonly leg: Leg; readonly contract: Contract }[]): void {
    const added: Subscription[] = [];
    for (const { leg, contract } of entries) {
      if (this.#byLeg.has(leg.conId)) continue;
      const subscription = newSubscription(leg, contract);
      this.#byLeg.set(leg.conId, subscription);
      this.#dataTypes[0] += 1;
      added.push(subscription);
    }
    this.#beginAll(added);
  }

  /** The leg's position or contract changed. */
  update(leg: Leg, contract: Contract, contractChanged: boolean): void {
    const subscription = this.#byLeg.get(leg.conId);
    if (subscription === undefined) return;
    subscription.leg = leg;
    subscription.contract = contract;
    if (contractChanged) this.#beginAgain([subscription]);
  }

  /** The leg is gone; a leg that waits for a free line gets this one's. */
  remove(conId: number): void {
    const subscription = this.#byLeg.get(conId);
    if (subscription === undefined) return;
    const heldLine = subscription.requestId !== undefined;
    this.#stop(subscription, true);
    this.#setDataType(subscription, undefined);
    this.#byLeg.delete(conId);
    if (!heldLine) return;
    const waiting = [...this.#byLeg.values()].find((other) => other.waitsForLine);
    if (waiting !== undefined) this.#begin(waiting);
  }

  /** Asks for everything anew, under new request ids; what the old requests told is forgotten. */
  resubscribe(): void {
    this.#beginAgain([...this.#byLeg.values()]);
  }

  /** Ends the running requests as far as `limit` messages go; the closing socket ends the rest. */
  cancelAll(limit: number): void {
    for (const requestId of [...this.#byRequest.keys()].slice(0, limit)) this.#parts.cancel(requestId);
  }

  /** Frees every timer. */
  close(): void {
    for (const subscription of this.#byLeg.values()) this.#quiet(subscription);
    this.#byRequest.clear();
  }

  /** A computation tick of any type. Hot path: no allocation but the readings. */
  onComputation(
    requestId: number,
    tickType: number,
    impliedVolatility: number | undefined,
    delta: number | undefined,
    gamma: number | undefined,
    vega: number | undefined,
    theta: number | undefined,
    underlyingPrice: number | undefined,
  ): void {
    const subscription = this.#byRequest.get(requestId);
    if (subscription === undefined) return;
    const { heard } = this.#parts;
    this.lastTickAt = heard.heardAt;
    if (tickType !== MODEL_TICK && (tickType !== DELAYED_MODEL_TICK || subscription.hasLiveModel)) return;

    const { quote } = subscription;
    const outcome = applyModel(quote, heard.heardAtWall, impliedVolatility, delta, gamma, vega, theta, underlyingPrice);
    if (outcome === 'out-of-range') return this.#reportRange(subscription, [delta, gamma, vega, theta]);
    if (outcome === 'empty') return;
    subscription.hasData = true;
    if (tickType === MODEL_TICK && subscription.dataType < 3) subscription.hasLiveModel = true;
    if (quote.refusal !== undefined) quote.refusal = undefined;
  }

  /** A price tick of any type. Hot path. */
  onPrice(requestId: number, tickType: number, value: number | undefined): void {
    const subscription = this.#byRequest.get(requestId);
    if (subscription === undefined) return;
    const { heard } = this.#parts;
    this.lastTickAt = heard.heardAt;
    const { quote, leg } = subscription;
    if (!applyPrice(quote, subscription.prices, tickType, value, heard.heardAtWall)) return;
    // An option whose prices flow may still lack its Greeks (10091): only a model computation answers its complaint.
    if (leg.kind === 'OPT' || leg.kind === 'FOP') return;
    subscription.hasData = true;
    if (quote.refusal !== undefined) quote.refusal = undefined;
  }

  onDataType(requestId: number, dataType: number): void {
    const subscription = this.#byRequest.get(requestId);
    if (subscription === undefined || ![1, 2, 3, 4].includes(dataType)) return;
    if (dataType >= 3) subscription.hasLiveModel = false;
    this.#setDataType(subscription, dataType);
  }

  /** A code for one of our requests; false for a request that is not ours (any more). */
  onCode(requestId: number, code: number, text: string): boolean {
    const subscription = this.#byRequest.get(requestId);
    if (subscription === undefined) return false;
    const meaning = meaningOf(code);
    if (meaning.kind === 'harmless') return true;
    const refusal = { code: String(code), text: describeCode(code, text) };
    if (meaning.kind === 'refusal') {
      if (code === UNKNOWN_CONTRACT && !subscription.qualified) this.#qualifyAfterAll(subscription, refusal);
      else this.#refuse(subscription, refusal, meaning.retryAfterMs, meaning.holdsLine);
      return true;
    }
    // Advisory, or a code that nobody knows: the request lives, and the words stand until data comes.
    if (!subscription.hasData) subscription.quote.refusal = refusal;
    this.#notice(meaning.kind === 'advisory' ? 'info' : 'warning', subscription, refusal);
    return true;
  }

  #beginAgain(subscriptions: readonly Subscription[]): void {
    for (const subscription of subscriptions) {
      this.#stop(subscription, true);
      // Values from before the gap must not pass for new ones: the warm-up counts a leg as priced as soon as it has Greeks.
      Object.assign(subscription.quote, emptyQuote());
      subscription.prices = noPrices();
      subscription.qualified = false;
    }
    this.#beginAll(subscriptions);
  }

  #beginAll(subscriptions: readonly Subscription[]): void {
    const inOrder = [...subscriptions].sort((one, other) => this.#urgency(one) - this.#urgency(other));
    for (const subscription of inOrder) this.#begin(subscription);
  }

  #urgency({ leg }: Subscription): number {
    const isOption = leg.kind === 'OPT' || leg.kind === 'FOP';
    return (isOption ? 0 : 2) + (this.#needsFacts(leg) ? 0 : 1);
  }

  #needsFacts(leg: Leg): boolean {
    if (this.#parts.qualification.known(leg.conId) !== undefined) return false;
    return smartExchange(leg.kind) === undefined || leg.multiplier === undefined;
  }

  #begin(subscription: Subscription): void {
    const { leg } = subscription;
    this.#quiet(subscription);
    if (this.#needsFacts(leg)) this.#qualify(subscription);
    const exchange = this.#parts.qualification.known(leg.conId)?.exchange ?? smartExchange(leg.kind);
    if (exchange !== undefined) this.#request(subscription, exchange, false);
  }

  #qualify(subscription: Subscription): void {
    subscription.qualified = true;
    this.#parts.qualification.ask(subscription.leg, (outcome) => this.#onQualified(subscription, outcome));
  }

  #onQualified(subscription: Subscription, outcome: Qualified): void {
    const { leg } = subscription;
    if (outcome.kind === 'known') {
      this.#parts.onQualified(leg.conId, outcome.facts);
      // Options overtake what waits: their Greeks decide when the first row can be written.
      if (subscription.requestId === undefined) this.#request(subscription, outcome.facts.exchange, leg.kind === 'FOP' || leg.kind === 'OPT');
      return;
    }
    // The request of an option that only lacks its multiplier runs; it stays unpriced for want of the multiplier.
    if (subscription.requestId !== undefined) return this.#notice('warning', subscription, outcome.refusal);
    const meaning = meaningOf(Number(outcome.refusal.code));
    this.#refuse(subscription, outcome.refusal, meaning.kind === 'refusal' ? meaning.retryAfterMs : QUALIFY_AGAIN_MS, false);
  }

  /** A contract that SMART, or what was remembered, does not find: its contract details may know better; once per session. */
  #qualifyAfterAll(subscription: Subscription, refusal: Refusal): void {
    this.#stop(subscription, false);
    subscription.quote.refusal = refusal;
    this.#parts.qualification.forget(subscription.leg.conId);
    this.#qualify(subscription);
  }

  #request(subscription: Subscription, exchange: string, urgent: boolean): void {
    const { queue, nextRequestId, ask } = this.#parts;
    const requestId = nextRequestId();
    subscription.requestId = requestId;
    subscription.hasData = false;
    subscription.hasLiveModel = false;
    this.#byRequest.set(requestId, subscription);
    const send = (): void => ask(requestId, requestContract(subscription.contract, exchange));
    subscription.queued = urgent ? queue.sendUrgently(send) : queue.send(send);
  }

  #refuse(subscription: Subscription, refusal: Refusal, retryAfterMs: Ms | undefined, holdsLine: boolean): void {
    this.#stop(subscription, holdsLine);
    subscription.quote.refusal = refusal;
    subscription.waitsForLine = refusal.code === String(LINE_LIMIT);
    this.#setDataType(subscription, 0);
    if (retryAfterMs !== undefined) {
      subscription.retry = this.#parts.clock.setTimer(retryAfterMs, () => this.#begin(subscription));
    }
    this.#notice('warning', subscription, refusal);
  }

  /** Ends the present request. `tell`: the gateway still serves it; its answer 300, where it does not, is harmless. */
  #stop(subscription: Subscription, tell: boolean): void {
    const { requestId, queued } = subscription;
    this.#quiet(subscription);
    this.#parts.qualification.cancel(subscription.leg.conId);
    if (requestId === undefined) return;
    this.#byRequest.delete(requestId);
    subscription.requestId = undefined;
    const wasSent = queued?.withdraw() === false;
    if (wasSent && tell) this.#parts.queue.send(() => this.#parts.cancel(requestId));
  }

  #quiet(subscription: Subscription): void {
    subscription.retry?.cancel();
    subscription.retry = undefined;
    subscription.waitsForLine = false;
  }

  #setDataType(subscription: Subscription, dataType: number | undefined): void {
    const counts: number[] = this.#dataTypes;
    counts[subscription.dataType] = (counts[subscription.dataType] ?? 0) - 1;
    if (dataType !== undefined) {
      subscription.dataType = dataType;
      counts[dataType] = (counts[dataType] ?? 0) + 1;
    }
    const kind = this.#worstKind();
    if (kind === this.#kind) return;
    this.#kind = kind;
    this.#parts.onKind(kind);
  }

  /** The worst over the legs: sums with one delayed leg are delayed sums. */
  #worstKind(): DataKind {
    const [, live, frozen, delayed, delayedFrozen] = this.#dataTypes;
    if (delayedFrozen > 0) return 'delayed-frozen';
    if (delayed > 0) return 'delayed';
    if (frozen > 0) return 'frozen';
    return live > 0 ? 'live' : 'unknown';
  }

  #reportRange(subscription: Subscription, values: readonly (number | undefined)[]): void {
    const message = `${describeLeg(subscription.leg)}: the model sent Greeks beyond all bounds, ignored (delta, gamma, vega, theta: ${values.join(', ')})`;
    this.#parts.notice('warning', message, `greek-out-of-range:${subscription.leg.conId}`);
  }

  #notice(severity: Severity, subscription: Subscription, refusal: Refusal): void {
    this.#parts.notice(severity, `${describeLeg(subscription.leg)}: ${refusal.text}`, `refusal:${refusal.code}`);
  }
}

function newSubscription(leg: Leg, contract: Contract): Subscription {
  return {
    leg,
    contract,
    quote: emptyQuote(),
    prices: noPrices(),
    requestId: undefined,
    queued: undefined,
    retry: undefined,
    hasData: false,
    hasLiveModel: false,
    dataType: 0,
    waitsForLine: false,
    qualified: false,
  };
}
