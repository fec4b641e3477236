import type { Clock } from '../../main/engine/clock.ts';
import type { Finding, Gateway, Session, SessionEvent } from '../../main/engine/gateway/gateway.ts';
import { emptyQuote, type Leg, type LegQuote } from '../../main/engine/greeks/leg.ts';
import type { ApiMode, Cause } from '../../main/engine/state.ts';

/** A gateway that does what a test says, for tests of the supervisor and the engine; the wire tests use the real ones. */
export class ScriptedGateway implements Gateway {
  readonly mode: ApiMode;
  readonly endpoint: string;
  /** Every session that was ever opened, oldest first. */
  readonly sessions: ScriptedSession[] = [];
  /** What a new session does by itself; by default it says nothing. */
  onOpen: (session: ScriptedSession) => void = () => undefined;
  readonly #clock: Clock;

  constructor(clock: Clock, endpoint = '127.0.0.1:4001 as client 10', mode: ApiMode = 'SOCKET') {
    this.#clock = clock;
    this.endpoint = endpoint;
    this.mode = mode;
  }

  open(listener: (event: SessionEvent) => void): Session {
    const session = new ScriptedSession(this.#clock, listener);
    this.sessions.push(session);
    queueMicrotask(() => this.onOpen(session));
    return session;
  }

  check(): Promise<readonly Finding[]> {
    return Promise.resolve([]);
  }

  get current(): ScriptedSession {
    const session = this.sessions.at(-1);
    if (session === undefined) throw new Error('no session was opened yet');
    return session;
  }

  get openSessions(): number {
    return this.sessions.filter(({ closed }) => !closed).length;
  }
}

export class ScriptedSession implements Session {
  closed = false;
  probes = 0;
  resubscriptions = 0;
  /** When false, probes are not answered and nothing is heard any more. */
  answers = true;
  book: Leg[] = [];
  readonly quotes = new Map<number, LegQuote>();
  readonly #clock: Clock;
  readonly #listener: (event: SessionEvent) => void;
  #heardAt: number;
  #tickAt: number | undefined;

  constructor(clock: Clock, listener: (event: SessionEvent) => void) {
    this.#clock = clock;
    this.#listener = listener;
    this.#heardAt = clock.monotonic();
  }

  /** Says something, as long as the session is open. */
  say(event: SessionEvent): void {
    if (this.closed) throw new Error('the engine closed this session: a gateway may not say anything any more');
    if (event.type === 'closed') this.closed = true;
    this.#heardAt = this.#clock.monotonic();
    this.#listener(event);
  }

  /** Says something although it was closed, as a late packet does. */
  sayLate(event: SessionEvent): void {
    this.#listener(event);
  }

  ready(account = 'U1'): void {
    this.say({ type: 'ready', account, accounts: [account] });
  }

  lose(cause: Cause = { code: 'gateway-closed', text: 'the gateway closed the connection' }, retryAfterMs?: number): void {
    this.say({ type: 'closed', cause, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
  }

  /** A model computation for a leg, now. */
  price(conId: number, greeks: { delta: number; gamma: number; vega: number; theta: number; underlyingPrice?: number }): void {
    const at = this.#clock.now();
    const reading = (value: number): { value: number; at: number } => ({ value, at });
    const quote = this.quotes.get(conId) ?? emptyQuote();
    quote.delta = reading(greeks.delta);
    quote.gamma = reading(greeks.gamma);
    quote.vega = reading(greeks.vega);
    quote.theta = reading(greeks.theta);
    if (greeks.underlyingPrice !== undefined) quote.underlyingPrice = reading(greeks.underlyingPrice);
    this.quotes.set(conId, quote);
    this.#heardAt = this.#clock.monotonic();
    this.#tickAt = this.#clock.monotonic();
  }

  legs(): readonly Leg[] {
    return this.book;
  }

  quote(conId: number): LegQuote | undefined {
    return this.quotes.get(conId);
  }

  lastHeardAt(): number {
    return this.#heardAt;
  }

  lastTickAt(): number | undefined {
    return this.#tickAt;
  }

  probe(): void {
    this.probes += 1;
    if (this.answers) queueMicrotask(() => (this.#heardAt = this.#clock.monotonic() + 1));
  }

  resubscribe(): void {
    this.resubscriptions += 1;
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}
