import { createServer as createPlainServer, type IncomingMessage, type Server as PlainServer, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

import { systemClock } from '../../../main/engine/clock.ts';
import type { Clock, Ms, Timer } from '../../../main/engine/clock.ts';
import type { Book, ExpectedSums, SentGreeks } from '../book.ts';
import { answerRequest, type Answer, type PortalRequest } from './answers.ts';
import { createCertificate, type CertificateAndKey } from './certificate.ts';
import { Faults, type SpoiltAnswer } from './faults.ts';
import { RateLimits } from './rate-limits.ts';
import type { BrokerageStatus } from './records.ts';
import { Streams, type Precision } from './streams.ts';

export interface PortalSimulatorOptions {
  readonly book: Book;
  readonly clock?: Clock;
  readonly host?: string;
  /** Hosts that its certificate is made out to. */
  readonly certificateHosts?: readonly string[];
  /** Decimals of market data; IBKR rounds, and the default does not, so that sums can be compared. */
  readonly precision?: Precision;
  readonly requestsPerSecond?: number;
  readonly penaltyMs?: Ms;
  readonly marketDataLines?: number;
  /** Positions of a page. */
  readonly pageSize?: number;
  readonly streamLifeMs?: Ms;
  readonly requestsBeforeGreeks?: number;
}

/** A request as it arrived, and the status that answered it; 0 while or where nothing did. */
export interface ReceivedRequest {
  readonly at: Ms;
  readonly method: string;
  /** Without /v1/api and query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  status: number;
}

/**
 * A Client Portal Gateway on loopback: serves a book over REST and TLS with a certificate of its own making, keeps IBKR's
 * order of calls and its limits, and misbehaves on demand.
 *
 * The market moves only by `tick()`, unless `startTicking` was called.
 */
export class PortalSimulator {
  readonly book: Book;
  readonly faults = new Faults();
  readonly streams: Streams;
  readonly limits: RateLimits;
  readonly certificate: CertificateAndKey;
  /** Everything that was asked, oldest first. */
  readonly received: ReceivedRequest[] = [];
  readonly pageSize: number;
  /** Somebody is logged in at the gateway's web page. */
  isLoggedIn = true;
  /** The brokerage session, and whether the user has another one. */
  isBrokerageOpen = true;
  isCompeting = false;
  /** What this login has called already; some answers need others before them. */
  readonly called = new Set<string>();
  /** Positions that the gateway keeps until they are to be forgotten, by account. */
  readonly kept = new Map<string, readonly unknown[]>();
  readonly #clock: Clock;
  readonly #host: string;
  readonly #sockets = new Set<Socket>();
  #server: PlainServer | undefined;
  #port = 0;
  #ticking: Timer | undefined;
  readonly #delayed = new Set<Timer>();
  readonly #open = new Set<ServerResponse>();
  readonly #served = new WeakSet<Socket>();

  constructor(options: PortalSimulatorOptions) {
    const { book, clock = systemClock, requestsPerSecond = 10, penaltyMs = 15 * 60_000 } = options;
    this.book = book;
    this.#clock = clock;
    this.#host = options.host ?? '127.0.0.1';
    this.pageSize = options.pageSize ?? 100;
    this.certificate = createCertificate(options.certificateHosts ?? ['localhost']);
    this.limits = new RateLimits(clock, requestsPerSecond, penaltyMs);
    this.streams = new Streams({
      book, clock, faults: this.faults,
      precision: options.precision ?? 'full',
      marketDataLines: options.marketDataLines ?? 100,
      streamLifeMs: options.streamLifeMs ?? 15 * 60_000,
      requestsBeforeGreeks: options.requestsBeforeGreeks ?? 1,
    });
  }

  get port(): number {
    return this.#port;
  }

  /** "https://localhost:5001". */
  get url(): string {
    return `https://localhost:${this.#port}`;
  }

  /** Connections that are open now. */
  get openConnections(): number {
    return this.#sockets.size;
  }

  get listening(): boolean {
    return this.#server !== undefined;
  }

  /** Requests that have arrived whole and are neither answered nor given up. */
  get unanswered(): number {
    return this.#open.size;
  }

  /** Greeks by conid as they last left, whole. */
  get sentGreeks(): ReadonlyMap<number, SentGreeks> {
    return this.streams.sentGreeks;
  }

  /** What an account's net Greeks must be, from what was last sent. */
  expectedSums(account: string): ExpectedSums {
    return this.book.expectedSums(account, this.sentGreeks);
  }

  /** The brokerage session as the status tells it. */
  status(): BrokerageStatus {
    const isOpen = this.isLoggedIn && this.isBrokerageOpen && !this.isCompeting && !this.faults.silentlyExpired;
    return { authenticated: isOpen, established: isOpen && !this.faults.notEstablished, competing: this.isCompeting, connected: this.isLoggedIn };
  }

  /** Requests to a path that begins like this, oldest first. */
  requestsTo(path: string): readonly ReceivedRequest[] {
    return this.received.filter((request) => request.path.startsWith(path));
  }

  /** Starts to accept connections; port 0 picks a free one. */
  async listen(port = 0): Promise<{ readonly port: number }> {
    const { cert, key } = this.certificate;
    // The gateway keeps idle connections for a while; Node's default of 5 s would close them between two polls.
    await this.#start(createServer({ cert, key, keepAliveTimeout: 65_000 }, (request, response) => void this.#serve(request, response)), port);
    return { port: this.#port };
  }

  /** Nobody listens any more; every connection ends. */
  async refuseConnections(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.close();
    this.drop();
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Listens again on the same port. */
  async acceptConnections(): Promise<void> {
    await this.refuseConnections();
    await this.listen(this.#port);
  }

  /** macOS's AirPlay receiver has the port: plain HTTP, 403 for everything. */
  async startAirPlay(): Promise<void> {
    await this.refuseConnections();
    await this.#start(createPlainServer((_request, response) => response.writeHead(403, { Server: 'AirTunes/870.14.1', 'Content-Length': 0 }).end()), this.#port);
  }

  /** Closes every connection. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.stopTicking();
    for (const timer of this.#delayed) timer.cancel();
    await this.refuseConnections();
  }

  /** The daily end of the session: everything is answered 401 until somebody logs in. */
  expire(): void {
    this.isLoggedIn = false;
    this.#forget();
  }

  /** A person logs in at the gateway's page. */
  login(): void {
    this.isLoggedIn = true;
    this.isBrokerageOpen = true;
    this.isCompeting = false;
    this.faults.silentlyExpired = false;
    this.#forget();
  }

  /** The brokerage session times out; the portal session stays. */
  closeBrokerage(): void {
    this.isBrokerageOpen = false;
    this.#forget();
  }

  /** The same user starts a session elsewhere, which takes the brokerage session. */
  compete(): void {
    this.isCompeting = true;
    this.#forget();
  }

  /** ssodh/init. */
  openBrokerage(compete: boolean): void {
    if (this.faults.reopenFails || !this.isLoggedIn || (this.isCompeting && !compete)) return;
    this.isCompeting = false;
    this.isBrokerageOpen = true;
    this.faults.silentlyExpired = false;
  }

  /** Moves the market once. */
  tick(): void {
    if (this.book.market.step()) this.streams.moved();
  }

  /** Marks the present values as new, moved or not. */
  sendValues(): void {
    this.streams.moved();
  }

  startTicking(intervalMs: Ms): void {
    this.stopTicking();
    this.#ticking = this.#clock.setTimer(intervalMs, () => {
      this.tick();
      this.startTicking(intervalMs);
    });
  }

  stopTicking(): void {
    this.#ticking?.cancel();
    this.#ticking = undefined;
  }

  #forget(): void {
    this.called.clear();
    this.kept.clear();
    this.streams.forgetAll();
  }

  async #start(server: PlainServer, port: number): Promise<void> {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, this.#host, resolve);
    });
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    message.on('error', () => undefined);
    const url = new URL(message.url ?? '/', 'https://localhost');
    const pieces: Buffer[] = [];
    try {
      for await (const piece of message as AsyncIterable<Buffer>) pieces.push(piece);
    } catch {
      return; // the client went away in the middle of its request
    }
    const path = url.pathname.replace(/^\/v1\/api/, '');
    const received: ReceivedRequest = {
      at: this.#clock.monotonic(), method: message.method ?? '', path, query: url.searchParams, body: parseBody(Buffer.concat(pieces).toString('utf8')), status: 0,
    };
    if (this.faults.staleConnections > 0 && this.#served.has(message.socket)) {
      this.faults.staleConnections -= 1;
      message.socket.destroy();
      return;
    }
    this.#served.add(message.socket);
    this.received.push(received);
    this.#open.add(response);
    response.on('close', () => this.#open.delete(response));
    if (this.faults.silence) return;
    const request: PortalRequest = { ...received, headers: message.headers, isApi: url.pathname.startsWith('/v1/api/') };
    const answer = answerRequest(this, request);
    received.status = answer.status;
    this.#later(() => send(response, answer, this.#spoiltOf(path)));
  }

  #spoiltOf(path: string): SpoiltAnswer | undefined {
    return [...this.faults.spoilt].find(([start]) => path.startsWith(start))?.[1];
  }

  #later(action: () => void): void {
    const { answerDelayMs } = this.faults;
    if (answerDelayMs === 0) return action();
    const timer = this.#clock.setTimer(answerDelayMs, () => {
      this.#delayed.delete(timer);
      action();
    });
    this.#delayed.add(timer);
  }
}

function send(response: ServerResponse, answer: Answer, spoilt: SpoiltAnswer | undefined): void {
  const isText = typeof answer.body === 'string';
  const text = answer.body === undefined ? '' : isText ? (answer.body as string) : JSON.stringify(answer.body);
  const headers = { 'Content-Type': isText ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8', ...answer.headers };
  switch (spoilt) {
    case undefined:
      response.writeHead(answer.status, headers).end(text);
      return;
    case 'half':
      response.writeHead(answer.status, headers).end(text.slice(0, Math.ceil(text.length / 2)));
      return;
    case 'error-in-200':
      response.writeHead(200, headers).end(JSON.stringify({ error: 'failed to process request' }));
      return;
    case 'html':
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!DOCTYPE html><html><body>Something else</body></html>');
      return;
    case 'cut':
      response.writeHead(answer.status, { ...headers, 'Content-Length': text.length + 100 });
      response.write(text.slice(0, Math.ceil(text.length / 2)), () => response.destroy());
  }
}

function parseBody(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}
