import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createBrowserHost } from '../../main/daemon/browser-host.ts';
import type { DashboardAddress } from '../../main/daemon/dashboard-address.ts';
import { DashboardServer } from '../../main/daemon/dashboard-server.ts';
import { quietLogger } from '../../main/engine/log/logger.ts';
import { requestMethods } from '../../preload/contract.ts';
import { ServiceStand } from '../service/service-stand.ts';
import { until } from '../support/until.ts';
import { DashboardClient } from './dashboard-client.ts';

let stand: ServiceStand;
let folder: string;
let server: DashboardServer;
let client: DashboardClient;

const loopback: DashboardAddress = { host: '127.0.0.1', port: 0 };

function openServer(address: DashboardAddress, patience?: { readonly headersMs: number; readonly requestMs: number }): Promise<DashboardServer> {
  const options = { address, service: stand.service, folder: join(folder, 'page'), logger: quietLogger, clock: stand.clock };
  return DashboardServer.open(patience === undefined ? options : { ...options, patience });
}

before(async () => {
  stand = await ServiceStand.open();
  await stand.connect();
  folder = mkdtempSync(join(tmpdir(), 'dashboard-'));
  mkdirSync(join(folder, 'page', 'assets'), { recursive: true });
  writeFileSync(join(folder, 'secret.js'), 'a secret outside of the page');
  writeFileSync(join(folder, 'page', 'index.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(folder, 'page', 'assets', 'app.js'), 'export {};');
  writeFileSync(join(folder, 'page', 'assets', 'app.js.map'), '{}');
  symlinkSync(join(folder, 'secret.js'), join(folder, 'page', 'assets', 'link.js'));
  server = await openServer(loopback);
  client = new DashboardClient(server.url);
});

after(async () => {
  await server.close();
  await stand.close();
  rmSync(folder, { recursive: true, force: true });
});

test('the address holds a token of 256 bits in its fragment, another one each time', async () => {
  assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}$/);
  const other = await openServer(loopback);
  assert.notEqual(new DashboardClient(other.url).token, client.token);
  await other.close();
});

test('the page and its files come with a policy without exceptions and are not kept by the browser', async () => {
  for (const path of ['/', '/index.html', '/assets/app.js', '/?x=1']) {
    const { status, headers } = await client.send({ path });
    assert.equal(status, 200, path);
    assert.match(String(headers['content-security-policy']), /^default-src 'none'; script-src 'self';/);
    assert.doesNotMatch(String(headers['content-security-policy']), /unsafe|\*|data:|http:/);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['access-control-allow-origin'], undefined);
  }
  assert.match((await client.send({ path: '/' })).headers['content-type'] ?? '', /^text\/html/);
  assert.match((await client.send({ path: '/assets/app.js' })).headers['content-type'] ?? '', /^text\/javascript/);
  const head = await client.send({ method: 'HEAD' });
  assert.deepEqual([head.status, head.text], [200, '']);
});

test('nothing outside of the page is served, however its path is written', async () => {
  const paths = [
    '/../secret.js', '/assets/../../secret.js', '/%2e%2e/secret.js', '/..%2fsecret.js', '/assets/%2e%2e/%2e%2e/secret.js', '//secret.js', '/..\\secret.js',
    `/${join(folder, 'secret.js')}`, '/assets/link.js', '/assets/app.js.map', '/assets', '/assets/', '/.env', '/__proto__', '/constructor', 'http://127.0.0.1/../secret.js', '*',
  ];
  for (const path of paths) {
    const { status, text } = await client.send({ path });
    assert.ok(status === 404, `${path}: ${status}`);
    assert.doesNotMatch(text, /secret outside/);
  }
});

test('every request of the contract is answered to the page that holds the token', async () => {
  for (const [method, args] of [['host', []], ['overview', []], ['legs', []], ['history', ['15m']], ['log', [{ limit: 5 }]], ['settings', []]] as const) {
    const { status, result } = await client.ask(method, args);
    assert.deepEqual([status, result.ok], [200, true], method);
  }
  const { status, result } = await client.ask('history', ['2h']);
  assert.deepEqual([status, result.ok], [200, false], 'a failure is data');
});

