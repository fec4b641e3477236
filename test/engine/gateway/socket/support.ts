import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import type { Clock } from '../../../../main/engine/clock.ts';
import type { Gateway, Session, SessionEvent } from '../../../../main/engine/gateway/gateway.ts';
import type { Leg, LegQuote } from '../../../../main/engine/greeks/leg.ts';
import { createSocketGateway } from '../../../../main/engine/gateway/socket/socket-gateway.ts';
import { createDemoBook } from '../../../simulators/demo-book.ts';
import { TwsSimulator } from '../../../simulators/tws/simulator.ts';
import type { TwsSimulatorOptions } from '../../../simulators/tws/simulator.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { until } from '../../../support/until.ts';

/** A session with everything that it told, closed when the test ends. */
export interface Recorded {
  readonly session: Session;
  readonly events: SessionEvent[];
}

export function record(test: TestContext, gateway: Gateway): Recorded {
  const events: SessionEvent[] = [];
  const session = gateway.open((event) => void events.push(event));
  test.after(() => session.close());
  return { session, events };
}

export function eventsOf<T extends SessionEvent['type']>(events: readonly SessionEvent[], type: T): Extract<SessionEvent, { type: T }>[] {
  return events.filter((event): event is Extract<SessionEvent, { type: T }> => event.type === type);
}

export async function untilReady({ events }: Recorded): Promise<void> {
  await until(() => {
    const [closed] = eventsOf(events, 'closed');
    if (closed !== undefined) throw new Error(`closed instead of ready: ${closed.cause.text}`);
    return eventsOf(events, 'ready').length > 0;
  }, 'ready');
}

export async function untilClosed({ events }: Recorded): Promise<Extract<SessionEvent, { type: 'closed' }>> {
  return until(() => eventsOf(events, 'closed')[0], 'closed');
}

export function quoteOf(session: Session, conId: number): LegQuote {
  const quote = session.quote(conId);
  if (quote === undefined) throw new Error(`no quote of ${conId}`);
  return quote;
}

/** Real time for each step of the clock: on a machine that is overloaded the kernel, too, takes its time to hand a packet over. */
const ioMs = 4;
const mostPauses = 12;

/** One pause, and further ones while they end late, which tells that others are waiting for the processor, the kernel's own work among them. */
async function letIoHappen(): Promise<void> {
  for (let pauses = 0; pauses < mostPauses; pauses += 1) {
    const before = performance.now();
    await pause(ioMs);
    if (performance.now() - before < 2 * ioMs) return;
  }
}

/** Advances the clock in steps that leave real I/O its time, until `predicate` holds. */
export async function advanceUntil(clock: ManualClock, predicate: () => boolean, what: string, stepMs = 100): Promise<void> {
  await until(async () => {
    if (predicate()) return true;
    await clock.advance(stepMs);
    if (predicate()) return true;
    await letIoHappen();
    return predicate();
  }, what);
}

/**
 * Advances until so many legs are subscribed, in steps that are small beside the second in which a gateway counts messages:
 * what the kernel holds back for some steps must not arrive there as more than a second's worth.
 */
export function advanceUntilSubscribed(clock: ManualClock, simulator: TwsSimulator, legs = 40): Promise<void> {
  return advanceUntil(clock, () => simulator.subscribedConIds().length === legs, `${legs} subscribed legs`, 20);
}

export function hasGreeks(session: Session, leg: Leg): boolean {
  const quote = session.quote(leg.conId);
  return quote?.delta !== undefined && quote.gamma !== undefined && quote.vega !== undefined && quote.theta !== undefined;
}

export function isOption(leg: Leg): boolean {
  return leg.kind === 'OPT' || leg.kind === 'FOP';
}

/** The simulator with the demo's book of 40 legs, and a gateway on the same manual clock. */
export async function startSimulator(test: TestContext, options: Partial<TwsSimulatorOptions> & { readonly account?: string; readonly clock?: ManualClock } = {}) {
  const clock = options.clock ?? new ManualClock();
  const { account = '', ...rest } = options;
  const simulator = new TwsSimulator({ book: createDemoBook({ today: '20260304' }), ...rest, clock });
  const { port } = await simulator.listen();
  test.after(() => simulator.close());
  return { clock, simulator, port, gateway: gatewayAt(port, clock, account) };
}

export function gatewayAt(port: number, clock: Clock, account = '', clientId = 10): Gateway {
  return createSocketGateway({ host: '127.0.0.1', port, clientId, account, clock });
}

/** Numbers of the messages that the bridge sends. */
export const outgoing = {
  marketData: '1', cancelMarketData: '2', contractDetails: '9', currentTime: '49', marketDataType: '59', positions: '61', cancelPositions: '64', startApi: '71',
} as const;

/** One message as it goes over the wire: length, then NUL-terminated fields. */
export function frame(...fields: readonly (string | number)[]): Buffer {
  return rawFrame(fields.map((field) => `${field}\0`).join(''));
}

export function rawFrame(payload: string): Buffer {
  const body = Buffer.from(payload, 'utf8');
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
}

