import type { ServerResponse } from 'node:http';
import type { Update } from '../../preload/contract.ts';
import type { Clock, Ms, Timer } from '../engine/clock.ts';
import type { BridgeService } from '../service/bridge-service.ts';

/** A comment this often keeps the line open and finds out that nobody is there any more. */
const keepAliveMs: Ms = 15_000;
/** A browser opens six connections to one host at most. */
const maxStreams = 16;
/** A tab that takes no data (a suspended laptop on the other end of a tunnel) is not piled up for. */
const maxUnsentBytes = 4 * 1024 * 1024;

/** Names the stream to the page that opened it, which says by it whether it can be seen. */
export const streamHeader = 'x-stream';

interface Stream {
  readonly response: ServerResponse;
  readonly setShown: (shown: boolean) => void;
}

/**
 * The open streams of server-sent events. Each is a window, visible while its tab can be seen and takes what it is sent;
 * a tab in the background keeps its stream, and nothing is made for it.
 */
export class UpdateStreams {
  readonly #service: BridgeService;
  readonly #clock: Clock;
  readonly #open = new Map<number, Stream>();
  #opened = 0;

  constructor(service: BridgeService, clock: Clock) {
    this.#service = service;
    this.#clock = clock;
  }

  open(response: ServerResponse): void {
    if (this.#open.size >= maxStreams) {
      response.writeHead(503, { 'content-type': 'text/plain', connection: 'close' }).end('too many windows');
      return;
    }
    const id = ++this.#opened;
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', [streamHeader]: id });
    response.write(': open\n\n');
    let shown = true;
    let choked = false;
    const attachment = this.#service.attach((update) => {
      write(response, update);
      choked = response.writableLength > maxUnsentBytes;
      if (choked) attachment.setVisible(false);
    });
    const judge = (): void => attachment.setVisible(shown && !choked);
    response.on('drain', () => {
      choked = false;
      judge();
    });
    const keepAlive = this.#keepAlive(response);
    response.once('close', () => {
      keepAlive.cancel();
      attachment.detach();
      this.#open.delete(id);
    });
    const setShown = (next: boolean): void => {
      shown = next;
      judge();
    };
    this.#open.set(id, { response, setShown });
    judge();
  }

  /** The tab of a stream came into sight or left it; false where there is no such stream (any more). */
  setShown(id: number, shown: boolean): boolean {
    const stream = this.#open.get(id);
    stream?.setShown(shown);
    return stream !== undefined;
  }

  close(): void {
    for (const { response } of this.#open.values()) response.end();
  }

  #keepAlive(response: ServerResponse): Timer {
    let timer: Timer;
    const arm = (): Timer =>
      this.#clock.setTimer(keepAliveMs, () => {
        timer = arm();
        if (!response.writableNeedDrain) response.write(': \n\n');
      });
    timer = arm();
    return { cancel: () => timer.cancel() };
  }
}

function write(response: ServerResponse, update: Update): void {
  response.write(`data: ${JSON.stringify(update)}\n\n`);
}