test('without the right token nothing is told and nothing is done', async () => {
  const { authorization: _, ...none } = client.own;
  const tokens = ['', 'Bearer', 'Bearer ', `Bearer ${client.token.slice(0, -1)}`, `Bearer ${client.token}x`, `Basic ${client.token}`, client.token, `bearer ${client.token}`, `Bearer ${'A'.repeat(43)}`];
  for (const headers of [none, ...tokens.map((authorization) => ({ ...none, authorization }))]) {
    for (const method of [...requestMethods, 'nothing']) {
      const { status, text } = await client.send({ method: 'POST', path: `/api/${method}`, headers, body: '{"args":["pause"]}' });
      assert.equal(status, 401, method);
      assert.doesNotMatch(text, /DU|U1|connected/);
    }
    assert.equal((await client.send({ path: '/api/updates', headers })).status, 401);
  }
  assert.equal((await client.send({ path: `/api/updates?token=${client.token}` })).status, 401, 'a token in a query would stand in histories');
  assert.equal(stand.kind(), 'connected');
});

test('under a foreign name there is not even the page: DNS rebinding', async () => {
  const { port } = client;
  const hosts = ['evil.example', `evil.example:${port}`, '127.0.0.1', 'localhost', `127.0.0.1:${port + 1}`, `localhost.evil.example:${port}`, `0.0.0.0:${port}`, `[::1]:${port}`, `127.0.0.1:${port}.evil.example`];
  for (const host of hosts) {
    assert.equal((await client.send({ headers: { host } })).status, 403, `page for ${host}`);
    assert.equal((await client.ask('command', ['pause'], { host })).status, 403, `request for ${host}`);
  }
  assert.match(await rawAnswer('GET / HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 403/, 'no name at all');
  assert.match(await rawAnswer(`GET / HTTP/1.1\r\nHost: evil.example\r\nHost: 127.0.0.1:${port}\r\n\r\n`), /^HTTP\/1\.1 40[03]/, 'two names');
  assert.equal((await client.send({ headers: { host: `localhost:${port}` } })).status, 200);
  assert.equal(stand.kind(), 'connected');
});

/** What the server says to these very bytes. */
function rawAnswer(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(client.port, '127.0.0.1');
    socket.once('data', (chunk: Buffer) => {
      socket.destroy();
      resolve(chunk.toString());
    });
    socket.once('error', reject);
    socket.write(bytes);
  });
}

test('another site can neither ask nor show the page, even if it knew the token', async () => {
  for (const origin of ['http://evil.example', 'null', `https://127.0.0.1:${client.port}`, `http://127.0.0.1:${client.port + 1}`, `http://localhost:${client.port}`]) {
    assert.equal((await client.ask('command', ['pause'], { origin })).status, 403, origin);
  }
  const { origin: _, ...withoutOrigin } = client.own;
  assert.equal((await client.send({ method: 'POST', path: '/api/overview', headers: withoutOrigin, body: '{"args":[]}' })).status, 403);
  for (const site of ['cross-site', 'same-site']) {
    assert.equal((await client.ask('overview', [], { 'sec-fetch-site': site })).status, 403, site);
    assert.equal((await client.send({ headers: { 'sec-fetch-site': site } })).status, 403, `page from ${site}`);
  }
  assert.equal((await client.send({ headers: { 'sec-fetch-site': 'none' } })).status, 200, 'typed, or opened from the terminal');
  // The page under the other name of this machine is its own origin.
  const localhost = `localhost:${client.port}`;
  assert.equal((await client.ask('overview', [], { host: localhost, origin: `http://${localhost}` })).status, 200);
  assert.equal(stand.kind(), 'connected');
});

