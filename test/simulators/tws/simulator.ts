import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

import { systemClock } from '../../../main/engine/clock.ts';
import type { Clock, Ms, Timer } from '../../../main/engine/clock.ts';
import type { MarketData } from '../../../main/engine/state.ts';
import type { Book, ExpectedSums, SentGreeks } from '../book.ts';
import type { Computation } from '../market.ts';
import { Connection } from './connection.ts';
import type { ConnectionHost } from './connection.ts';
import { Faults } from './faults.ts';
import type { GreeksFault } from './faults.ts';
import type { Request } from './requests.ts';

export interface TwsSimulatorOptions {
  readonly book: Book;
  readonly clock?: Clock;
  readonly host?: string;
  /** Newest protocol version that the Gateway speaks. */
  readonly serverVersion?: number;
  /** Messages of one client in any second; above it error 100. Infinity: no limit. */
  readonly messagesPerSecond?: number;
  /** Market-data lines of all clients together; above it error 101. */
  readonly marketDataLines?: number;
}

/** A message as it arrived, also when a fault kept it from being answered. */
export interface ReceivedMessage {
  readonly at: Ms;
  readonly clientId: number | undefined;
  readonly request: Request;
  readonly fields: readonly string[];
}

export type Upstream = 'up' | 'lost' | 'farm-broken';

/**
 * A Gateway or TWS on loopback: serves a book over IBKR's socket protocol to any number of real clients, and misbehaves on demand.
 *
 * It sends nothing of its own accord but answers: `tick()` moves the market and sends, unless `startTicking` was called.
 */
export class TwsSimulator {
  readonly book: Book;
  readonly faults = new Faults();
  /** Everything that clients sent, oldest first. */
  readonly received: ReceivedMessage[] = [];
  /** Order messages: a read-only bridge leaves this empty. */
  readonly forbidden: ReceivedMessage[] = [];
  /** Greeks by conId as a client last received them in a model computation. */
  readonly sentGreeks = new Map<number, SentGreeks>();
  /** TCP connections accepted since the start. */
  connectionsAccepted = 0;
  /** Price and computation ticks sent since the start. */
  ticksSent = 0;
  readonly #options: Required<TwsSimulatorOptions>;
  readonly #host: ConnectionHost;
  readonly #connections = new Set<Connection>();
  readonly #clientIds = new Map<number, Connection>();
  /** Client ids that nobody uses but that stay taken until a monotonic instant. */
  readonly #heldClientIds = new Map<number, Ms>();
  readonly #stopListening: () => void;
  #server: Server | undefined;
  #port = 0;
  #upstream: Upstream = 'up';
  #marketData: Exclude<MarketData, 'unknown'> = 'live';
  #ticking: Timer | undefined;

