import { EventName } from '@stoqey/ib/dist/api/data/enum/event-name.js';
import type { Contract } from '@stoqey/ib/dist/api/contract/contract.js';
import type { Clock, Ms, Timer } from '../../clock.ts';
import type { Leg, LegQuote } from '../../greeks/leg.ts';
import type { Cause, Severity } from '../../state.ts';
import type { Session, SessionEvent } from '../gateway.ts';
import { accountNeeded, chooseAccount } from '../account-choice.ts';
import { parseManagedAccounts } from './accounts.ts';
import { closedByGateway, connectTimeout, handshakeTimeout, notTheApi, positionsTimeout, socketCause } from './causes.ts';
import { describeCode, meaningOf } from './codes.ts';
import type { ContractMemory } from './contracts.ts';
import { MarketData } from './market-data.ts';
import { PositionBook } from './position-book.ts';
import type { PositionChange } from './position-book.ts';
import { Qualification } from './qualification.ts';
import { SendQueue } from './send-queue.ts';
import { Transport } from './transport.ts';
import { Upstream } from './upstream.ts';

const CONNECT_DEADLINE_MS: Ms = 10_000;
const HANDSHAKE_DEADLINE_MS: Ms = 10_000;
const POSITIONS_DEADLINE_MS: Ms = 15_000;

/** How far the session has come. */
export type Stage = 'dialling' | 'handshake' | 'positions' | 'running';

export interface SessionOptions {
  readonly host: string;
  readonly port: number;
  readonly clientId: number;
  /** IB_ACCOUNT; empty: the only managed one. */
  readonly account: string;
  readonly clock: Clock;
  /** 1 live, 2 frozen, 3 delayed, 4 delayed-frozen; live always wins where the user is entitled (ibkr-facts.md 2.3). */
  readonly marketDataType: 1 | 2 | 3 | 4;
  readonly memory: ContractMemory;
  /** 'sample': one leg only, an option if there is one; for a check beside a session that runs. */
  readonly subscribe: 'all' | 'sample';
}

/**
 * One connection to TWS or IB Gateway over its socket, from dialling to disposal, on one `IBApi` that is never used again.
 *
 * It reads only: positions, contract details, market data, the time. It never calls an order function, and never asks for
 * open orders (ibkr-facts.md 2.6).
 */
export class SocketSession implements Session {
  readonly #options: SessionOptions;
  readonly #address: string;
  readonly #listener: (event: SessionEvent) => void;
  readonly #transport: Transport;
  readonly #queue: SendQueue;
  readonly #qualification: Qualification;
  readonly #marketData: MarketData;
  readonly #positions: PositionBook;
  readonly #upstream = new Upstream();
  #stage: Stage = 'dialling';
  #deadline: Timer | undefined;
  #requestId = 0;
  #accounts: readonly string[] | undefined;
  #hasNextValidId = false;
  #account = '';
  #over = false;
  #disposed: Promise<void> | undefined;

