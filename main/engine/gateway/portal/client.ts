import { request as plainRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Clock, Ms } from '../../clock.ts';
import type { PortalAddress } from './address.ts';
import { readAnswer, type RawAnswer } from './answer.ts';
import { airPlay, connectionCause, isTlsError, timedOut } from './causes.ts';
import type { Pace } from './pace.ts';
import { ended, PortalError } from './portal-error.ts';
import { TrustingAgent, type TrustRule } from './trust.ts';

const ANSWER_DEADLINE_MS: Ms = 10_000;
const IDENTIFY_DEADLINE_MS: Ms = 2_000;
/** No answer of the gateway's is anywhere near; something that streams for ever is cut off. */
const LARGEST_ANSWER = 32 * 1024 * 1024;

export interface PortalClientOptions {
  readonly address: PortalAddress;
  readonly rule: TrustRule;
  readonly clock: Clock;
  readonly pace: Pace;
  /** Instead of the system's name resolution; for tests. */
  readonly lookup?: LookupFunction;
}

export interface PortalRequest {
  readonly method: 'GET' | 'POST';
  /** After /v1/api, without query. */
  readonly path: string;
  readonly query?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly deadlineMs?: Ms;
}

/** One session's requests to the Client Portal Gateway: paced, each with a deadline, on connections of its own. */
export class PortalClient {
  readonly #options: PortalClientOptions;
  readonly #agent: TrustingAgent;
  /** Monotonic instant of the newest bytes of an answer. */
  heardAt: Ms;
  /** Requests that left, retries included. */
  requestsSent = 0;

  constructor(options: PortalClientOptions) {
    this.#options = options;
    this.#agent = new TrustingAgent(options);
    this.heardAt = options.clock.monotonic();
  }

  /**
   * The JSON of the answer, undefined for an empty one.
   *
   * @throws PortalError for every other outcome; a 429 also stops everything else (see {@link Pace}).
   */
  async request(request: PortalRequest, signal: AbortSignal): Promise<unknown> {
    const { pace, address } = this.#options;
    await pace.take(request.path, signal);
    try {
      return readAnswer(await this.#exchange(request, signal, true), address);
    } catch (error) {
      if (error instanceof PortalError && error.kind === 'rate-limited') pace.penalize(error.retryAfterMs);
      throw error;
    }
  }

  /** Ends every connection; requests that run fail. */
  close(): void {
    this.#agent.destroy();
  }

  async #exchange(request: PortalRequest, signal: AbortSignal, mayRepeat: boolean): Promise<RawAnswer> {
    try {
      return await this.#send(request, signal);
    } catch (error) {
      if (error instanceof PortalError) throw error;
      if (error instanceof StaleConnection && mayRepeat) {
        await this.#options.pace.take(request.path, signal);
        return this.#exchange(request, signal, false);
      }
      const reason = (error instanceof StaleConnection ? error.cause : error) as NodeJS.ErrnoException;
      throw await this.#connectionError(reason);
    }
  }

  async #connectionError(error: NodeJS.ErrnoException): Promise<PortalError> {
    const { address } = this.#options;
    if (isTlsError(error)) {
      return new PortalError('not-a-gateway', (await this.#isAirPlay()) ? airPlay(address) : connectionCause(address, error));
    }
    const cause = connectionCause(address, error);
    return new PortalError(cause.code === 'gateway-unreachable' ? 'unreachable' : 'broken', cause);
  }

  #send({ method, path, query, body, deadlineMs = ANSWER_DEADLINE_MS }: PortalRequest, signal: AbortSignal): Promise<RawAnswer> {
    const { address, clock } = this.#options;
    const content = body === undefined ? '' : JSON.stringify(body);
    this.requestsSent += 1;
    return new Promise((resolve, reject) => {
      const request = httpsRequest({
        agent: this.#agent,
        host: address.host,
        port: address.port,
        method,
        path: `${address.basePath}${path}${query === undefined ? '' : `?${query}`}`,
        headers: {
          // Without one the gateway answers 403; a POST without a length is answered 411.
          'User-Agent': 'ibkr-trading-bridge',
          Accept: 'application/json',
          ...(method === 'POST' ? { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(content) } : {}),
        },
      });
      const deadline = clock.setTimer(deadlineMs, () => fail(new PortalError('timeout', timedOut(address, deadlineMs))));
      const onAbort = (): void => fail(ended());
      const settle = (): void => {
        deadline.cancel();
        signal.removeEventListener('abort', onAbort);
      };
      const fail = (error: unknown): void => {
        settle();
        reject(error);
        request.destroy();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      request.on('error', (error: NodeJS.ErrnoException) => {
        // The gateway may close an idle connection at the moment in which it is used again.
        const wasIdle = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        fail(wasIdle ? new StaleConnection(error) : error);
      });
      request.on('response', (response) => {
        this.#collect(response).then((answer) => {
          settle();
          resolve(answer);
        }, fail);
      });
      if (signal.aborted) return onAbort();
      request.end(content);
    });
  }

  async #collect(response: IncomingMessage): Promise<RawAnswer> {
    const pieces: Buffer[] = [];
    let size = 0;
    this.#hear();
    for await (const piece of response as AsyncIterable<Buffer>) {
      this.#hear();
      size += piece.length;
      if (size > LARGEST_ANSWER) throw new PortalError('malformed', { code: 'gateway-malformed', text: 'the Client Portal Gateway sent an answer without end' });
      pieces.push(piece);
    }
    const { headers } = response;
    return {
      status: response.statusCode ?? 0,
      contentType: headers['content-type'] ?? '',
      server: String(headers.server ?? ''),
      location: headers.location ?? '',
      retryAfterSeconds: headers['retry-after'] === undefined ? NaN : Number(headers['retry-after']),
      body: Buffer.concat(pieces).toString('utf8'),
    };
  }

  #hear(): void {
    this.heardAt = this.#options.clock.monotonic();
  }

  /** Asks what does not speak TLS for its name, once and in plain HTTP; AirPlay gives it. */
  #isAirPlay(): Promise<boolean> {
    const { address, clock, lookup } = this.#options;
    return new Promise((resolve) => {
      const request = plainRequest({ host: address.host, port: address.port, agent: false, ...(lookup === undefined ? {} : { lookup }) });
      const deadline = clock.setTimer(IDENTIFY_DEADLINE_MS, () => settle(false));
      const settle = (is: boolean): void => {
        deadline.cancel();
        request.destroy();
        resolve(is);
      };
      request.on('response', ({ headers }) => settle(/airtunes/i.test(String(headers.server ?? ''))));
      request.on('error', () => settle(false));
      request.end();
    });
  }
}

/** A kept-alive connection was gone before anything was answered on it: the request is asked again, once, on a new one. */
class StaleConnection extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}
