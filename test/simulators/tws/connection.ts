import type { Socket } from 'node:net';

import * as answers from './answers.ts';
import { errorText } from './error-texts.ts';
import { FrameReader } from './framing.ts';
import { Outgoing } from './outgoing.ts';
import { Pacing } from './pacing.ts';
import { parseRequest } from './requests.ts';
import type { Request } from './requests.ts';
import { Session } from './session.ts';
import type { SessionHost } from './session.ts';

/** What a connection needs from its simulator beyond a session's needs. */
export interface ConnectionHost extends SessionHost {
  readonly serverVersion: number;
  /** Every message, before it is answered or not. */
  received(request: Request, fields: readonly string[], clientId: number | undefined): void;
  /** Whether the id is free; if so it is taken. */
  claimClientId(connection: Connection, clientId: number): boolean;
  /** The connection is gone; `cleanly` when the client said goodbye. */
  closed(connection: Connection, cleanly: boolean): void;
}

/** Oldest server version whose messages the simulator writes. */
const OLDEST_VERSION = 100;

/** One TCP connection of a client, from its opening to its end. */
export class Connection {
  readonly outgoing: Outgoing;
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #reader = new FrameReader();
  readonly #pacing: Pacing;
  #serverVersion: number | undefined;
  #session: Session | undefined;
  /** Accepted while handshakes hang: it never gets an answer, also not later. */
  readonly #hangs: boolean;
  #halfOpen = false;
  #saidGoodbye = false;

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket;
    this.#host = host;
    this.#hangs = host.faults.hangInHandshake;
    this.outgoing = new Outgoing(socket, host.clock, host.faults);
    this.#pacing = new Pacing(host.clock, host.limits.messagesPerSecond);
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('end', () => {
      this.#saidGoodbye = true;
      socket.end();
    });
    // The reset of a client is an ordinary end here; 'close' follows and does the rest.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.outgoing.close();
      host.closed(this, this.#saidGoodbye);
    });
  }

  /** The session, once the client's id was accepted. */
  get session(): Session | undefined {
    return this.#halfOpen ? undefined : this.#session;
  }

  get clientId(): number | undefined {
    return this.#session?.clientId;
  }

  /** Closes the socket as a Gateway that quits. */
  drop(): void {
    this.outgoing.close();
    this.#socket.destroy();
  }

  /** Ends it with a TCP reset. */
  reset(): void {
    this.outgoing.close();
    this.#socket.resetAndDestroy();
  }

  /** Neither reads nor writes any more, and never closes: a peer behind a network that vanished. */
  goHalfOpen(): void {
    this.#halfOpen = true;
    this.outgoing.close();
    this.#socket.pause();
  }

  /** Sends the first part of a message and dies. */
  dieInMidMessage(): void {
    const frame = answers.managedAccounts(this.#host.book.accounts());
    this.outgoing.sendRaw(frame.subarray(0, frame.length - 3));
    this.hangUp();
  }

  /** Lets what was written arrive, then closes. */
  hangUp(): void {
    this.outgoing.close();
    this.#socket.end(() => this.#socket.destroy());
  }

  /** Resolves when the socket took what was written so far, or is gone. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#socket.writableNeedDrain || this.#socket.destroyed) return resolve();
      const done = (): void => {
        this.#socket.off('drain', done).off('close', done);
        resolve();
      };
      this.#socket.on('drain', done).on('close', done);
    });
  }

  #read(chunk: Buffer): void {
    for (const incoming of this.#reader.push(chunk)) {
      if (incoming.kind === 'garbage') return this.drop();
      if (incoming.kind === 'hello') this.#greet(incoming.maxVersion);
      else this.#take(incoming.fields);
    }
  }

  #greet(clientVersion: number): void {
    if (this.#hangs) return;
    this.#serverVersion = Math.min(this.#host.serverVersion, clientVersion);
    if (this.#serverVersion < OLDEST_VERSION) return this.drop();
    this.outgoing.send(answers.hello(this.#serverVersion, new Date(this.#host.clock.now())));
  }

  #take(fields: readonly string[]): void {
    if (this.#serverVersion === undefined) return;
    const request = parseRequest(fields, this.#serverVersion);
    this.#host.received(request, fields, this.clientId);
    const verdict = this.#pacing.judge();
    if (verdict !== 'accepted') {
      this.outgoing.send(answers.error(this.#serverVersion, -1, 100, errorText(100, this.#pacing.describe())));
      if (verdict === 'session-ends') this.hangUp();
      return;
    }
    if (this.#host.faults.silence) return;
    if (request.type === 'start-api') this.#start(request.clientId);
    else this.#session?.answer(request);
  }

  #start(clientId: number): void {
    if (this.#session !== undefined || this.#serverVersion === undefined) return;
    if (this.#host.faults.clientIdInUse || !this.#host.claimClientId(this, clientId)) {
      this.outgoing.send(answers.error(this.#serverVersion, -1, 326, errorText(326)));
      return this.hangUp();
    }
    this.#session = new Session(this.#host, this.outgoing, clientId, this.#serverVersion);
    this.#session.greet();
  }
}
