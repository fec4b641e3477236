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

/** The open streams of server-sent events; each is a window that is visible while its stream is open and takes what it is sent. */
export class UpdateStreams {
  readonly #service: BridgeService;
  readonly #clock: Clock;
  readonly #open = new Set<ServerResponse>();

  constructor(service: BridgeService, clock: Clock) {
    this.#service = service;
    this.#clock = clock;
  }

  open(response: ServerResponse): void {
    if (this.#open.size >= maxStreams) {
      response.writeHead(503, { 'content-type': 'text/plain', connection: 'close' }).end('too many windows');
      return;
    }
    this.#open.add(response);
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.write(': open\n\n');
    const attachment = this.#service.attach((update) => {
      write(response, update);
      if (response.writableLength > maxUnsentBytes) attachment.setVisible(false);
    });
    response.on('drain', () => attachment.setVisible(true));
    const keepAlive = this.#keepAlive(response);
    response.once('close', () => {
      keepAlive.cancel();
      attachment.detach();
      this.#open.delete(response);
    });
    attachment.setVisible(true);
  }

  close(): void {
    for (const response of this.#open) response.end();
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
