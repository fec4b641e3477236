import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DatabaseTarget } from '../../../main/engine/delivery/delivery.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { sharedServer, startOwnServer, type TestServer } from '../../support/postgres.ts';
import { until } from '../../support/until.ts';
import { DeliveryStand } from './delivery-stand.ts';
import { deltasIn, greeks, greeksIn, log } from './rows.ts';

const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);

/** Process ids of the bridge's connections to a database. */
async function backends(server: TestServer, target: DatabaseTarget): Promise<number[]> {
  const sql = `SELECT pid FROM pg_stat_activity WHERE datname = $1 AND application_name LIKE 'ibkr-bridge/%'`;
  return (await server.query(sql, [target.database])).map(({ pid }) => Number(pid));
}

test('rows arrive in PostgreSQL once, in order, with their own timestamps and NULL where nothing is known', async () => {
  const server = await sharedServer();
  const target = await server.createDatabase();
  await using stand = new DeliveryStand({ target });
  for (const n of upTo(1_200)) {
    stand.delivery.appendGreeks(greeks(n));
    if (n % 100 === 0) stand.delivery.appendLog(log(`row ${n}`));
  }
  stand.start();
  await stand.delivered();

  const rows = await greeksIn(server, target);
  assert.deepEqual(
    rows.map(({ delta }) => delta),
    upTo(1_200),
  );
  assert.ok(rows.every((row, index) => row.ms === greeks(index + 1).timestamp && row['gamma'] === (index + 1) / 7 && row['theta'] === null));
  const logs = await server.query('SELECT message, api_mode, status FROM api_logs ORDER BY id', [], target.database);
  assert.deepEqual(logs[0], { message: 'row 100', api_mode: 'SOCKET', status: 'info' });
  assert.equal(logs.length, 12);
  assert.deepEqual({ ...stand.delivery.state(), lastDelivery: null }, { ...stand.delivery.state(), lastDelivery: null, delivered: 1_212, dead: 0, waiting: 0, breaker: 'closed', durable: true });
});

test('NaN and the infinities are written as such, never as NULL', async () => {
  const server = await sharedServer();
  const target = await server.createDatabase();
  await using stand = new DeliveryStand({ target });
  stand.start();
  stand.delivery.appendGreeks({ ...greeks(1), delta: Number.NaN, gamma: Number.POSITIVE_INFINITY, vega: Number.NEGATIVE_INFINITY, theta: -0 });
  await stand.delivered();
  const [row] = await server.query('SELECT delta::text, gamma::text, vega::text, theta::text FROM portfolio_greeks', [], target.database);
  assert.deepEqual(row, { delta: 'NaN', gamma: 'Infinity', vega: '-Infinity', theta: '-0' });
});

test('PostgreSQL stopped and started again: the breaker opens, rows wait, then arrive complete and in order', async () => {
  const server = await startOwnServer();
  try {
    const target = await server.createDatabase();
    const clock = new ManualClock();
    await using stand = new DeliveryStand({ target, clock });
    stand.start();
    stand.delivery.appendGreeks(greeks(1));
    await stand.delivered();
    await server.stop();
    let n = 1;
    await until(async () => {
      stand.delivery.appendGreeks(greeks((n += 1)));
      await clock.advance(5_000);
      return stand.delivery.state().breaker === 'open';
    }, 'the breaker to open');
    assert.match(stand.delivery.state().cause?.text ?? '', /nothing listens there/);
    const probeInMs = (stand.delivery.state().nextProbeAt ?? 0) - clock.now();
    assert.ok(probeInMs > 0 && probeInMs <= 60_000, `next probe in ${probeInMs} ms`);

    for (const extra of upTo(20)) stand.delivery.appendGreeks(greeks(n + extra));
    await server.start();
    assert.deepEqual(await deltasIn(server, target), [1], 'nothing is sent while the breaker is open');
    await clock.advance(60_000);
    await stand.delivered();
    assert.deepEqual(await deltasIn(server, target), upTo(n + 20));
    assert.equal(stand.delivery.state().breaker, 'closed');
    await clock.advance(0);
    const keys = stand.noticeKeys();
    for (const key of ['database-connected', 'database-lost', 'breaker-open', 'breaker-half-open', 'breaker-closed']) assert.ok(keys.includes(key), `${key} in ${keys.join(' ')}`);
  } finally {
    await server.dispose();
  }
});

