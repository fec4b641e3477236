import assert from 'node:assert/strict';
import { test } from 'node:test';
import { existsSync } from 'node:fs';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';
import { DeliveryStand } from './delivery-stand.ts';
import { FakePostgres, quiet } from './fake-postgres.ts';
import { greeks, log } from './rows.ts';

const target = { host: 'fake', port: 5432, database: 'fake', user: 'fake', password: undefined };
const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);

function stage(limits: Parameters<typeof standOptions>[1] = {}) {
  const server = new FakePostgres();
  const clock = new ManualClock();
  return { server, clock, stand: new DeliveryStand(standOptions(server, limits, clock)) };
}

function standOptions(server: FakePostgres, limits: { maxPageCount?: number; ballastBytes?: number; capBytes?: number; memoryRows?: number }, clock: ManualClock) {
  return { target, clock, connect: server.connector(), limits: { ballastBytes: 0, ...limits } };
}

test('with the disk full from the first rows on, every row is delivered once, an alarm is up, and it goes when there is room', async () => {
  const { server, clock, stand } = stage({ maxPageCount: 14 });
  await using _ = stand;
  stand.start();
  for (const n of upTo(690)) {
    stand.delivery.appendGreeks(greeks(n));
    if (n % 30 === 0) await quiet(server, clock);
  }
  await quiet(server, clock);
  assert.deepEqual(server.contents.greeks, upTo(690));
  assert.ok(stand.alarms().includes('not-durable'));
  assert.equal(stand.noticeKeys().includes('database-failed'), false, 'a full disk here is no failure of the database');
  await clock.advance(30_000);
  await quiet(server, clock);
  assert.equal(stand.delivery.state().durable, true);
  assert.ok(stand.events.some((event) => event.type === 'alarm-cleared' && event.code === 'not-durable'));
});

test('when stop resolves nothing is written any more, not even the reserve', async () => {
  const { stand } = stage({ ballastBytes: 16 * 1024 * 1024 });
  await using _ = stand;
  stand.start();
  await stand.delivery.stop(0);
  assert.equal(existsSync(`${stand.path}.ballast.new`), false);
  assert.equal(existsSync(`${stand.path}.ballast`), true);
});

test('the reserve for a full disk is made beside the outbox and given up when it is needed', async () => {
  const { stand } = stage({ maxPageCount: 14, ballastBytes: 100_000 });
  await using _ = stand;
  stand.delivery.appendGreeks(greeks(1));
  stand.start();
  const ballast = `${stand.path}.ballast`;
  await until(() => existsSync(ballast), 'the reserve');
  for (const n of upTo(400)) stand.delivery.appendGreeks(greeks(n));
  assert.equal(existsSync(ballast), false);
});

test('the breaker opens on the third failure after ten seconds, probes once a minute, and starts open with rows from before', async () => {
  const { server, clock, stand } = stage();
  server.up = false;
  stand.start();
  stand.delivery.appendGreeks(greeks(1));
  await quiet(server, clock);
  assert.deepEqual([stand.delivery.state().breaker, server.operations], ['closed', 1]);
  await clock.advance(10_000);
  await quiet(server, clock);
  assert.deepEqual([stand.delivery.state().breaker, server.operations], ['open', 3]);
  await clock.advance(59_000);
  stand.delivery.appendGreeks(greeks(2));
  await quiet(server, clock);
  assert.equal(server.operations, 3, 'nothing is tried while open');
  await clock.advance(300_000);
  assert.equal(server.operations, 8, 'one attempt a minute');
  await stand.delivery.stop(0);

  server.up = true;
  await using again = new DeliveryStand({ ...standOptions(server, {}, clock), bufferPath: stand.path });
  assert.equal(again.delivery.state().breaker, 'open');
  again.start();
  await quiet(server, clock);
  assert.deepEqual(server.contents.greeks, [1, 2]);
  assert.equal(again.delivery.state().breaker, 'closed');
  await stand[Symbol.asyncDispose]();
});

test('"try now" probes an open breaker at once', async () => {
  const { server, clock, stand } = stage();
  await using _ = stand;
  server.up = false;
  stand.start();
  stand.delivery.appendGreeks(greeks(1));
  await clock.advance(11_000);
  server.up = true;
  stand.delivery.probeNow();
  await quiet(server, clock);
  assert.deepEqual(server.contents.greeks, [1]);
});

test('an outage of a day whose notices become rows again does not feed itself', async () => {
  const { server, clock, stand } = stage();
  await using _ = stand;
  server.up = false;
  let notices = 0;
  stand.delivery.start((event) => {
    if (event.type !== 'notice') return;
    notices += 1;
    stand.delivery.appendLog(log(event.message, clock.now()));
  });
  await clock.advance(24 * 3_600_000);
  assert.ok(notices <= 2 * 24 * 60 + 10, `${notices} notices`);
  server.up = true;
  await clock.advance(60_000);
  await quiet(server, clock);
  const settled = notices;
  await clock.advance(3_600_000);
  assert.ok(notices - settled <= 1, 'quiet once it works');
});

test('an outbox at its cap gives up informational log rows and thins greeks to one a minute, and accounts for both', async () => {
  const { clock, stand } = stage({ capBytes: 60_000 });
  await using _ = stand;
  stand.delivery.setTarget(null);
  stand.start();
  for (const n of upTo(300)) stand.delivery.appendGreeks(greeks(n));
  await clock.advance(60_000);
  assert.ok(stand.alarms().includes('outbox-full'));
  const { waiting } = stand.delivery.state();
  for (const n of upTo(24)) {
    stand.delivery.appendGreeks(greeks(n));
    stand.delivery.appendLog(log('info'));
    await clock.advance(5_000);
  }
  stand.delivery.appendLog({ ...log('the gateway closed the connection'), status: 'warning' });
  assert.equal(stand.delivery.state().waiting, waiting + 2 + 1);
  assert.equal(waiting, 300, 'undelivered rows are never deleted');
});

test('progress of a backlog is shown, and its end is told', async () => {
  const { server, clock, stand } = stage();
  await using _ = stand;
  for (const n of upTo(2_000)) stand.delivery.appendGreeks(greeks(n));
  const seen: number[] = [];
  stand.delivery.start((event) => {
    stand.events.push(event);
    if (event.type === 'state' && event.state.drain !== null) seen.push(event.state.drain.done / event.state.drain.total);
  });
  await quiet(server, clock);
  assert.ok(seen.length >= 2 && seen.every((share, index) => share <= 1 && share >= (seen[index - 1] ?? 0)), seen.join(' '));
  assert.ok(stand.notices().includes('delivered 2000 rows that had waited'));
  assert.equal(stand.delivery.state().drain, null);
});
