import type { LookupFunction } from 'node:net';
import { sleep, type Clock, type Ms, type Timer } from '../../clock.ts';
import type { Leg, LegQuote } from '../../greeks/leg.ts';
import type { Cause, Severity } from '../../state.ts';
import { accountNeeded, chooseAccount } from '../account-choice.ts';
import type { Session, SessionEvent } from '../gateway.ts';
import type { PortalAddress } from './address.ts';
import { interrupted, openingTimeout } from './causes.ts';
import { PortalClient } from './client.ts';
import { Endpoints } from './endpoints.ts';
import { Login, WATCH_MS } from './login.ts';
import type { Pace } from './pace.ts';
import { Polling, withoutRefusedInstruments } from './polling.ts';
import { PortalError } from './portal-error.ts';
import { readPortfolio } from './portfolio.ts';
import { Holdings, type DefinitionMemory } from './positions.ts';
import { QuoteRounds } from './quote-rounds.ts';
import { Quotes } from './quotes.ts';
import type { TrustRule } from './trust.ts';

/** From dialling to account and positions; the supervisor gives up at 45 s. */
const OPENING_DEADLINE_MS: Ms = 35_000;
/** Between two readings of positions of which the first has to be confirmed. */
const CONFIRM_MS: Ms = 1_000;
const GOODBYE_DEADLINE_MS: Ms = 1_500;

export interface PortalSessionOptions {
  readonly address: PortalAddress;
  readonly rule: TrustRule;
  readonly clock: Clock;
  readonly pace: Pace;
  /** IB_ACCOUNT; empty: the only one. */
  readonly account: string;
  /** Whether the user's other session may be ended; only as Settings say. */
  readonly compete: boolean;
  readonly memory: DefinitionMemory;
  readonly lookup?: LookupFunction;
}

/**
 * One life of the connection to the Client Portal Gateway: waits for the login, loads account and positions, asks for
 * market data until something ends it. It outlives a login: when a person has logged in again it goes on by itself.
 */
export class PortalSession implements Session {
  readonly #options: PortalSessionOptions;
  readonly #listener: (event: SessionEvent) => void;
  readonly #client: PortalClient;
  readonly #endpoints: Endpoints;
  readonly #quotes: Quotes;
  readonly #rounds: QuoteRounds;
  readonly #login: Login;
  readonly #polling: Polling;
  readonly #holdings = new Holdings();
  readonly #life = new AbortController();
  readonly #finished: Promise<void>;
  #openingDeadline: Timer | undefined;
  #account: string | undefined;
  #accounts: readonly string[] = [];
  /** What the supervisor was told and not yet that it is over. */
  #toldLogin: string | undefined;
  #toldDown = false;
  #wasReady = false;
  /** Market data flows, so that there is something to unsubscribe. */
  #isPolling = false;
  #over = false;
  #disposed: Promise<void> | undefined;