test('a connection that the server ends is replaced at once and nothing is counted as a failure', async () => {
  const server = await sharedServer();
  const target = await server.createDatabase();
  await using stand = new DeliveryStand({ target });
  stand.start();
  stand.delivery.appendGreeks(greeks(1));
  await stand.delivered();
  const [first] = await backends(server, target);
  await server.query('SELECT pg_terminate_backend($1)', [first]);
  await until(() => stand.noticeKeys().includes('database-lost'), 'the loss to be told');
  stand.delivery.appendGreeks(greeks(2));
  await stand.delivered();
  assert.deepEqual(await deltasIn(server, target), [1, 2]);
  assert.equal(stand.delivery.state().breaker, 'closed');
  assert.ok(!stand.noticeKeys().includes('database-failed'));
});

for (const thaw of ['before', 'after'] as const) {
  test(`a backend frozen with a batch in its buffer and thawed ${thaw} the batch is sent again doubles nothing`, async () => {
    const server = await sharedServer();
    const target = await server.createDatabase();
    const clock = new ManualClock();
    await using stand = new DeliveryStand({ target, clock });
    stand.start();
    stand.delivery.appendGreeks(greeks(1));
    await stand.delivered();
    const [frozen] = await backends(server, target);
    assert.ok(frozen !== undefined);
    process.kill(frozen, 'SIGSTOP');
    stand.delivery.appendGreeks(greeks(2));
    // The attempt's own deadline ends it; the statement stays in the frozen backend.
    await clock.advance(10_000);
    assert.equal(stand.delivery.state().waiting, 1);
    if (thaw === 'before') process.kill(frozen, 'SIGCONT');
    await clock.advance(5_000);
    stand.delivery.appendGreeks(greeks(3));
    await stand.delivered();
    if (thaw === 'after') process.kill(frozen, 'SIGCONT');
    await until(async () => !(await backends(server, target)).includes(frozen), 'the frozen backend to end');
    assert.deepEqual(await deltasIn(server, target), [1, 2, 3]);
    assert.equal(stand.delivery.state().breaker, 'closed');
  });
}

test('without a database rows wait; once one is set they all go there, and a change of mind moves only what waits', async () => {
  const server = await sharedServer();
  const [first, second] = [await server.createDatabase(), await server.createDatabase()];
  await using stand = new DeliveryStand({ target: null });
  stand.start();
  stand.delivery.appendGreeks(greeks(1));
  assert.equal(stand.delivery.state().database, 'none');
  assert.equal(stand.delivery.state().waiting, 1);
  stand.delivery.setTarget(first);
  await stand.delivered();
  stand.delivery.setTarget(null);
  stand.delivery.appendGreeks(greeks(2));
  stand.delivery.setTarget(second);
  await stand.delivered();
  assert.deepEqual([await deltasIn(server, first), await deltasIn(server, second)], [[1], [2]]);
  await until(() => stand.noticeKeys().includes('database-new'), 'the new database to be told');
});

test('stopping delivers what waits, and is quick when the database is away', async () => {
  const server = await sharedServer();
  const target = await server.createDatabase();
  const stand = new DeliveryStand({ target });
  stand.start();
  for (const n of upTo(700)) stand.delivery.appendGreeks(greeks(n));
  await stand.delivery.stop(10_000);
  assert.deepEqual(await deltasIn(server, target), upTo(700));
  assert.throws(() => stand.delivery.appendGreeks(greeks(701)), /has stopped/);
  await stand[Symbol.asyncDispose]();

  const away = new DeliveryStand({ target: { ...target, port: 1 } });
  away.start();
  away.delivery.appendGreeks(greeks(1));
  await away.delivery.stop(10_000);
  await away[Symbol.asyncDispose]();
});
