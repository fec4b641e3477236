import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../support/manual-clock.ts';
import { sharedServer } from '../../support/postgres.ts';
import { until } from '../../support/until.ts';
import { DeliveryStand } from './delivery-stand.ts';
import { deltasIn, greeks } from './rows.ts';

const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);

/** A database whose owner refuses some rows. */
async function pickyDatabase(constraint: string) {
  const server = await sharedServer();
  const target = await server.createDatabase();
  {
    await using first = new DeliveryStand({ target });
    first.start();
    await until(() => first.delivery.state().database === 'delivering', 'the tables');
  }
  await server.query(`ALTER TABLE portfolio_greeks ADD CONSTRAINT picky CHECK (${constraint})`, [], target.database);
  return { server, target };
}

test('one bad row in a hundred is kept aside with its reason; all others arrive in order and the breaker stays closed', async () => {
  const { server, target } = await pickyDatabase('delta % 100 <> 50 OR delta IS NULL'.replace('delta % 100', 'delta::int % 100'));
  await using stand = new DeliveryStand({ target });
  stand.delivery.appendGreeks(greeks(2_000, Date.UTC(275_000, 0, 1)));
  for (const n of upTo(1_000)) stand.delivery.appendGreeks(greeks(n));
  stand.start();
  await stand.delivered();

  const good = upTo(1_000).filter((n) => n % 100 !== 50);
  assert.deepEqual(await deltasIn(server, target), good);
  const dead = stand.delivery.deadRows();
  assert.equal(dead.length, 11);
  assert.match(dead[0]?.sqlstate ?? '', /^22/, 'a year that PostgreSQL does not know');
  assert.ok(dead.slice(1).every(({ sqlstate, reason }) => sqlstate === '23514' && reason.includes('picky')));
  assert.equal(stand.delivery.state().dead, 11);
  assert.equal(stand.delivery.state().breaker, 'closed');

  await server.query('ALTER TABLE portfolio_greeks DROP CONSTRAINT picky', [], target.database);
  assert.equal(stand.delivery.requeue(dead.slice(1).map(({ id }) => id)), 10);
  await stand.delivered();
  assert.deepEqual(await deltasIn(server, target), [...good, ...upTo(10).map((n) => n * 100 - 50)]);
  assert.equal(stand.delivery.state().dead, 1);
});

test('more than twenty rows refused in a row for the same reason stop delivery: that is no bad row', async () => {
  const { server, target } = await pickyDatabase('delta < 5');
  const clock = new ManualClock();
  await using stand = new DeliveryStand({ target, clock });
  for (const n of upTo(60)) stand.delivery.appendGreeks(greeks(n));
  stand.start();
  await until(() => stand.delivery.state().cause?.code === 'database-refuses-rows', 'delivery to stop');
  assert.deepEqual(await deltasIn(server, target), upTo(4));
  assert.equal(stand.delivery.state().dead, 20);
  assert.equal(stand.delivery.state().waiting, 36);
  assert.equal(stand.delivery.state().breaker, 'open');
  await clock.advance(0);
  assert.ok(stand.alarms().includes('database-setup'));

  await server.query('ALTER TABLE portfolio_greeks DROP CONSTRAINT picky', [], target.database);
  await clock.advance(60_000);
  await stand.delivered();
  assert.deepEqual(await deltasIn(server, target), [...upTo(4), ...upTo(36).map((n) => n + 24)]);
});