  constructor(options: PortalSessionOptions, listener: (event: SessionEvent) => void) {
    this.#options = options;
    this.#listener = listener;
    this.#client = new PortalClient(options);
    this.#endpoints = new Endpoints(this.#client);
    this.#quotes = new Quotes({
      clock: options.clock,
      notice: (severity, message, foldKey) => this.#notice(severity, message, foldKey),
      onKind: (kind) => this.#emit({ type: 'market-data', kind }),
    });
    this.#rounds = new QuoteRounds(this.#endpoints, this.#quotes, options.clock);
    const { clock, address, compete } = options;
    const notice = (severity: Severity, message: string, foldKey: string): void => this.#notice(severity, message, foldKey);
    this.#login = new Login({
      clock, address, compete, notice, endpoints: this.#endpoints, signal: this.#life.signal,
      needsLogin: (cause) => this.#tellLogin(cause),
      isDown: (cause) => this.#onDown(cause),
      isStarting: () => this.#onInterrupted(),
    });
    this.#polling = new Polling({
      clock, address, notice, endpoints: this.#endpoints, login: this.#login, quotes: this.#quotes,
      round: (signal) => this.#round(signal),
      forgetPositions: (signal) => this.#endpoints.forgetPositions(this.#account ?? '', signal),
      readPositions: (signal) => this.#readPositions(this.#account ?? '', signal),
    });
    this.#openingDeadline = clock.setTimer(OPENING_DEADLINE_MS, () => this.#end(openingTimeout(address, OPENING_DEADLINE_MS)));
    // A turn later: `open` returns before the first event.
    this.#finished = Promise.resolve().then(() => this.#run());
  }

  legs(): readonly Leg[] {
    return this.#account === undefined ? [] : this.#holdings.legs;
  }

  quote(conId: number): LegQuote | undefined {
    return this.#quotes.quote(conId);
  }

  lastHeardAt(): Ms {
    return this.#client.heardAt;
  }

  lastTickAt(): Ms | undefined {
    return this.#quotes.lastTickAt;
  }

  probe(): void {
    if (this.#over) return;
    // Its failure shows in lastHeardAt, which is what a probe is for; only a penalty ends the session from here.
    this.#endpoints.tickle(this.#life.signal).catch((error: unknown) => {
      if (error instanceof PortalError && error.kind === 'rate-limited') this.#end(error.why, error.retryAfterMs);
    });
  }

  resubscribe(): void {
    if (this.#over || this.#account === undefined) return;
    this.#quotes.clear();
    this.#rounds.reset();
    this.#polling.readPositionsSoon();
  }

  close(): Promise<void> {
    const isPolite = !this.#over && this.#isPolling;
    this.#over = true;
    return this.#dispose(isPolite);
  }

  /** Whether it was closed, by us or by the gateway. */
  get isOver(): boolean {
    return this.#over;
  }

  async #run(): Promise<void> {
    while (!this.#over) {
      try {
        await this.#login.wait();
        await this.#load();
        if (!this.#over) this.#announce();
        this.#isPolling = true;
        await this.#polling.run(this.#life.signal);
      } catch (error) {
        this.#judge(error);
        // What fails right after a login that looked well would otherwise be asked for without a pause.
        if (!this.#isPolling) await sleep(this.#options.clock, WATCH_MS, this.#life.signal);
      } finally {
        this.#isPolling = false;
      }
    }
  }

  /** Decides what a failure means: the end of the session, or a state that it waits out. */
  #judge(error: unknown): void {
    if (this.#over) return;
    if (!(error instanceof PortalError)) {
      return this.#end({ code: 'gateway-fault', text: `an answer of the Client Portal Gateway could not be processed: ${String(error).slice(0, 300)}` });
    }
    switch (error.kind) {
      case 'unauthorized':
        return; // the login finds out what is the matter, and tells
      case 'unavailable':
      case 'refused':
      case 'malformed':
      case 'timeout':
        return this.#account === undefined ? this.#end(error.why) : this.#tellDown(error.why);
      case 'unreachable':
      case 'broken':
      case 'certificate':
      case 'not-a-gateway':
      case 'rate-limited':
      case 'ended':
        return this.#end(error.why, error.retryAfterMs);
    }
  }

  /** Account and positions; after a login that came again, with everything forgotten that came before it. */
  async #load(): Promise<void> {
    const { signal } = this.#life;
    this.#onInterrupted();
    this.#rounds.reset();
    await this.#endpoints.tradingAccounts(signal);
    this.#accounts = await this.#endpoints.accounts(signal);
    const choice = chooseAccount(this.#options.account, this.#accounts);
    if (choice.kind !== 'chosen') {
      this.#emit({ type: 'account-needed', accounts: this.#accounts });
      return this.#end(accountNeeded(this.#options.account, this.#accounts, 'the Client Portal Gateway'));
    }
    if (this.#account !== undefined && this.#account !== choice.account) {
      return this.#end({ code: 'account-changed', text: `another user has logged in: account ${choice.account} in place of ${this.#account}` });
    }
    while (await this.#readPositions(choice.account, signal)) {
      await this.#endpoints.forgetPositions(choice.account, signal);
      await sleep(this.#options.clock, CONFIRM_MS, signal);
    }
    this.#quotes.clear();
    // After an outage a first round must succeed before rows are written again; at the start the warm-up waits for that.
    if (this.#account !== undefined) await this.#round(signal);
    this.#account = choice.account;
  }

  /** @returns whether the reading must be confirmed by another one. */
  async #readPositions(account: string, signal: AbortSignal): Promise<boolean> {
    const { holdings, closed, undefinedBecause } = await readPortfolio(this.#endpoints, account, this.#options.memory, signal);
    if (undefinedBecause !== undefined) {
      if (undefinedBecause instanceof PortalError && undefinedBecause.kind === 'rate-limited') throw undefinedBecause;
      const text = undefinedBecause instanceof Error ? undefinedBecause.message : String(undefinedBecause);
      this.#notice('warning', `the definitions of some positions could not be read, they stay unpriced: ${text}`, 'portal-secdef');
    }
    const { changed, mustConfirm } = this.#holdings.take(holdings, closed);
    if (changed) {
      const idle = this.#quotes.hold(this.#holdings.holdings);
      if (this.#isPolling) for (const conId of idle) await this.#rounds.unsubscribe(conId, signal);
      if (this.#account !== undefined) this.#emit({ type: 'legs-changed' });
    }
    return mustConfirm;
  }

  #announce(): void {
    if (this.#account === undefined) return;
    this.#openingDeadline?.cancel();
    const [wasLogin, wasDown] = [this.#toldLogin !== undefined, this.#toldDown];
    this.#toldLogin = undefined;
    this.#toldDown = false;
    // In one go: between login-done and ready no time may pass, as the supervisor's own deadline has.
    if (wasLogin) this.#emit({ type: 'login-done' });
    if (!this.#wasReady) this.#emit({ type: 'ready', account: this.#account, accounts: this.#accounts });
    this.#wasReady = true;
    // What was lost has been asked for again already.
    if (wasDown) this.#emit({ type: 'upstream-up', dataLost: false });
  }

  #round(signal: AbortSignal): Promise<void> {
    return withoutRefusedInstruments(this.#login, async (mayLeaveOut) => {
      await this.#rounds.prepare(this.#holdings.legs, signal);
      await this.#rounds.run(mayLeaveOut, signal);
    });
  }

  #tellLogin(cause: Cause): void {
    if (this.#toldLogin === cause.code) return;
    this.#toldLogin = cause.code;
    // A person may take their time.
    this.#openingDeadline?.cancel();
    this.#emit({ type: 'needs-login', cause });
  }

  #tellDown(cause: Cause): void {
    if (this.#toldDown) return;
    this.#toldDown = true;
    this.#emit({ type: 'upstream-down', cause });
  }

  /** No row may be written from quotes that stand still, or are about to be forgotten. */
  #onInterrupted(): void {
    if (this.#wasReady && this.#toldLogin === undefined) this.#tellDown(interrupted());
  }

  /** IBKR out of reach ends an opening, whose next attempt the supervisor times; a session that runs or waits for a person stays. */
  #onDown(cause: Cause): void {
    if (this.#account === undefined && this.#toldLogin === undefined) this.#end(cause);
    else this.#tellDown(cause);
  }

  #end(cause: Cause, retryAfterMs?: Ms): void {
    if (this.#over) return;
    this.#over = true;
    void this.#dispose(false);
    this.#tell({ type: 'closed', cause, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
  }

  #dispose(isPolite: boolean): Promise<void> {
    this.#disposed ??= (async () => {
      this.#openingDeadline?.cancel();
      this.#life.abort();
      if (isPolite) await this.#sayGoodbye();
      this.#client.close();
    })();
    return Promise.all([this.#disposed, this.#over ? this.#finished : undefined]).then(() => undefined);
  }

  /** Ends every stream, so that their market data lines are free at once. */
  async #sayGoodbye(): Promise<void> {
    try {
      await this.#endpoints.unsubscribeAll(new AbortController().signal, GOODBYE_DEADLINE_MS);
    } catch (error) {
      // The gateway ends them itself after a while; that they stay until then is all that is lost.
      if (!(error instanceof PortalError)) process.emitWarning(error as Error);
    }
  }

  #notice(severity: Severity, message: string, foldKey: string): void {
    this.#emit({ type: 'notice', severity, message, foldKey });
  }

  #emit(event: SessionEvent): void {
    if (!this.#over) this.#tell(event);
  }

  #tell(event: SessionEvent): void {
    try {
      this.#listener(event);
    } catch (error) {
      process.emitWarning(error as Error);
    }
  }
}
