import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { BridgeApi, Finding, RequestMethod, Result, SettingsChange } from '../../preload/contract.ts';
import type { DatabaseTarget } from '../../main/engine/delivery/delivery.ts';
import { quietLogger } from '../../main/engine/log/logger.ts';
import { readTextFile, settingsFilePath } from '../../main/engine/settings/settings-file.ts';
import { openService, type OpenedService } from '../../main/service/open-service.ts';
import { createDemoBook } from '../simulators/demo-book.ts';
import { PortalSimulator } from '../simulators/portal/simulator.ts';
import { TwsSimulator } from '../simulators/tws/simulator.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { sharedServer } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { RecordedHost } from './service-stand.ts';

let folder: string;
let clock: ManualClock;
let host: RecordedHost;
let simulators: TwsSimulator[];
let opened: OpenedService;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'open-service-'));
  clock = new ManualClock();
  host = new RecordedHost();
  simulators = [];
  const port = await startSimulator();
  writeFileSync(settingsFilePath(folder), JSON.stringify({ version: 1, socketPort: port }));
  opened = await openService({
    sources: { env: { BRIDGE_BUFFER_PATH: 'buffer.sqlite' }, workingDirectory: folder, userDataFolder: folder, homeDirectory: folder, userName: 'trader', readFile: readTextFile },
    host,
    logger: quietLogger,
    clock,
    random: () => 0.5,
  });
  opened.bridge.engine.start();
  await pass(() => opened.bridge.engine.state.rowsWritten > 0, 'the first row', 50);
});

afterEach(async () => {
  let stopped = false;
  void opened.stop(0, 'the test is over').then(() => (stopped = true));
  await pass(() => stopped, 'the bridge to stop', 100);
  for (const simulator of simulators) await simulator.close();
  rmSync(folder, { recursive: true, force: true });
});

async function startSimulator(): Promise<number> {
  const simulator = new TwsSimulator({ book: createDemoBook(), clock });
  simulators.push(simulator);
  return (await simulator.listen()).port;
}

/** Lets time pass in steps; what is under way on real sockets is let finish before each. */
async function pass(condition: () => boolean, what: string, stepMs = 200): Promise<void> {
  await until(async () => {
    await new Promise((resolve) => setTimeout(resolve, 4));
    if (condition()) return true;
    await clock.advance(stepMs);
    return false;
  }, what, 60_000);
}

/** Asks as a window does, and lets time pass until the answer is there. */
async function ask<Method extends RequestMethod>(method: Method, ...args: Parameters<BridgeApi[Method]>): Promise<unknown> {
  let answer: Result<unknown> | undefined;
  void opened.service.answer(method, args).then((value) => (answer = value));
  await pass(() => answer !== undefined, method, 50);
  if (answer?.ok !== true) throw new Error(`${method} was answered: ${answer?.message}`);
  return answer.value;
}

async function findings(what: 'gateway' | 'database', change: SettingsChange, password?: string): Promise<readonly Finding[]> {
  const parts = password === undefined ? [] : [{ kind: 'set' as const, password }];
  return (await ask('testConnection', what, change, ...parts)) as readonly Finding[];
}

const subjects = (found: readonly Finding[]): string[] => found.map(({ subject, ok }) => `${subject} ${ok ? 'ok' : 'failed'}`);

test('a test of the running gateway finds what --check finds, and does not disturb the session', async () => {
  const [simulator] = simulators;
  const { engine } = opened.bridge;
  const since = engine.state.connection;
  const found = await findings('gateway', {});
  assert.deepEqual(subjects(found), ['Gateway ok', 'API handshake ok', 'Client id ok', 'Account ok', 'Positions ok', 'Market data ok', 'Read-only API ok']);
  assert.match(found[2]?.detail ?? '', /10 is in use by this bridge, as it should be/);
  assert.deepEqual(engine.state.connection, since, 'connected since the same instant');
  assert.deepEqual(simulator?.clientIds(), [10]);
});

test('a test of the running gateway by another name of this computer knows its own session', async () => {
  for (const socketHost of ['localhost', 'LOCALHOST']) {
    const found = await findings('gateway', { socketHost });
    assert.match(found[2]?.detail ?? '', /10 is in use by this bridge, as it should be/, socketHost);
  }
});

