import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { spxIndex } from '../simulators/instruments.ts';
import { BridgeStand } from '../support/bridge-stand.ts';
import { startOwnServer, type OwnServer } from '../support/postgres.ts';
import { until } from '../support/until.ts';

let server: OwnServer;

before(async () => {
  server = await startOwnServer();
});

after(() => server.dispose());

test('PostgreSQL away for two minutes: no row lost, none doubled, order and original timestamps kept', async () => {
  const target = await server.createDatabase();
  await using stand = await BridgeStand.open(target);
  const { engine } = stand.bridge;
  await until(() => engine.state.delivery.lastDelivery !== null, 'the first delivery');
  await stand.tickingSeconds(20);
  await server.stop();
  await stand.tickingSeconds(120);
  assert.equal(engine.state.delivery.breaker, 'open');
  assert.ok(engine.state.delivery.waiting >= 24, 'the rows of two minutes wait');
  assert.equal(stand.kind, 'connected', 'the gateway\u2019s side does not notice');
  await server.start();
  const backAt = stand.clock.monotonic();
  while (engine.state.delivery.breaker === 'open') {
    assert.ok(stand.clock.monotonic() - backAt <= 60_000, 'within one probe interval');
    await stand.tickingSeconds(1);
  }
  await until(() => engine.state.delivery.waiting === 0 && engine.state.delivery.breaker === 'closed', 'everything delivered');
  await stand.tickingSeconds(10);
  await until(() => engine.state.delivery.waiting === 0, 'the newest rows');
  const written = engine.state.rowsWritten;
  const rows = await server.query('select timestamp from portfolio_greeks order by id', [], target.database);
  assert.equal(rows.length, written);
  const times = rows.map(({ timestamp }) => (timestamp as Date).getTime());
  assert.deepEqual(times.slice(1).map((at, index) => at - (times[index] ?? 0)), Array.from({ length: written - 1 }, () => 5_000));
  const logs = await server.query('select message from api_logs order by id', [], target.database);
  assert.ok(logs.some(({ message }) => /database/.test(String(message)) && /lost|fail|open|reach|away/.test(String(message))), 'the outage is in api_logs');
});

test('a dropped gateway is dialled after 5, 10 and 20 s over the real socket, and comes back with its sums', async () => {
  await using stand = await BridgeStand.open(null);
  await stand.tickingSeconds(3);
  await stand.simulator.refuseConnections();
  const lostAt = stand.clock.now();
  stand.simulator.drop();
  await until(() => stand.kind === 'reconnecting', 'the loss to be noticed');
  await stand.pass(() => stand.messages('reconnect attempt').length >= 3, 'three attempts', 250);
  const seconds = stand.messages('reconnect attempt').map(({ at }) => Math.round((at - lostAt) / 1_000));
  assert.deepEqual(seconds, [5, 15, 35]);
  await stand.simulator.acceptConnections();
  const rows = stand.bridge.engine.state.rowsWritten;
  await stand.pass(() => stand.bridge.engine.state.rowsWritten > rows, 'rows again', 250);
  assert.equal(stand.bridge.engine.state.snapshot?.coverage.priced, 40);
  assert.equal(stand.messages('gap of').length, 1);
  assert.deepEqual(stand.simulator.forbidden, []);
});

test('a gateway that falls silent is noticed by the heartbeat and replaced', async () => {
  await using stand = await BridgeStand.open(null);
  stand.simulator.faults.silence = true;
  const silentAt = stand.clock.monotonic();
  await stand.pass(() => stand.kind !== 'connected', 'the silence to be noticed', 250);
  assert.ok(stand.clock.monotonic() - silentAt <= 21_500);
  assert.equal(stand.messages('fell silent').length >= 1, true);
  stand.simulator.faults.silence = false;
  await stand.pass(() => stand.kind === 'connected', 'a new session', 250);
  await until(() => stand.simulator.openConnections === 1, 'the old socket to be gone');
});

test('1100 stops the rows on the same socket, 1101 brings them back with fresh values only', async () => {
  await using stand = await BridgeStand.open(null);
  await stand.tickingSeconds(2);
  stand.simulator.loseUpstream();
  await until(() => stand.kind === 'degraded', '1100');
  const rows = stand.bridge.engine.state.rowsWritten;
  await stand.clock.advance(8_000);
  assert.equal(stand.bridge.engine.state.rowsWritten, rows);
  stand.simulator.book.market.setPrice(spxIndex.conId, 6_200);
  stand.simulator.restoreUpstreamDataLost();
  await until(() => stand.kind === 'connected', '1101');
  await stand.pass(() => stand.bridge.engine.state.rowsWritten > rows, 'a row with new values', 50);
  const expected = stand.simulator.expectedSums('DU1234567');
  assert.ok(Math.abs((stand.bridge.engine.state.snapshot?.delta ?? NaN) - expected.delta) < 1e-9 * Math.abs(expected.delta));
  assert.equal(stand.simulator.connectionsAccepted, 1);
});

test('a connection that is lost in the reset window is dialled at 00:05 New York time and not before', async () => {
  await using stand = await BridgeStand.open(null, Date.parse('2026-10-31T23:45:00-04:00'));
  stand.simulator.drop();
  await until(() => stand.kind === 'reset-window', 'the wait');
  await stand.clock.advance(19 * 60_000 + 50_000);
  assert.equal(stand.simulator.connectionsAccepted, 1);
  await stand.pass(() => stand.kind === 'connected', 'the attempt', 1_000);
  const resumedAt = stand.messages('reconnect attempt')[0]?.at ?? 0;
  assert.equal(Math.floor((resumedAt - Date.parse('2026-11-01T00:05:00-04:00')) / 2_000), 0);
});
