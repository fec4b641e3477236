import type { Clock, Ms } from '../../clock.ts';
import type { Leg } from '../../greeks/leg.ts';
import { SNAPSHOT_SIZE, type Endpoints } from './endpoints.ts';
import { PortalError } from './portal-error.ts';
import type { Quotes } from './quotes.ts';

/** The search for the instruments for which requests are refused. */
interface Search {
  requestsLeft: number;
  readonly suspects: number[];
}

/** Requests that a round may spend on finding the one instrument for which a whole request is refused. */
const SEARCH_REQUESTS = 16;
/** An instrument that was refused alone is left out for so long: together with others it would cost them their round. */
const LEAVE_OUT_MS: Ms = 60_000;

/**
 * Asks for market data, round by round, by REST snapshots.
 *
 * Why not the websocket: a snapshot request serves 100 instruments, so that 60 legs cost one request a round and 300 legs
 * four, of 50 that the limit allows in five seconds; at a round every 2.5 s no row is older than the streams' half second
 * by more than 2 s. Against that a stream per leg has to be renewed every 10 minutes, ends unconfirmed, has no public
 * recordings to test against, and Node's own WebSocket cannot be given a certificate rule for one connection alone.
 */
export class QuoteRounds {
  readonly #endpoints: Endpoints;
  readonly #quotes: Quotes;
  readonly #clock: Clock;
  /** Refused instruments, and until when (monotonic) they are left out. */
  readonly #leftOut = new Map<number, Ms>();
  /** Symbols whose derivatives may be asked for in this login. */
  readonly #searched = new Set<string>();

  constructor(endpoints: Endpoints, quotes: Quotes, clock: Clock) {
    this.#clock = clock;
    this.#endpoints = endpoints;
    this.#quotes = quotes;
  }

  /** A new login: the gateway has forgotten what was asked for. */
  reset(): void {
    this.#searched.clear();
  }

  /** The requests without which derivatives get no data: one for each symbol and login. */
  async prepare(legs: readonly Leg[], signal: AbortSignal): Promise<void> {
    const derivatives = legs.filter(({ kind }) => kind === 'OPT' || kind === 'FOP' || kind === 'FUT');
    for (const symbol of new Set(derivatives.map((leg) => leg.symbol))) {
      if (symbol === '' || this.#searched.has(symbol)) continue;
      this.#searched.add(symbol);
      try {
        await this.#endpoints.searchDefinition(symbol, signal);
      } catch (error) {
        // Not found says nothing about the data; a login that ended says so in the snapshot too.
        if (!(error instanceof PortalError) || !['refused', 'malformed', 'timeout'].includes(error.kind)) throw error;
      }
    }
  }

  /**
   * Asks for everything once; throws the first failure after every request has ended.
   *
   * @param mayLeaveOut one instrument may be why the round before was refused: it is searched for, refused and left out.
   */
  async run(mayLeaveOut: boolean, signal: AbortSignal): Promise<void> {
    const now = this.#clock.monotonic();
    const conIds = this.#quotes.conIds().filter((conId) => (this.#leftOut.get(conId) ?? -Infinity) <= now);
    const chunks = Array.from({ length: Math.ceil(conIds.length / SNAPSHOT_SIZE) }, (_, index) => conIds.slice(index * SNAPSHOT_SIZE, (index + 1) * SNAPSHOT_SIZE));
    const search: Search = { requestsLeft: mayLeaveOut ? SEARCH_REQUESTS : 0, suspects: [] };
    const outcomes = await Promise.allSettled(chunks.map((chunk) => this.#ask(chunk, search, signal)));
    const failure = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failure === undefined) await this.#leaveOut(search.suspects, signal);
    this.#quotes.endRound();
    if (failure !== undefined) throw failure.reason;
  }

  async #ask(conIds: readonly number[], search: Search, signal: AbortSignal): Promise<void> {
    try {
      const idle = this.#quotes.apply(await this.#endpoints.snapshot(conIds, signal));
      for (const conId of idle) await this.unsubscribe(conId, signal);
    } catch (error) {
      if (!isRefusal(error) || search.requestsLeft <= 0) throw error;
      const [only] = conIds;
      if (only !== undefined && conIds.length === 1) return void search.suspects.push(only);
      search.requestsLeft -= 2;
      const half = Math.ceil(conIds.length / 2);
      await this.#ask(conIds.slice(0, half), search, signal);
      await this.#ask(conIds.slice(half), search, signal);
    }
  }

  /** Asks the suspects once more: a gateway that refused everything for a moment must not cost an instrument its Greeks. */
  async #leaveOut(suspects: readonly number[], signal: AbortSignal): Promise<void> {
    for (const conId of suspects) {
      try {
        this.#quotes.apply(await this.#endpoints.snapshot([conId], signal));
      } catch (error) {
        if (!isRefusal(error)) throw error;
        this.#leftOut.set(conId, this.#clock.monotonic() + LEAVE_OUT_MS);
        this.#quotes.refuse(conId, { code: 'refused', text: error.why.text });
      }
    }
  }

  /** Ends one instrument's stream; a stream that is not open is answered 500, which is as good. */
  async unsubscribe(conId: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#endpoints.unsubscribe(conId, signal);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }
}

function isRefusal(error: unknown): error is PortalError {
  return error instanceof PortalError && error.kind === 'refused';
}