test('the values of the form are tested before they are saved', async () => {
  const other = await startSimulator();
  const saved = readFileSync(settingsFilePath(folder), 'utf8');
  const free = await findings('gateway', { socketPort: other, clientId: 77 });
  assert.match(free[2]?.detail ?? '', /77 is free/);
  const nobody = await findings('gateway', { socketPort: 1 });
  assert.deepEqual(subjects(nobody), ['Gateway failed']);
  assert.match(nobody[0]?.action ?? nobody[0]?.detail ?? '', /./);
  const wrong = await findings('gateway', { socketPort: 0, dbPort: 0 });
  assert.deepEqual(wrong, [{ subject: 'Port', ok: false, detail: 'Must be a whole number from 1 to 65535.' }], 'the database\u2019s port is another test\u2019s');
  assert.equal(opened.settings().settings.socket.clientId, 10);
  assert.equal(readFileSync(settingsFilePath(folder), 'utf8'), saved, 'the file is as it was');
});

test('two tests at once: the second is told to wait', async () => {
  const first = ask('testConnection', 'gateway', {});
  const second = await opened.service.answer('testConnection', ['gateway', {}]);
  assert.deepEqual(second, { ok: false, message: 'A test of the gateway is running already.' });
  await first;
  assert.equal((await findings('gateway', {})).length, 7, 'and then it may');
});

test('a database is tested with the password of the form, and nothing is written to it', async () => {
  const server = await sharedServer();
  const target = await server.createDatabase();
  const change = changeFor(target);
  const well = await findings('database', change, target.password);
  assert.ok(well.length > 0 && well.every(({ ok }) => ok), JSON.stringify(well));
  const tables = await server.query("select count(*)::int as found from pg_tables where schemaname = 'public'", [], target.database);
  assert.equal(tables[0]?.['found'], 0);
  const wrong = await findings('database', { ...change, dbName: 'there_is_no_such_database' }, target.password);
  assert.ok(wrong.some(({ ok }) => !ok));
  assert.equal(host.password, null);
  assert.equal(opened.bridge.engine.state.delivery.database, 'none');
});

test('another gateway and a database, saved while running: the session moves, and every row of both is in PostgreSQL once', async () => {
  const server = await sharedServer();
  const target = await server.createDatabase();
  const { engine } = opened.bridge;
  await pass(() => engine.state.rowsWritten >= 3, 'rows of the first gateway');
  const other = await startSimulator();
  const saved = await opened.service.answer('saveSettings', [{ socketPort: other, ...changeFor(target) }, { kind: 'set', password: target.password }]);
  assert.equal(saved.ok, true);
  await pass(() => simulators[1]?.clientIds().length === 1 && simulators[0]?.clientIds().length === 0, 'the session to move');
  const moved = engine.state.rowsWritten;
  await pass(() => engine.state.rowsWritten >= moved + 3 && engine.state.delivery.waiting === 0 && engine.state.delivery.database === 'delivering', 'rows of the second', 500);
  const rows = await server.query('select timestamp from portfolio_greeks order by id', [], target.database);
  assert.equal(rows.length, engine.state.rowsWritten);
  const times = rows.map(({ timestamp }) => (timestamp as Date).getTime());
  assert.deepEqual(times, [...new Set(times)].sort((one, next) => one - next));
});

test('from SOCKET to PORTAL while running, and a test in PORTAL mode ends no stream of the running session', async (context) => {
  const portal = new PortalSimulator({ book: createDemoBook({ today: '20260304' }), clock });
  await portal.listen();
  const { engine } = opened.bridge;
  assert.equal((await opened.service.answer('saveSettings', [{ apiMode: 'PORTAL', gatewayUrl: portal.url }])).ok, true);
  context.after(() => portal.close());
  const moved = engine.state.rowsWritten;
  await pass(() => engine.state.mode === 'PORTAL' && engine.state.connection.kind === 'connected' && engine.state.rowsWritten > moved, 'rows over the portal', 50);
  assert.deepEqual(simulators[0]?.clientIds(), [], 'the socket was left');
  const unsubscribed = (): number => portal.received.filter(({ path }) => path.includes('unsubscribe')).length;
  const before = unsubscribed();
  const found = await findings('gateway', {});
  assert.ok(found.every(({ ok }) => ok), JSON.stringify(found));
  assert.equal(unsubscribed(), before);
  await opened.service.answer('saveSettings', [{ apiMode: 'SOCKET' }]);
  await pass(() => engine.state.mode === 'SOCKET' && engine.state.connection.kind === 'connected', 'the socket again', 50);
});

test('a start that reads wrong settings again goes on with the right ones', async () => {
  writeFileSync(settingsFilePath(folder), '{"version":1,"socketPort":0}');
  const answer = await opened.reload();
  assert.ok(!answer.ok && /socketPort=0/.test(answer.message));
  assert.equal(opened.bridge.engine.state.connection.kind, 'connected');
  assert.equal(opened.settings().settings.socket.port, simulators[0]?.port);
});

function changeFor({ host: dbHost, port: dbPort, database: dbName, user: dbUser }: DatabaseTarget): SettingsChange {
  return { dbHost, dbPort, dbName, dbUser };
}