  constructor(options: SessionOptions, listener: (event: SessionEvent) => void) {
    this.#options = options;
    this.#address = `${options.host}:${options.port}`;
    this.#listener = listener;
    const clock = this.#guardedClock();
    this.#queue = new SendQueue(clock, (error) => this.#fault(error));
    this.#transport = new Transport(options, clock, {
      onTcpConnect: () => this.#enter('handshake', HANDSHAKE_DEADLINE_MS, () => handshakeTimeout(this.#address, this.#missing())),
      onTcpError: (error) => this.#end(socketCause(this.#address, error)),
      onGarbage: () => this.#end(notTheApi(this.#address)),
      onFault: (error) => this.#fault(error),
      onCode: (requestId, code, text) => this.#onCode(requestId, code, text),
    });
    const { api } = this.#transport;
    this.#positions = new PositionBook(options.memory);
    const nextRequestId = (): number => (this.#requestId += 1);
    this.#qualification = new Qualification({
      clock, queue: this.#queue, memory: options.memory, nextRequestId,
      ask: (requestId, conId) => api.reqContractDetails(requestId, { conId }),
    });
    this.#marketData = new MarketData({
      clock, queue: this.#queue, qualification: this.#qualification, heard: this.#transport, nextRequestId,
      // The generic tick list stays empty: Greeks come by default, and 10 to 13 are not generic ticks (ibkr-facts.md 2.1).
      ask: (requestId, contract) => api.reqMktData(requestId, contract, '', false, false),
      cancel: (requestId) => api.cancelMktData(requestId),
      notice: (severity, message, foldKey) => this.#notice(severity, message, foldKey),
      onKind: (kind) => this.#emit({ type: 'market-data', kind }),
      onQualified: (conId, facts) => this.#onPositionChange(this.#positions.complete(conId, facts)),
    });
    this.#listen();
    this.#enter('dialling', CONNECT_DEADLINE_MS, () => connectTimeout(this.#address));
    try {
      this.#transport.connect(options.clientId);
    } catch (error) {
      // A port or host that Node refuses; told like every other failure, after `open` has returned.
      queueMicrotask(() => this.#end(socketCause(this.#address, error as NodeJS.ErrnoException)));
    }
  }

  legs(): readonly Leg[] {
    return this.#stage === 'running' ? this.#positions.legs() : [];
  }

  quote(conId: number): LegQuote | undefined {
    return this.#marketData.quote(conId);
  }

  lastHeardAt(): Ms {
    return this.#transport.heardAt;
  }

  lastTickAt(): Ms | undefined {
    return this.#marketData.lastTickAt;
  }

  probe(): void {
    if (this.#over || this.#stage === 'dialling' || this.#stage === 'handshake') return;
    this.#queue.sendUrgently(() => this.#transport.api.reqCurrentTime());
  }

  resubscribe(): void {
    if (this.#over || this.#stage !== 'running') return;
    // What was closed while the link was down must not count for ever: the positions are told again, too.
    this.#requestPositions();
    this.#marketData.resubscribe();
  }

  close(): Promise<void> {
    if (!this.#over) {
      this.#over = true;
      if (this.#stage === 'running' && !this.#upstream.isDown) this.#unsubscribe();
    }
    return this.#dispose();
  }

  /** Whether it was closed, by us or by the gateway. */
  get isOver(): boolean {
    return this.#over;
  }

  /** How far it has come. */
  get stage(): Stage {
    return this.#stage;
  }

  /** Protocol version that was agreed on; 0 before the handshake. */
  get serverVersion(): number {
    return this.#transport.api.serverVersion;
  }

  #listen(): void {
    const { api } = this.#transport;
    api.on(EventName.connected, () => this.#safely(() => this.#onServerVersion()));
    api.on(EventName.disconnected, () => this.#safely(() => this.#onDisconnected()));
    api.on(EventName.managedAccounts, (list) => this.#safely(() => this.#onAccounts(list)));
    api.on(EventName.nextValidId, () => this.#safely(() => this.#onNextValidId()));
    // Codes without a request id come as `info`, not as `error` (ibkr-facts.md 2.10.6).
    api.on(EventName.info, (text, code) => this.#safely(() => this.#onCode(-1, code, text)));
    api.on(EventName.error, (error, code, requestId) => this.#safely(() => this.#onCode(requestId, code, error.message)));
    api.on(EventName.position, (account, contract, position) => this.#safely(() => this.#onPosition(account, contract, position)));
    api.on(EventName.positionEnd, () => this.#safely(() => this.#onPositionEnd()));
    api.on(EventName.contractDetails, (requestId, details) => this.#safely(() => this.#qualification.onDetails(requestId, details)));
    api.on(EventName.contractDetailsEnd, (requestId) => this.#safely(() => this.#qualification.onEnd(requestId)));
    api.on(EventName.marketDataType, (requestId, type) => this.#safely(() => this.#marketData.onDataType(requestId, type)));
    // The hot paths carry their own guard: a closure per tick would cost. tickAttrib became the third argument of
    // computations between 1.5.6 and 1.6.3; every Greek shifts by one without it (ibkr-facts.md 2.10.9).
    api.on(EventName.tickOptionComputation, (requestId, type, _tickAttrib, volatility, delta, _price, _dividend, gamma, vega, theta, underlying) => {
      try {
        this.#marketData.onComputation(requestId, type, volatility, delta, gamma, vega, theta, underlying);
      } catch (error) {
        this.#fault(error);
      }
    });
    api.on(EventName.tickPrice, (requestId, type, value) => {
      try {
        this.#marketData.onPrice(requestId, type, value);
      } catch (error) {
        this.#fault(error);
      }
    });
  }

  /** `connected` means that the version is agreed on, no more: requests must wait for nextValidId (ibkr-facts.md 2.10.2). */
  #onServerVersion(): void {
    if (!Number.isInteger(this.serverVersion)) return this.#end(notTheApi(this.#address));
    // The library has sent the start message past the queue.
    this.#queue.countForeign();
  }

  #onDisconnected(): void {
    this.#end(closedByGateway(this.#address, this.#stage === 'dialling' || this.#stage === 'handshake'));
  }

  #onAccounts(list: string): void {
    if (this.#accounts !== undefined) return;
    this.#accounts = parseManagedAccounts(list);
    this.#startWhenReady();
  }

  #onNextValidId(): void {
    // It also comes again later, as an answer to reqIds of an order client.
    if (this.#hasNextValidId) return;
    this.#hasNextValidId = true;
    this.#startWhenReady();
  }

  #missing(): string {
    if (this.serverVersion === 0) return 'protocol version';
    return this.#hasNextValidId ? 'list of accounts' : 'next valid id';
  }

  #startWhenReady(): void {
    const accounts = this.#accounts;
    if (accounts === undefined || !this.#hasNextValidId) return;
    const choice = chooseAccount(this.#options.account, accounts);
    if (choice.kind !== 'chosen') {
      this.#emit({ type: 'account-needed', accounts });
      return this.#end(accountNeeded(this.#options.account, accounts, 'TWS or IB Gateway'));
    }
    this.#account = choice.account;
    this.#stage = 'positions';
    this.#queue.send(() => this.#transport.api.reqMarketDataType(this.#options.marketDataType));
    this.#requestPositions();
  }

  #requestPositions(): void {
    this.#positions.beginSnapshot();
    this.#queue.send(() => this.#transport.api.reqPositions());
    this.#awaitPositions();
  }

  #awaitPositions(): void {
    this.#arm(POSITIONS_DEADLINE_MS, () => {
      // A running session is not given up for an answer that the gateway cannot have while it has lost IBKR.
      if (this.#stage === 'running' && this.#upstream.isDown) return this.#awaitPositions();
      this.#end(positionsTimeout(this.#address, this.#upstream.isDown));
    });
  }

  #onPosition(account: string, contract: Contract, position: number | undefined): void {
    if (account !== this.#account) return;
    if (!Number.isInteger(contract.conId) || (contract.conId as number) <= 0) {
      return this.#notice('error', `a position in ${contract.symbol ?? 'an unnamed contract'} came without a contract id and is not counted`, 'position-without-conid');
    }
    const change = this.#positions.apply(contract, position);
    if (this.#stage === 'running') this.#onPositionChange(change);
  }

  #onPositionEnd(): void {
    this.#deadline?.cancel();
    const closed = this.#positions.endSnapshot();
    if (this.#stage === 'running') return closed.forEach((change) => this.#onPositionChange(change));
    if (this.#stage !== 'positions') return;
    this.#stage = 'running';
    this.#marketData.add(this.#toSubscribe());
    this.#emit({ type: 'ready', account: this.#account, accounts: this.#accounts ?? [] });
  }

  #toSubscribe(): readonly { readonly leg: Leg; readonly contract: Contract }[] {
    const entries = this.#positions.entries().filter(({ leg }) => leg.kind !== 'other');
    if (this.#options.subscribe === 'all') return entries;
    const sample = entries.find(({ leg }) => leg.kind === 'OPT') ?? entries.find(({ leg }) => leg.kind === 'FOP') ?? entries[0];
    return sample === undefined ? [] : [sample];
  }

  #onPositionChange(change: PositionChange | undefined): void {
    if (change === undefined || this.#stage !== 'running') return;
    if (change.kind === 'removed') this.#marketData.remove(change.leg.conId);
    else if (change.kind === 'changed') this.#marketData.update(change.leg, change.contract, change.contractChanged);
    else if (change.leg.kind !== 'other' && this.#options.subscribe === 'all') this.#marketData.add([change]);
    this.#emit({ type: 'legs-changed' });
  }

  #onCode(requestId: number, code: number, text: string): void {
    if (requestId > 0 && (this.#marketData.onCode(requestId, code, text) || this.#qualification.onCode(requestId, code, text))) return;
    const meaning = meaningOf(code);
    const message = describeCode(code, text);
    switch (meaning.kind) {
      case 'upstream-lost':
      case 'upstream-restored':
      case 'farm-broken':
      case 'farm-well': {
        const change = this.#upstream.apply(code, meaning, text);
        if (change.kind === 'down') this.#emit({ type: 'upstream-down', cause: change.cause });
        if (change.kind === 'up') this.#emit({ type: 'upstream-up', dataLost: change.dataLost });
        if (change.kind === 'repeated') this.#notice('warning', message, `code-${code}`);
        return;
      }
      case 'session-over': {
        const { causeCode, action, retryAfterMs } = meaning;
        return this.#end({ code: causeCode, text: message, ...(action === undefined ? {} : { action }) }, retryAfterMs);
      }
      case 'notice':
        return this.#notice(meaning.severity, message, `code-${code}`);
      case 'advisory':
      case 'refusal':
        // Of a request that has ended meanwhile; without a request id it is about the session.
        if (requestId <= 0) this.#notice('warning', message, `code-${code}`);
        return;
      case 'harmless':
        return;
    }
  }

  /** Cancels what this moment's pace allows; the closing socket ends the rest. */
  #unsubscribe(): void {
    const budget = this.#queue.budget();
    try {
      if (budget > 0) this.#transport.api.cancelPositions();
      this.#marketData.cancelAll(budget - 1);
    } catch (error) {
      process.emitWarning(error as Error);
    }
  }

  #enter(stage: Stage, deadlineMs: Ms, missed: () => Cause): void {
    this.#stage = stage;
    this.#arm(deadlineMs, () => this.#end(missed()));
  }

  #arm(deadlineMs: Ms, onMissed: () => void): void {
    this.#deadline?.cancel();
    this.#deadline = this.#options.clock.setTimer(deadlineMs, onMissed);
  }

  #end(cause: Cause, retryAfterMs?: Ms): void {
    if (this.#over) return;
    this.#over = true;
    void this.#dispose();
    this.#tell({ type: 'closed', cause, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
  }

  #dispose(): Promise<void> {
    this.#disposed ??= (() => {
      this.#deadline?.cancel();
      this.#queue.close();
      this.#qualification.close();
      this.#marketData.close();
      return this.#transport.close();
    })();
    return this.#disposed;
  }

  /** Nothing throws into the socket's data handler, where it would end the process (ibkr-facts.md 2.10.8). */
  #safely(action: () => void): void {
    if (this.#over) return;
    try {
      action();
    } catch (error) {
      this.#fault(error);
    }
  }

  #fault(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#notice('error', `a message of the gateway could not be processed: ${text.slice(0, 300)}`, `fault:${text.slice(0, 60)}`);
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
      // A listener that fails on notices would fail on the notice about it; Node's warning reaches the log.
      if (event.type === 'notice' || event.type === 'closed') process.emitWarning(error as Error);
      else this.#fault(error);
    }
  }

  /** The clock with every timer's callback guarded like a listener. */
  #guardedClock(): Clock {
    const { clock } = this.#options;
    return {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      uptime: () => clock.uptime(),
      setTimer: (delayMs, callback) => clock.setTimer(delayMs, () => this.#safely(callback)),
    };
  }
}
