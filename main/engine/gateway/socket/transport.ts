import type { Socket } from 'node:net';
import { IBApi } from '@stoqey/ib/dist/api/api.js';
import type { Clock, Ms } from '../../clock.ts';

/** What the session wants to know about the wire beyond the library's own events. */
export interface TransportListener {
  /** The TCP connection stands; the protocol's handshake begins. */
  onTcpConnect(): void;
  /** The socket failed, as Node tells it. */
  onTcpError(error: NodeJS.ErrnoException): void;
  /** What came cannot be this protocol; nothing more is read. */
  onGarbage(): void;
  /** Decoding one message threw; it was dropped, the connection goes on. */
  onFault(error: unknown): void;
  /** An error message whose other parts could not be decoded. */
  onCode(requestId: number, code: number, text: string): void;
}

/** Largest message; the library's own limit, taken from IBKR's Java client. */
const LARGEST_FRAME = 0xff_ff_ff;
const ERROR_MESSAGE = '4';
const KEEP_ALIVE_MS: Ms = 30_000;
const EMPTY = Buffer.alloc(0);

/**
 * One `IBApi` of @stoqey/ib with a guard around its socket, for one connection; never reused.
 *
 * The library does the encoding, decoding and events. What is replaced, on this instance only, is what it does wrong
 * with the bytes around them (ibkr-facts.md 2.10):
 * - frames are cut here, so that an exception of one message (a throwing listener, malformed advancedOrderReject JSON) drops
 *   that message and not the process, a truncated message does not spill into the next one, and a negative length does not
 *   loop for ever;
 * - an empty number is "not known" instead of 0, everywhere;
 * - its rate limiter is taken out: it queues unseen, and leaves a timer behind for each message;
 * - socket errors keep their code (`localhost` on two addresses fails with an empty message).
 *
 * The parts are private to the library, which is why its version is pinned; the constructor fails if they have moved.
 */
export class Transport {
  readonly api: IBApi;
  readonly #clock: Clock;
  readonly #listener: TransportListener;
  readonly #library: Library;
  #rest: Buffer = EMPTY;
  #closed = false;
  /** Monotonic instant of the newest bytes. */
  heardAt: Ms;
  /** Wall-clock instant of the newest bytes; one reading of the clock serves all ticks of a packet. */
  heardAtWall: Ms;

  constructor(endpoint: { readonly host: string; readonly port: number }, clock: Clock, listener: TransportListener) {
    this.#clock = clock;
    this.#listener = listener;
    this.heardAt = clock.monotonic();
    this.heardAtWall = clock.now();
    // Everything is given: what is absent the library looks for in IB_HOST, IB_PORT and a .env file.
    this.api = new IBApi({ host: endpoint.host, port: endpoint.port, maxReqPerSec: 1_000 });
    this.#library = reachInto(this.api);
    this.#guard();
  }

  /** Dials; throws on a port or host that Node refuses. */
  connect(clientId: number): void {
    this.api.connect(clientId);
    this.#library.socket.client?.setNoDelay(true);
    this.#library.socket.client?.setKeepAlive(true, KEEP_ALIVE_MS);
  }

  /** Sends what was written, destroys the socket (also one that still dials), and silences the library. Idempotent. */
  close(): Promise<void> {
    this.#closed = true;
    this.#rest = EMPTY;
    this.api.removeAllListeners();
    const { client } = this.#library.socket;
    if (client === undefined || client.closed) return Promise.resolve();
    return new Promise((resolve) => {
      client.once('close', () => resolve());
      client.end();
      client.destroy();
    });
  }

  #guard(): void {
    const { controller, socket, decoder } = this.#library;
    const shakeHands = socket.onConnect.bind(socket);
    const end = socket.onEnd.bind(socket);
    socket.onData = (data) => this.#read(data);
    socket.onConnect = () => this.#attempt(() => {
      this.#listener.onTcpConnect();
      shakeHands();
    });
    socket.onEnd = () => this.#attempt(end);
    socket.onError = (error) => {
      if (!this.#closed) this.#listener.onTcpError(error);
    };
    controller.rateLimiter = (tokens) => socket.send(tokens);
    decoder.readDouble = decoder.readDoubleOrUndefined;
  }

  #read(data: Buffer): void {
    if (this.#closed) return;
    this.heardAt = this.#clock.monotonic();
    this.heardAtWall = this.#clock.now();
    const bytes = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    let at = 0;
    while (bytes.length - at >= 4) {
      const size = bytes.readInt32BE(at);
      if (size < 0 || size > LARGEST_FRAME) return this.#listener.onGarbage();
      if (bytes.length - at - 4 < size) break;
      this.#deliver(bytes.toString('utf8', at + 4, at + 4 + size));
      if (this.#closed) return;
      at += 4 + size;
    }
    this.#rest = at === bytes.length ? EMPTY : bytes.subarray(at);
  }

  #deliver(message: string): void {
    const { socket, decoder } = this.#library;
    // The library prefixes a message that ended without NUL to the next one; frames are independent.
    socket.dataFragment = '';
    try {
      socket.onMessage(message);
    } catch (error) {
      // What is left of this message would otherwise swallow the next one.
      decoder.dataQueue = [];
      decoder.emitQueue = [];
      this.#attempt(() => this.#recover(message, error));
    }
  }

  /** An error message counts even if its advancedOrderReject is malformed JSON: its code may be the end of a stream. */
  #recover(message: string, error: unknown): void {
    const [kind, , requestId, code, text] = message.split('\0');
    if (kind === ERROR_MESSAGE && error instanceof SyntaxError) this.#listener.onCode(Number(requestId), Number(code), text ?? '');
    this.#listener.onFault(error);
  }

  #attempt(action: () => void): void {
    if (this.#closed) return;
    try {
      action();
    } catch (error) {
      this.#listener.onFault(error);
    }
  }
}

/** The private parts of @stoqey/ib 1.6.10 that {@link Transport} replaces or needs. */
interface Library {
  readonly controller: { rateLimiter: (tokens: unknown[]) => void };
  readonly socket: {
    client?: Socket;
    dataFragment: string;
    onConnect(): void;
    onData(data: Buffer): void;
    onMessage(message: string): void;
    onEnd(): void;
    onError(error: NodeJS.ErrnoException): void;
    send(tokens: unknown[]): void;
  };
  readonly decoder: {
    dataQueue: unknown[];
    emitQueue: unknown[];
    readDouble(): number | undefined;
    readDoubleOrUndefined(): number | undefined;
  };
}

function reachInto(api: IBApi): Library {
  const controller = (api as unknown as { controller?: Partial<Library['controller']> & Partial<Pick<Library, 'socket' | 'decoder'>> }).controller;
  const { socket, decoder } = controller ?? {};
  const parts = [
    controller?.rateLimiter, socket?.onConnect, socket?.onData, socket?.onMessage, socket?.onEnd, socket?.onError, socket?.send,
    decoder?.readDouble, decoder?.readDoubleOrUndefined,
  ];
  const arrays = [decoder?.dataQueue, decoder?.emitQueue];
  if (parts.some((part) => typeof part !== 'function') || arrays.some((part) => !Array.isArray(part)) || typeof socket?.dataFragment !== 'string') {
    throw new Error('@stoqey/ib has changed inside; the guard in gateway/socket/transport.ts was written for 1.6.10');
  }
  return { controller, socket, decoder } as Library;
}
