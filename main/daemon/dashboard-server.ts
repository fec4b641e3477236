import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { contentSecurityPolicy } from '../../preload/content-security-policy.ts';
import { requestMethods, type RequestMethod, type Result } from '../../preload/contract.ts';
import { systemClock, type Clock, type Ms } from '../engine/clock.ts';
import type { Logger } from '../engine/log/logger.ts';
import type { BridgeService } from '../service/bridge-service.ts';
import { authorityOf, type DashboardAddress } from './dashboard-address.ts';
import { readPageFiles, type PageFile } from './dashboard-files.ts';
import { DashboardGuard, type Refusal } from './dashboard-guard.ts';
import { UpdateStreams } from './update-streams.ts';

export interface DashboardOptions {
  readonly address: DashboardAddress;
  readonly service: BridgeService;
  /** Where the built window lies: dist/renderer. */
  readonly folder: string;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** How long a client may take to send a request's head, and the whole of it; shorter in tests. */
  readonly patience?: { readonly headersMs: Ms; readonly requestMs: Ms };
}

/** Not of the contract: only a browser's tab has to tell that it went into the background. */
const visibilityMethod = 'visibility';
const maxBodyBytes = 64 * 1024;
const maxHeaderBytes = 8 * 1024;
const maxConnections = 64;
const defaultPatience = { headersMs: 5_000, requestMs: 10_000 };

const securityHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), usb=()',
} as const;

/**
 * The dashboard in a browser of this machine: the built window, its requests over `POST /api/<method>` with `{ args }`,
 * its updates as server-sent events at `GET /api/updates`, and `POST /api/visibility` for a tab that is hidden. Who may ask is {@link DashboardGuard}'s to say.
 */
export class DashboardServer {
  /** With the token, which is made anew each time; for the person who started the daemon only. */
  readonly url: string;
  readonly #server: Server;
  readonly #streams: UpdateStreams;

  private constructor(server: Server, streams: UpdateStreams, url: string) {
    this.#server = server;
    this.#streams = streams;
    this.url = url;
  }

  /**
   * Listens; rejects when the port is taken, the window was not built, or the address is not loopback.
   */
  static async open({ address, service, folder, logger, clock = systemClock, patience = defaultPatience }: DashboardOptions): Promise<DashboardServer> {
    const files = readPageFiles(folder);
    const streams = new UpdateStreams(service, clock);
    const server = createServer({
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: patience.headersMs,
      requestTimeout: patience.requestMs,
      keepAliveTimeout: 5_000,
      connectionsCheckingInterval: Math.min(1_000, patience.headersMs),
    });
    server.maxConnections = maxConnections;
    const bound = await listen(server, address);
    // Such as too many open files: uncaught, it would end the session to the gateway.
    server.on('error', (error) => logger.error({}, `the dashboard's server: ${error.message}`));
    const token = randomBytes(32).toString('base64url');
    const guard = new DashboardGuard(bound, token);
    server.on('request', (request, response) => {
      handle({ service, files, streams, guard }, request, response).catch((error: unknown) => {
        logger.error({}, `the dashboard could not answer: ${error instanceof Error ? error.message : String(error)}`);
        if (response.headersSent) response.destroy();
        else answer(response, 500, { ok: false, message: 'The bridge could not answer.' });
      });
    });
    return new DashboardServer(server, streams, `http://${authorityOf(bound)}/#token=${token}`);
  }

