import type { Socket } from 'node:net';

import type { Clock, Timer } from '../../../main/engine/clock.ts';
import type { Faults } from './faults.ts';

/** The way out of one connection: at once and whole, unless a fault delays it, cuts it into pieces or swallows it. */
export class Outgoing {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #faults: Faults;
  /** What is not yet due, in order. */
  #waiting: { readonly frame: Buffer; readonly dueAt: number }[] = [];
  #timer: Timer | undefined;
  #trickling: Buffer = Buffer.alloc(0);
  #trickleTimer: Timer | undefined;
  readonly #later = new Set<Timer>();
  #closed = false;

  constructor(socket: Socket, clock: Clock, faults: Faults) {
    this.#socket = socket;
    this.#clock = clock;
    this.#faults = faults;
  }

  /** Sends a frame after every earlier one. */
  send(frame: Buffer): void {
    if (this.#closed || this.#faults.silence) return;
    const delayMs = this.#faults.answerDelayMs;
    if (delayMs === 0 && this.#waiting.length === 0) return this.#write(frame);
    this.#waiting.push({ frame, dueAt: this.#clock.monotonic() + delayMs });
    this.#waitForNext();
  }

  /** Sends frames after `delayMs`; what is sent meanwhile goes first. */
  sendLater(frames: readonly Buffer[], delayMs: number): void {
    if (this.#closed) return;
    const timer = this.#clock.setTimer(delayMs, () => {
      this.#later.delete(timer);
      for (const frame of frames) this.send(frame);
    });
    this.#later.add(timer);
  }

  /** Writes without regard to faults; false asks to wait for the socket's drain event. */
  sendRaw(bytes: Buffer): boolean {
    return this.#closed || this.#socket.write(bytes);
  }

  /** Swallows everything from now on and frees the timers. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
    this.#timer?.cancel();
    this.#trickleTimer?.cancel();
    for (const timer of this.#later) timer.cancel();
  }

  #waitForNext(): void {
    const next = this.#waiting[0];
    if (next === undefined || this.#timer !== undefined || this.#closed) return;
    this.#timer = this.#clock.setTimer(next.dueAt - this.#clock.monotonic(), () => {
      this.#timer = undefined;
      while (this.#waiting[0] !== undefined && this.#waiting[0].dueAt <= this.#clock.monotonic()) {
        this.#write((this.#waiting.shift() as { frame: Buffer }).frame);
      }
      this.#waitForNext();
    });
  }

  #write(frame: Buffer): void {
    if (this.#faults.trickle === undefined && this.#trickling.length === 0) {
      this.#socket.write(frame);
      return;
    }
    this.#trickling = Buffer.concat([this.#trickling, frame]);
    this.#trickle();
  }

  #trickle(): void {
    if (this.#closed || this.#trickleTimer !== undefined || this.#trickling.length === 0) return;
    const { bytes, everyMs } = this.#faults.trickle ?? { bytes: this.#trickling.length, everyMs: 0 };
    this.#socket.write(this.#trickling.subarray(0, bytes));
    this.#trickling = this.#trickling.subarray(bytes);
    this.#trickleTimer = this.#clock.setTimer(everyMs, () => {
      this.#trickleTimer = undefined;
      this.#trickle();
    });
  }
}
