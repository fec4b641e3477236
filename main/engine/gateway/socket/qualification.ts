import type { ContractDetails } from '@stoqey/ib/dist/api/contract/contractDetails.js';
import type { Clock, Ms, Timer } from '../../clock.ts';
import type { Leg, Refusal } from '../../greeks/leg.ts';
import { readMultiplier } from '../leg-record.ts';
import { describeCode } from './codes.ts';
import { exchangeOf } from './contracts.ts';
import type { ContractFacts, ContractMemory } from './contracts.ts';
import type { Queued, SendQueue } from './send-queue.ts';

/** No contract details by then: the request is given up. */
const ANSWER_DEADLINE_MS: Ms = 15_000;

/** How a qualification ended. */
export type Qualified =
  | { readonly kind: 'known'; readonly facts: ContractFacts }
  | { readonly kind: 'failed'; readonly refusal: Refusal };

interface QualificationParts {
  readonly clock: Clock;
  readonly queue: SendQueue;
  readonly memory: ContractMemory;
  readonly nextRequestId: () => number;
  readonly ask: (requestId: number, conId: number) => void;
}

interface Inquiry {
  readonly leg: Leg;
  readonly done: (outcome: Qualified) => void;
  readonly deadline: Timer;
  queued: Queued | undefined;
  /** A row that names the contract on a routing algorithm only; better than none. */
  fallback: ContractFacts | undefined;
}

/** Asks for contract details by conId, once for each contract and gateway object, and remembers what they tell. */
export class Qualification {
  readonly #parts: QualificationParts;
  readonly #inquiries = new Map<number, Inquiry>();

  constructor(parts: QualificationParts) {
    this.#parts = parts;
  }

  /** What is known of a contract already. */
  known(conId: number): ContractFacts | undefined {
    return this.#parts.memory.get(conId);
  }

  /** Forgets a contract whose remembered facts turned out to be wrong. */
  forget(conId: number): void {
    this.#parts.memory.delete(conId);
  }

  /** Asks; `done` is called exactly once, later, unless {@link cancel} or {@link close} comes first. */
  ask(leg: Leg, done: (outcome: Qualified) => void): void {
    const { clock, queue, nextRequestId, ask } = this.#parts;
    const requestId = nextRequestId();
    const deadline = clock.setTimer(ANSWER_DEADLINE_MS, () =>
      this.#finish(requestId, failed('no-contract-details', 'the gateway did not answer the request for its contract details')));
    // The inquiry stands before the message leaves: an answer always finds it.
    const inquiry: Inquiry = { leg, done, deadline, queued: undefined, fallback: undefined };
    this.#inquiries.set(requestId, inquiry);
    inquiry.queued = queue.send(() => ask(requestId, leg.conId));
  }

  /** Drops what was asked for a leg that is gone. */
  cancel(conId: number): void {
    for (const [requestId, inquiry] of this.#inquiries) {
      if (inquiry.leg.conId === conId) this.#drop(requestId, inquiry);
    }
  }

  onDetails(requestId: number, details: ContractDetails): void {
    const inquiry = this.#inquiries.get(requestId);
    if (inquiry === undefined || details.contract.conId !== inquiry.leg.conId) return;
    const { kind } = inquiry.leg;
    const multiplier = readMultiplier(kind, details.contract.multiplier);
    const exchange = exchangeOf(kind, details);
    if (exchange !== undefined) return this.#finish(requestId, { kind: 'known', facts: { exchange, multiplier } });
    const own = details.contract.exchange;
    if (own) inquiry.fallback ??= { exchange: own, multiplier };
  }

  onEnd(requestId: number): void {
    const fallback = this.#inquiries.get(requestId)?.fallback;
    this.#finish(requestId, fallback === undefined
      ? failed('no-contract-details', 'the contract details name no exchange')
      : { kind: 'known', facts: fallback });
  }

  /** An error code for one of our requests; false for a request that is not ours. */
  onCode(requestId: number, code: number, text: string): boolean {
    if (!this.#inquiries.has(requestId)) return false;
    this.#finish(requestId, failed(String(code), describeCode(code, text)));
    return true;
  }

  close(): void {
    for (const [requestId, inquiry] of this.#inquiries) this.#drop(requestId, inquiry);
  }

  #finish(requestId: number, outcome: Qualified): void {
    const inquiry = this.#inquiries.get(requestId);
    if (inquiry === undefined) return;
    this.#drop(requestId, inquiry);
    if (outcome.kind === 'known') this.#parts.memory.set(inquiry.leg.conId, outcome.facts);
    inquiry.done(outcome);
  }

  #drop(requestId: number, inquiry: Inquiry): void {
    inquiry.deadline.cancel();
    inquiry.queued?.withdraw();
    this.#inquiries.delete(requestId);
  }
}

function failed(code: string, text: string): Qualified {
  return { kind: 'failed', refusal: { code, text } };
}
