import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { DashboardServer } from '../../main/daemon/dashboard-server.ts';
import { quietLogger } from '../../main/engine/log/logger.ts';
import { requestMethods, type RequestMethod } from '../../preload/contract.ts';
import { ServiceStand } from '../service/service-stand.ts';
import { anyText, anyValue, spoilt } from './hostile-values.ts';

const methods = fc.oneof(fc.constantFrom(...requestMethods), anyText, fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty'));
const change = spoilt({ socketPort: 4001, apiMode: 'SOCKET', pollIntervalSeconds: 5, underlyingSymbol: 'SPX' });
const argument = fc.oneof(anyValue, change, spoilt({ limit: 10, before: 5, search: 'x', statuses: ['info'] }), spoilt({ kind: 'set', password: 'x' }), fc.constantFrom('15m', '1d', 'gateway', 'database', 'reconnect', 'pause', 'resume'));

/** What windows may ask: every request is answered, well or with a sentence, and the bridge's own numbers stay as they were. */
export async function spoilRequests(runs: number, seed: number): Promise<void> {
  const stand = await ServiceStand.open();
  try {
    await stand.connect();
    await fc.assert(
      fc.asyncProperty(methods, fc.oneof(anyValue, fc.array(argument, { maxLength: 3 })), async (method, args) => {
        // Where a request waits for a gateway or a database, the test's clock must move.
        const answered = stand.service.answer(method as RequestMethod, args);
        await stand.clock.advance(0);
        const answer = await answered;
        assert.equal(typeof answer.ok, 'boolean');
        if (!answer.ok) assert.ok(answer.message.length > 0 && answer.message.length < 2_000, answer.message);
      }),
      { numRuns: runs, seed },
    );
  } finally {
    await stand.close();
  }
}

interface Head {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly origin: string | undefined;
  readonly token: string | undefined;
  readonly type: string;
  readonly length: number | undefined;
  readonly body: string;
  /** Bytes of the request that are sent before the client falls silent or goes away; all by default. */
  readonly cut: number;
}

/** Raw HTTP requests: nobody without the token is told anything, everything ends, the server goes on. */
export async function spoilHttp(runs: number, seed: number): Promise<void> {
  const stand = await ServiceStand.open();
  const folder = join(stand.folder, 'page');
  mkdirSync(folder);
  writeFileSync(join(folder, 'index.html'), 'the page');
  const patience = { headersMs: 100, requestMs: 200 };
  const server = await DashboardServer.open({ address: { host: '127.0.0.1', port: 0 }, service: stand.service, folder, logger: quietLogger, patience });
  const { port, hash } = new URL(server.url);
  const token = hash.slice('#token='.length);
  const own = `127.0.0.1:${port}`;
  const head: fc.Arbitrary<Head> = fc.record({
    method: fc.oneof({ weight: 4, arbitrary: fc.constantFrom('GET', 'POST', 'HEAD', 'PUT', 'OPTIONS', 'DELETE') }, anyText),
    path: fc.oneof(fc.constantFrom('/', '/api/overview', '/api/settings', '/api/log', '/api/nothing', '/api/', '/../secret', '/%2e%2e/secret', '//', '*', 'http://evil.example/'), anyText),
    host: fc.oneof({ weight: 3, arbitrary: fc.constant(own) }, fc.constantFrom('evil.example', 'localhost', '', `${own}.evil.example`), anyText),
    origin: fc.constantFrom(undefined, `http://${own}`, 'http://evil.example', 'null', ''),
    token: fc.oneof(fc.constantFrom(undefined, token, token.slice(1), ''), anyText),
    type: fc.constantFrom('application/json', 'text/plain', ''),
    length: fc.constantFrom(undefined, 0, 1, 70_000, -1, 1e12),
    body: fc.oneof(fc.constantFrom('{"args":[]}', '{"args":', '', 'x'.repeat(70_000), '{"args":[{"limit":1}]}'), anyText),
    cut: fc.oneof({ weight: 40, arbitrary: fc.constant(Infinity) }, fc.nat(200)),
  });
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(head, { minLength: 4, maxLength: 4 }), async (heads) => {
        await Promise.all(
          heads.map(async (each) => {
            const answer = await exchange(Number(port), each);
            const may = each.token === token && each.host === own;
            if (!may && each.path.startsWith('/api/')) assert.doesNotMatch(answer, /^HTTP\/1\.1 200/, JSON.stringify(each));
            assert.ok(!answer.includes('buffer.sqlite') || may);
          }),
        );
      }),
      { numRuns: Math.ceil(runs / 4), seed },
    );
    const well = await exchange(Number(port), { method: 'GET', path: '/', host: own, origin: undefined, token: undefined, type: '', length: undefined, body: '', cut: Infinity });
    assert.match(well, /^HTTP\/1\.1 200[\s\S]*the page/);
  } finally {
    await server.close();
    await stand.close();
  }
}

/** Sends a request byte for byte and waits until the server has ended the exchange; rejects when it never does. */
function exchange(port: number, { method, path, host, origin, token, type, length, body, cut }: Head): Promise<string> {
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: close', `Content-Type: ${type}`];
  if (origin !== undefined) lines.push(`Origin: ${origin}`);
  if (token !== undefined) lines.push(`Authorization: Bearer ${token}`);
  lines.push(`Content-Length: ${length ?? Buffer.byteLength(body)}`);
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`).subarray(0, cut);
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let answer = '';
    const limit = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no end after 20 s: ${JSON.stringify(lines)}`));
    }, 20_000);
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.on('error', () => undefined); // A reset is an end as well.
    socket.on('close', () => {
      clearTimeout(limit);
      resolve(answer);
    });
  });
}