test('what is no request of ours is refused by what is wrong with it', async () => {
  const post = (path: string, body: string, headers: Record<string, string> = {}): Promise<number> =>
    client.send({ method: 'POST', path, headers: { ...client.own, ...headers }, body }).then(({ status }) => status);
  assert.equal(await post('/api/toString', '{"args":[]}'), 404);
  assert.equal(await post('/api/subscribe', '{"args":[]}'), 404);
  assert.equal(await post('/api/overview', 'no json'), 400);
  assert.equal(await post('/api/overview', '[]'), 400);
  assert.equal(await post('/api/overview', '{"args":{}}'), 400);
  assert.equal(await post('/api/overview', '{"args":[]}', { 'content-type': 'text/plain' }), 415);
  assert.equal(await post('/', ''), 405);
  assert.equal(await post('/api/updates', ''), 405);
  assert.equal((await client.send({ path: '/api/overview', headers: client.own })).status, 405);
  assert.equal((await client.send({ method: 'OPTIONS', path: '/api/overview', headers: client.own })).status, 405, 'no preflight is ever granted');
  assert.equal((await client.send({ headers: { 'x-long': 'x'.repeat(10_000) } })).status, 431);
});

test('a body that is too long is refused without being read, whether it says so or not', async () => {
  const body = JSON.stringify({ args: ['x'.repeat(70_000)] });
  const { status, headers } = await client.send({ method: 'POST', path: '/api/overview', headers: client.own, body });
  assert.deepEqual([status, headers.connection], [413, 'close']);
  const announced = await client.send({ method: 'POST', path: '/api/overview', headers: { ...client.own, 'transfer-encoding': 'chunked' }, body });
  assert.equal(announced.status, 413);
});

test('clients that dawdle over a request are cut off', async () => {
  const impatient = await openServer(loopback, { headersMs: 50, requestMs: 100 });
  const { port, token } = new DashboardClient(impatient.url);
  const head = `POST /api/overview HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nOrigin: http://127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\n`;
  for (const beginning of ['GET / HTTP/1.1\r\nHost: 127', `${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"args"`]) {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    let closed = false;
    socket.on('data', (chunk: Buffer) => (text += chunk.toString())).on('close', () => (closed = true)).on('error', () => undefined);
    socket.write(beginning);
    await until(() => closed, 'the server to hang up');
    assert.match(text, /^(HTTP\/1\.1 408|$)/);
  }
  await impatient.close();
});

test('updates are streamed while a tab is open, and cost nothing when none is', async () => {
  const timers = stand.clock.pendingTimers;
  const stream = await client.follow();
  assert.match(stream.response.headers['content-type'] ?? '', /^text\/event-stream/);
  assert.equal(stream.response.headers['cache-control'], 'no-store');
  const first = await until(() => stream.updates[0], 'the first update');
  assert.equal(first.type === 'overview' && first.overview.state.connection.kind, 'connected');
  stand.gateway.current.price(1, { delta: 0.9, gamma: 0.01, vega: 2, theta: -3 });
  stand.history.appendLog({ timestamp: stand.clock.now(), status: 'warning', message: 'told to the tab' });
  await stand.clock.advance(300);
  await until(() => stream.updates.some((update) => update.type === 'overview' && update.overview.sums?.delta === 180), 'the sums');
  await until(() => stream.updates.some((update) => update.type === 'log' && update.entries[0]?.message === 'told to the tab'), 'the log entry');
  stream.close();
  await until(() => stand.clock.pendingTimers === timers, 'the tab to be let go');
});