  constructor(options: TwsSimulatorOptions) {
    this.#options = {
      clock: systemClock, host: '127.0.0.1', serverVersion: 193, messagesPerSecond: 50, marketDataLines: 100, ...options,
    };
    this.book = options.book;
    this.#host = this.#createHost();
    this.#stopListening = this.book.onTrade((position) => {
      for (const session of this.#sessions()) session.traded(position);
    });
  }

  get port(): number {
    return this.#port;
  }

  /** TCP connections that are open now, half-open ones included. */
  get openConnections(): number {
    return this.#connections.size;
  }

  /** Client ids of the sessions that are open now. */
  clientIds(): readonly number[] {
    return [...this.#clientIds.keys()];
  }

  /** conIds of the market-data lines that are open now, once per line. */
  subscribedConIds(): readonly number[] {
    return this.#sessions().flatMap((session) => session.feed.subscriptions().map(({ instrument }) => instrument.conId));
  }

  /** Messages of one kind, oldest first. */
  receivedOf<T extends Request['type']>(type: T): readonly Extract<Request, { type: T }>[] {
    return this.received.map(({ request }) => request).filter((request): request is Extract<Request, { type: T }> => request.type === type);
  }

  /** Starts to accept connections; port 0 picks a free one. */
  async listen(port = 0): Promise<{ readonly port: number }> {
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, this.#options.host, resolve);
    });
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    return { port: this.#port };
  }

  /** Ends everything: timers, connections, the listening socket. */
  async close(): Promise<void> {
    this.stopTicking();
    this.#stopListening();
    await this.refuseConnections();
    this.drop();
  }

  /** Moves the market once and sends what moved; a frozen market sends nothing. */
  tick(): void {
    if (this.book.market.step()) this.sendValues();
  }

  /** Sends the present values to every subscriber, moved or not. */
  sendValues(): void {
    for (const session of this.#sessions()) session.tick();
  }

  /** Ticks by itself from now on. */
  startTicking(intervalMs: Ms): void {
    this.stopTicking();
    const again = (): void => {
      this.#ticking = this.#options.clock.setTimer(intervalMs, () => {
        this.tick();
        again();
      });
    };
    again();
  }

  stopTicking(): void {
    this.#ticking?.cancel();
    this.#ticking = undefined;
  }

  /** What an account's net Greeks must be, from what was last sent. */
  expectedSums(account: string): ExpectedSums {
    return this.book.expectedSums(account, this.sentGreeks);
  }

  /** Closes every connection. */
  drop(): void {
    for (const connection of [...this.#connections]) connection.drop();
  }

  /** Ends every connection with a TCP reset. */
  reset(): void {
    for (const connection of [...this.#connections]) connection.reset();
  }

  /** Every present connection goes deaf and mute for ever without closing; new ones work. */
  goHalfOpen(): void {
    for (const connection of this.#connections) connection.goHalfOpen();
  }

  /** Every connection breaks off inside a message. */
  dieInMidMessage(): void {
    for (const connection of [...this.#connections]) connection.dieInMidMessage();
  }

  /** Nobody listens on the port any more; present connections stay. */
  async refuseConnections(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    // The callback of close() waits for the connections; the port itself is free at once.
    server?.close();
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Listens again on the same port. */
  async acceptConnections(): Promise<void> {
    if (this.#server === undefined) await this.listen(this.#port);
  }

  /** Keeps a client id taken for so long although nobody is connected with it: a ghost of an earlier session. */
  holdClientId(clientId: number, forMs: Ms): void {
    this.#heldClientIds.set(clientId, this.#options.clock.monotonic() + forMs);
  }

  /** 1100: the Gateway lost IBKR. No data flows; the sockets stay. */
  loseUpstream(): void {
    this.#upstream = 'lost';
    this.notice(1100);
  }

  /** 1101: IBKR is back, every market-data line is gone. */
  restoreUpstreamDataLost(): void {
    this.#upstream = 'up';
    for (const session of this.#sessions()) session.feed.dropAll();
    this.notice(1101);
  }

  /** 1102: IBKR is back, the lines are kept, or only said to be kept when they are `silentlyDead`. */
  restoreUpstreamDataKept(options: { readonly silentlyDead?: boolean } = {}): void {
    this.#upstream = 'up';
    if (options.silentlyDead === true) for (const session of this.#sessions()) session.feed.killAll();
    this.notice(1102);
  }

  /** 2110: like 1100, in the words for a lost connection between TWS and its server. */
  breakServerLink(): void {
    this.#upstream = 'lost';
    this.notice(2110);
  }

  /** 2103: the market-data farm is gone, everything else works. */
  breakFarm(): void {
    this.#upstream = 'farm-broken';
    this.notice(2103, 'usfarm');
  }

  /** 2104: it is back; lines go on. */
  restoreFarm(): void {
    this.#upstream = 'up';
    this.notice(2104, 'usfarm');
  }

  /** Sends a message that belongs to no request to every client. */
  notice(code: number, about = ''): void {
    for (const session of this.#sessions()) session.notice(code, about);
  }

  /** What kind of market data the user is entitled to or the hour allows; tells every open line. */
  setMarketData(kind: Exclude<MarketData, 'unknown'>): void {
    this.#marketData = kind;
    for (const session of this.#sessions()) session.feed.announceKind();
  }

  /** Answers market data of an instrument with a code from now on, on open lines at once. */
  refuse(conId: number, code: number): void {
    this.faults.refusals.set(conId, code);
    for (const session of this.#sessions()) session.feed.refuseLive(conId, code);
  }

  #accept(socket: Socket): void {
    this.connectionsAccepted += 1;
    this.#connections.add(new Connection(socket, this.#host));
  }

  #sessions(): NonNullable<Connection['session']>[] {
    return [...this.#connections].map((connection) => connection.session).filter((session) => session !== undefined);
  }

  #createHost(): ConnectionHost {
    const simulator = this;
    const { clock, serverVersion, messagesPerSecond, marketDataLines } = this.#options;
    return {
      book: this.book,
      clock,
      faults: this.faults,
      serverVersion,
      limits: { messagesPerSecond, marketDataLines },
      get marketData() {
        return simulator.#marketData;
      },
      dataFlows: () => this.#upstream === 'up',
      upstreamStands: () => this.#upstream !== 'lost',
      linesInUse: () => this.#sessions().reduce((sum, session) => sum + session.feed.subscriptions().length, 0),
      countTicks: (count) => {
        this.ticksSent += count;
      },
      recordModel: (conId, model, fault) => this.#recordModel(conId, model, fault),
      received: (request, fields, clientId) => this.#record({ at: clock.monotonic(), clientId, request, fields }),
      claimClientId: (connection, clientId) => this.#claimClientId(connection, clientId),
      closed: (connection, cleanly) => this.#forget(connection, cleanly),
    };
  }

  #record(message: ReceivedMessage): void {
    this.received.push(message);
    if (message.request.type === 'order') this.forbidden.push(message);
  }

  #recordModel(conId: number, { delta, gamma, vega, theta }: Computation, fault: GreeksFault | undefined): void {
    // What a fault put in place of a value is no value: the last good one stands.
    if (this.faults.silence || (fault !== undefined && fault !== 'theta-sentinel')) return;
    const known = this.sentGreeks.get(conId);
    const lastTheta = known?.theta === undefined ? {} : { theta: known.theta };
    this.sentGreeks.set(conId, { delta, gamma, vega, ...(fault === undefined ? { theta } : lastTheta) });
  }

  #claimClientId(connection: Connection, clientId: number): boolean {
    if (this.#clientIds.has(clientId)) return false;
    if ((this.#heldClientIds.get(clientId) ?? -Infinity) > this.#options.clock.monotonic()) return false;
    this.#clientIds.set(clientId, connection);
    return true;
  }

  #forget(connection: Connection, cleanly: boolean): void {
    this.#connections.delete(connection);
    const { clientId } = connection;
    if (clientId === undefined || this.#clientIds.get(clientId) !== connection) return;
    this.#clientIds.delete(clientId);
    if (!cleanly && this.faults.holdClientIdMs > 0) this.holdClientId(clientId, this.faults.holdClientIdMs);
  }
}