  /** Ends every stream and connection. */
  async close(): Promise<void> {
    this.#streams.close();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

/** Binds, and looks at where it really is: nothing but loopback may ever listen. */
async function listen(server: Server, { host, port }: DashboardAddress): Promise<DashboardAddress> {
  // The type says as much, but an address comes from a command line, and a mistake here would open the bridge to the network.
  if (host !== '127.0.0.1' && host !== '::1') throw new Error(`the dashboard may not listen on ${String(host)}`);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const bound = server.address() as AddressInfo;
  if (bound.address !== host) {
    server.close();
    throw new Error(`the dashboard was bound to ${bound.address} instead of ${host}`);
  }
  return { host, port: bound.port };
}

interface Handling {
  readonly service: BridgeService;
  readonly files: ReadonlyMap<string, PageFile>;
  readonly streams: UpdateStreams;
  readonly guard: DashboardGuard;
}

async function handle({ service, files, streams, guard }: Handling, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // A client that goes away in the middle is its own business.
  response.on('error', () => response.destroy());
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
  const foreign = guard.refuseForeign(request);
  if (foreign !== null) return refuse(response, foreign);
  // No decoding: names of our files need none, and everything else is not there.
  const [path = ''] = (request.url ?? '').split('?', 1);
  if (!path.startsWith('/api/')) return serveFile(files.get(path), request, response);
  const stranger = guard.refuseStranger(request);
  if (stranger !== null) return refuse(response, stranger);
  if (path === '/api/updates') return request.method === 'GET' ? streams.open(response) : refuseMethod(response, 'GET');
  const method = path.slice('/api/'.length);
  if (method !== visibilityMethod && !isRequestMethod(method)) return answer(response, 404, { ok: false, message: `The bridge knows no request "${method.slice(0, 50)}".` });
  if (request.method !== 'POST') return refuseMethod(response, 'POST');
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) return answer(response, 415, { ok: false, message: 'Only JSON is understood.' });
  const body = await readBody(request);
  if (body === undefined) return answer(response, 413, { ok: false, message: 'The request is too long.' });
  const args = parseArguments(body);
  if (args === undefined) return answer(response, 400, { ok: false, message: 'The request was not understood: {"args": [...]} is.' });
  return answer(response, 200, method === visibilityMethod ? showStream(streams, args) : await service.answer(method, args));
}

/** The arguments are the stream's number, as its own answer told it, and whether its tab can be seen. */
function showStream(streams: UpdateStreams, [id, shown]: readonly unknown[]): Result<null> {
  const known = typeof id === 'number' && typeof shown === 'boolean' && streams.setShown(id, shown);
  return known ? { ok: true, value: null } : { ok: false, message: 'There is no such stream of updates.' };
}

function serveFile(file: PageFile | undefined, { method }: IncomingMessage, response: ServerResponse): void {
  if (method !== 'GET' && method !== 'HEAD') return refuseMethod(response, 'GET, HEAD');
  if (file === undefined) return answer(response, 404, { ok: false, message: 'There is no such page.' });
  response.writeHead(200, { 'content-type': file.type, 'content-length': file.bytes.length });
  response.end(method === 'HEAD' ? undefined : file.bytes);
}

function refuse(response: ServerResponse, { status, message }: Refusal): void {
  answer(response, status, { ok: false, message });
}

function refuseMethod(response: ServerResponse, allow: string): void {
  response.setHeader('allow', allow);
  answer(response, 405, { ok: false, message: `Allowed is ${allow}.` });
}

/** A refused request's body is not waited for: its connection ends with the answer. */
function answer(response: ServerResponse, status: number, result: Result<unknown>): void {
  if (status !== 200) response.setHeader('connection', 'close');
  const text = Buffer.from(JSON.stringify(result));
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': text.length });
  response.end(text);
}

/** The body; undefined when it is longer than any request of ours, or its sender went away. */
function readBody(request: IncomingMessage): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    // Not `for await`: leaving it early destroys the socket, and with it the answer that says why.
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxBodyBytes) resolve(undefined);
      else chunks.push(chunk);
    });
    request.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.once('close', () => resolve(undefined));
  });
}

function parseArguments(body: string): readonly unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    const args = typeof parsed === 'object' && parsed !== null && 'args' in parsed ? parsed.args : undefined;
    return Array.isArray(args) ? args : undefined;
  } catch {
    return undefined; // whatever is wrong with it, the answer is the same
  }
}

function isRequestMethod(name: string): name is RequestMethod {
  return (requestMethods as readonly string[]).includes(name);
}