test('a tab in the background is sent nothing, and everything that it missed when it comes back', async () => {
  const stream = await client.follow();
  await until(() => stream.updates.length > 0, 'the first update');
  const id = Number(stream.response.headers['x-stream']);
  const other = await client.follow();
  assert.deepEqual((await client.ask('visibility', [id, false])).result, { ok: true, value: null });
  const timers = stand.clock.pendingTimers;
  const before = stream.updates.length;
  stand.gateway.current.price(1, { delta: 0.8, gamma: 0.01, vega: 2, theta: -3 });
  stand.history.appendLog({ timestamp: stand.clock.now(), status: 'warning', message: 'while nobody looked' });
  await stand.clock.advance(3_000);
  await until(() => other.updates.some((update) => update.type === 'log'), 'the tab that can be seen');
  assert.equal(stream.updates.length, before);
  assert.equal(stand.clock.pendingTimers, timers, 'nothing is made for it either');
  await client.ask('visibility', [id, true]);
  await until(() => stream.updates.slice(before).some((update) => update.type === 'overview' && update.overview.sums?.delta === 160), 'the sums of now');
  await until(() => stream.updates.some((update) => update.type === 'log' && update.entries[0]?.message === 'while nobody looked'), 'the log that it missed');
  stream.close();
  other.close();
  await until(async () => !(await client.ask('visibility', [id, true])).result.ok, 'the tab to be let go');
});

test('whether a tab can be seen is told by its own page with the token only, and parsed', async () => {
  const { authorization: _, ...none } = client.own;
  assert.equal((await client.send({ method: 'POST', path: '/api/visibility', headers: none, body: '{"args":[1,false]}' })).status, 401);
  assert.equal((await client.ask('visibility', [1, false], { origin: 'http://evil.example' })).status, 403);
  for (const args of [[], ['1', false], [1], [1, 'false'], [0, true], [1e9, true], [null, null]]) {
    const { status, result } = await client.ask('visibility', args);
    assert.deepEqual([status, result.ok], [200, false], JSON.stringify(args));
  }
});

test('a seventeenth tab is refused, and a closed one makes room', async () => {
  const streams = await Promise.all(Array.from({ length: 16 }, () => client.follow()));
  const refused = await client.follow();
  assert.equal(refused.response.statusCode, 503);
  streams[0]?.close();
  await until(async () => {
    const next = await client.follow();
    next.close();
    return next.response.statusCode === 200;
  }, 'room for another');
  for (const { close } of streams) close();
});

test('what only the desktop can do is answered with what to do instead', async () => {
  const host = createBrowserHost('1.0.0');
  for (const answer of [await host.startDemo(), await host.quit(), await host.openExternal({ kind: 'portal-login', url: 'https://localhost:5001' })]) {
    assert.ok(!answer.ok && answer.message.length > 20);
  }
  assert.equal(await host.passwords.available(), false);
});

test('it never listens on anything but loopback', async () => {
  const outside = Object.values(networkInterfaces()).flat().find((each) => each !== undefined && !each.internal && each.family === 'IPv4')?.address;
  for (const host of ['0.0.0.0', '::', '127.0.0.2', 'localhost', '', ...(outside === undefined ? [] : [outside])]) {
    await assert.rejects(openServer({ host: host as '127.0.0.1', port: 0 }), /may not listen on/);
  }
});

test('a port that is taken, and a page that was not built, are told in words', async () => {
  await assert.rejects(openServer({ host: '127.0.0.1', port: client.port }), /EADDRINUSE/);
  await assert.rejects(
    DashboardServer.open({ address: loopback, service: stand.service, folder: join(folder, 'nowhere'), logger: quietLogger }),
    /was not built \(npm run build\)/,
  );
});

test('it listens on ::1 where there is one', async (context) => {
  let six: DashboardServer;
  try {
    six = await openServer({ host: '::1', port: 0 });
  } catch (error) {
    assert.match(String(error), /EADDRNOTAVAIL|EAFNOSUPPORT/);
    // A container may have no ::1 to listen on: that counts as not run, and any other error fails above.
    return context.skip('this machine has no IPv6');
  }
  const other = new DashboardClient(six.url);
  assert.equal((await other.send({})).status, 200);
  assert.equal((await other.ask('overview')).status, 200);
  assert.equal((await other.send({ headers: { host: `127.0.0.1:${other.port}` } })).status, 403);
  await six.close();
});

test('when it closes, streams and connections end', async () => {
  const another = await openServer(loopback);
  const tab = await new DashboardClient(another.url).follow();
  let ended = false;
  tab.response.on('close', () => (ended = true));
  await another.close();
  await until(() => ended, 'the stream to end');
});