/** A position record: SPX option 1 by default. */
export function positionFrame(conId: number, quantity: number, overrides: { readonly account?: string; readonly secType?: string; readonly multiplier?: string; readonly symbol?: string } = {}): Buffer {
  const { account = 'DU1', secType = 'OPT', multiplier = '100', symbol = 'SPX' } = overrides;
  const isOptionLike = secType === 'OPT' || secType === 'FOP';
  return frame(61, 3, account, conId, symbol, secType, secType === 'STK' ? '' : '20270115', isOptionLike ? 5000 : '0.0', isOptionLike ? 'C' : '', multiplier, '', 'USD', `${symbol} ${conId}`, symbol, quantity, 1);
}

/** A computation tick; every field as text, so that a test says exactly what stands on the wire. */
export function computationFrame(requestId: number, tickType: number, fields: Partial<Record<'volatility' | 'delta' | 'price' | 'dividend' | 'gamma' | 'vega' | 'theta' | 'underlying', string | number>> = {}): Buffer {
  const { volatility = 0.2, delta = 0.5, price = 10, dividend = 0, gamma = 0.01, vega = 3, theta = -1, underlying = 5000 } = fields;
  return frame(21, requestId, tickType, 0, volatility, delta, price, dividend, gamma, vega, theta, underlying);
}

/** A row of contract details at protocol version 193. */
export function detailsFrame(requestId: number, conId: number, { exchange, multiplier, secType = 'OPT' }: { readonly exchange: string; readonly multiplier: string; readonly secType?: string }): Buffer {
  return frame(10, requestId, 'SPX', secType, '20270115', '20270115', 5000, 'C', exchange, 'USD', 'SPX', 'SPXW', 'SPXW', conId, 0.05, multiplier, 'LMT', exchange, 1, 0, 'S&P 500', '', '202701', '', '', '', 'US/Central', '', '', '', '', 0, 1, '', '', '', '20270115', '', 1, 1, 1, 0);
}

export interface RawPeerOptions {
  readonly accounts?: string;
  readonly positions?: readonly Buffer[];
  /** Instead of the ordinary answers; false: also the ordinary ones. */
  readonly onRequest?: (fields: readonly string[], peer: RawPeer) => boolean;
  /** Bytes that answer the client's opening instead of the version. */
  readonly hello?: Buffer;
}

/** A peer that says exactly what a test tells it to, byte by byte: for what no gateway should ever send. */
export class RawPeer {
  readonly requests: string[][] = [];
  readonly #options: RawPeerOptions;
  readonly #server: Server;
  readonly sockets: Socket[] = [];

  private constructor(options: RawPeerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(test: TestContext, options: RawPeerOptions = {}): Promise<RawPeer> {
    const peer = new RawPeer(options);
    await new Promise<void>((resolve) => peer.#server.listen(0, '127.0.0.1', resolve));
    test.after(() => {
      peer.#server.close();
      for (const socket of peer.sockets) socket.destroy();
    });
    return peer;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Sends bytes to the newest connection, in one packet. */
  send(...frames: readonly Buffer[]): void {
    this.sockets.at(-1)?.write(Buffer.concat(frames));
  }

  /** Messages of one kind, oldest first. */
  requestsOf(kind: string): readonly string[][] {
    return this.requests.filter(([first]) => first === kind);
  }

  /** The request id under which the newest market data of a contract was asked for. */
  async requestIdOf(conId: number): Promise<number> {
    const request = await until(() => this.requestsOf(outgoing.marketData).findLast((fields) => fields[3] === String(conId)), `a request for ${conId}`);
    return Number(request[2]);
  }

  #serve(socket: Socket): void {
    this.sockets.push(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    let rest = Buffer.alloc(0);
    let greeted = false;
    socket.on('data', (data: Buffer) => {
      rest = Buffer.concat([rest, data]);
      if (!greeted) {
        greeted = true;
        rest = rest.subarray(8 + rest.readUInt32BE(4));
        socket.write(this.#options.hello ?? frame(193, '20260304 15:00:00 EST'));
      }
      while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
        const size = rest.readUInt32BE(0);
        this.#answer(rest.toString('utf8', 4, 4 + size).split('\0').slice(0, -1));
        rest = rest.subarray(4 + size);
      }
    });
  }

  #answer(fields: string[]): void {
    this.requests.push(fields);
    if (this.#options.onRequest?.(fields, this) === true) return;
    const [kind] = fields;
    if (kind === outgoing.startApi) this.send(frame(15, 1, this.#options.accounts ?? 'DU1'), frame(9, 1, 1));
    if (kind === outgoing.positions) this.send(...(this.#options.positions ?? []), frame(62, 1));
    if (kind === outgoing.currentTime) this.send(frame(49, 1, 1_772_654_400));
  }
}

/** A raw peer with one option in the book, and a session that runs on it. */
export async function runOnRawPeer(test: TestContext, options: RawPeerOptions & { readonly clock?: ManualClock } = {}) {
  const clock = options.clock ?? new ManualClock();
  const peer = await RawPeer.start(test, { positions: [positionFrame(OPTION, 2)], ...options });
  const gateway = gatewayAt(peer.port, clock);
  const recorded = record(test, gateway);
  await untilReady(recorded);
  return { clock, peer, gateway, ...recorded };
}

/** conId of the option that {@link runOnRawPeer} holds. */
export const OPTION = 4001;
