import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';

import { systemClock } from '../../../main/engine/clock.ts';
import type { Clock, Ms, Timer } from '../../../main/engine/clock.ts';
import type { MarketData } from '../../../main/engine/state.ts';
import type { Book, ExpectedSums, SentGreeks } from '../book.ts';
import { ClientIds } from './client-ids.ts';
import { Connection } from './connection.ts';
import type { ConnectionHost } from './connection.ts';
import { Faults } from './faults.ts';
import { encodeFrame } from './framing.ts';
import type { Field } from './framing.ts';
import { pumpTicks } from './pump.ts';
import type { Pumped } from './pump.ts';
import type { Request } from './requests.ts';
import type { Session } from './session.ts';
import { Traffic } from './traffic.ts';
import type { ReceivedMessage } from './traffic.ts';

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

/** What stands between the Gateway and the data: nothing, a lost link to IBKR, a broken market-data farm. */
export type Upstream = 'up' | 'lost' | 'farm-broken';

/**
 * A Gateway or TWS on loopback: serves a book over IBKR's socket protocol to any number of real clients, and misbehaves on demand.
 *
 * It sends nothing of its own accord but answers: `tick()` moves the market and sends, unless `startTicking` was called.
 */
export class TwsSimulator {
  readonly book: Book;
  readonly faults = new Faults();
  /** TCP connections accepted since the start. */
  connectionsAccepted = 0;
  readonly #options: Required<TwsSimulatorOptions>;
  readonly #host: ConnectionHost;
  readonly #traffic = new Traffic();
  readonly #connections = new Set<Connection>();
  readonly #clientIds: ClientIds;
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
    this.#clientIds = new ClientIds(this.#options.clock);
    this.#host = this.#createHost();
    this.#stopListening = this.book.onTrade((position) => {
      for (const session of this.#sessions()) session.traded(position);
    });
  }

  /** Everything that clients sent, oldest first. */
  get received(): readonly ReceivedMessage[] {
    return this.#traffic.received;
  }

  /** Order messages: a read-only bridge leaves this empty. */
  get forbidden(): readonly ReceivedMessage[] {
    return this.#traffic.forbidden;
  }

  /** Greeks by conId as they last left in a model computation, whole and unspoilt. */
  get sentGreeks(): ReadonlyMap<number, SentGreeks> {
    return this.#traffic.sentGreeks;
  }

  /** Price and computation ticks sent since the start. */
  get ticksSent(): number {
    return this.#traffic.ticksSent;
  }

  get upstream(): Upstream {
    return this.#upstream;
  }

  get marketData(): Exclude<MarketData, 'unknown'> {
    return this.#marketData;
  }

  /** Whether the port takes connections. */
  get listening(): boolean {
    return this.#server !== undefined;
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
    return this.#clientIds.list();
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
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      this.connectionsAccepted += 1;
      this.#connections.add(new Connection(socket, this.#host));
    });
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

  /** Sends `count` model computations to the only connected client, as fast as its socket takes them; for load. */
  async pump(count: number): Promise<Pumped> {
    const [connection, ...others] = [...this.#connections].filter(({ session }) => session !== undefined);
    if (connection?.session === undefined || others.length > 0) throw new Error('pumping needs exactly one client');
    const pumped = await pumpTicks(connection, connection.session, this.book, count, (conId, model) =>
      this.#traffic.recordModel(conId, model, undefined),
    );
    this.#traffic.ticksSent += count;
    return pumped;
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

  /**
   * Every present connection goes deaf and mute for ever without closing, as when the network between vanished; new ones work.
   *
   * @param options.keepClientIds the Gateway still believes in the dead clients, so that their ids answer 326.
   */
  goHalfOpen(options: { readonly keepClientIds?: boolean } = {}): void {
    for (const connection of this.#connections) {
      connection.goHalfOpen();
      if (options.keepClientIds !== true) this.#clientIds.release(connection, 0);
    }
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

  /** 1300: the API port was changed in the settings; every connection is told the new one and dropped. Returns it. */
  async changePort(port = 0): Promise<number> {
    const former = [...this.#connections];
    await this.refuseConnections();
    await this.listen(port);
    for (const connection of former) {
      connection.session?.notice(1300, String(this.#port));
      connection.hangUp();
    }
    return this.#port;
  }

  /** Keeps a client id taken for so long although nobody is connected with it: a ghost of an earlier session. */
  holdClientId(clientId: number, forMs: Ms): void {
    this.#clientIds.hold(clientId, forMs);
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
    for (const session of this.#sessions()) session.feed.resume();
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
    for (const session of this.#sessions()) session.feed.resume();
  }

  /** Sends a message that belongs to no request to every client. */
  notice(code: number, about = ''): void {
    for (const session of this.#sessions()) session.notice(code, about);
  }

  /** Puts any message on the wire of every client, for hostile input. */
  inject(fields: readonly Field[]): void {
    for (const connection of this.#connections) if (connection.session !== undefined) connection.outgoing.send(encodeFrame(fields));
  }

  /** What kind of market data the user is entitled to or the hour allows; tells every open line. */
  setMarketData(kind: Exclude<MarketData, 'unknown'>): void {
    this.#marketData = kind;
    for (const session of this.#sessions()) session.feed.announceKind();
  }

  /** Market data of an instrument is granted to new requests again; lines that were refused stay dead. */
  allow(conId: number): void {
    this.faults.refusals.delete(conId);
  }

  /** Answers market data of an instrument with a code from now on, on open lines at once. */
  refuse(conId: number, code: number): void {
    this.faults.refusals.set(conId, code);
    for (const session of this.#sessions()) session.feed.refuseLive(conId, code);
  }

  #sessions(): readonly Session[] {
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
        this.#traffic.ticksSent += count;
      },
      recordModel: (conId, model, fault) => {
        if (!this.faults.silence) this.#traffic.recordModel(conId, model, fault);
      },
      received: (request, fields, clientId) => this.#traffic.record({ at: clock.monotonic(), clientId, request, fields }),
      claimClientId: (connection, clientId) => this.#clientIds.claim(clientId, connection),
      closed: (connection, cleanly) => {
        this.#connections.delete(connection);
        this.#clientIds.release(connection, cleanly ? 0 : this.faults.holdClientIdMs);
      },
    };
  }
}
