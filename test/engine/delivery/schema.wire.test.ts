import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDatabase } from '../../../main/engine/delivery/check-database.ts';
import type { DatabaseTarget } from '../../../main/engine/delivery/delivery.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { sharedServer, type TestServer } from '../../support/postgres.ts';
import { until } from '../../support/until.ts';
import { DeliveryStand } from './delivery-stand.ts';
import { deltasIn, greeks } from './rows.ts';

/** Every table, column and index of the public schema, with the identity of each relation. */
function catalogue(server: TestServer, target: DatabaseTarget): Promise<readonly Record<string, unknown>[]> {
  const sql = `SELECT c.oid, c.relname, c.xmin::text AS version, a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull,
                      pg_get_expr(d.adbin, d.adrelid) AS "default", pg_get_indexdef(CASE WHEN c.relkind = 'i' THEN c.oid END) AS index
               FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
               LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
               WHERE c.relnamespace = 'public'::regnamespace ORDER BY c.relname, a.attnum`;
  return server.query(sql, [], target.database);
}

/** Delivers one row. */
async function deliver(target: DatabaseTarget, n: number): Promise<void> {
  await using stand = new DeliveryStand({ target });
  stand.start();
  stand.delivery.appendGreeks(greeks(n));
  await stand.delivered();
}

/** A role that may do nothing but log in, on a database of its own. */
async function strangerOn(server: TestServer): Promise<DatabaseTarget> {
  const owner = await server.createDatabase();
  const role = `stranger_${owner.database}`;
  await server.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
  return server.target(owner.database, role, 'secret');
}

test('the tables are created as documented, a second start changes nothing, and other tables are left alone', async () => {
  const server = await sharedServer();
  const target = await server.createDatabase();
  await server.query('CREATE TABLE trades(id int PRIMARY KEY, note text); INSERT INTO trades VALUES (1, $$mine$$)', [], target.database);
  const before = await catalogue(server, target);
  await deliver(target, 1);
  const after = await catalogue(server, target);
  assert.deepEqual(
    after.filter(({ relname }) => String(relname).startsWith('trades')),
    before,
  );
  const columns = after.filter(({ relname }) => relname === 'portfolio_greeks').map(({ attname, type, attnotnull }) => [attname, type, attnotnull]);
  assert.deepEqual(columns, [
    ['id', 'bigint', true],
    ['timestamp', 'timestamp with time zone', true],
    ['contract', 'text', true],
    ['delta', 'double precision', false],
    ['gamma', 'double precision', false],
    ['vega', 'double precision', false],
    ['theta', 'double precision', false],
    ['underlying_price', 'double precision', false],
  ]);
  const indexes = after.flatMap(({ index }) => (typeof index === 'string' && index.includes('DESC') ? [index] : []));
  assert.deepEqual(indexes, [
    'CREATE INDEX idx_api_logs_ts ON public.api_logs USING btree ("timestamp" DESC)',
    'CREATE INDEX idx_portfolio_greeks_ts ON public.portfolio_greeks USING btree ("timestamp" DESC)',
  ]);
  await deliver(target, 2);
  assert.deepEqual(await catalogue(server, target), after);
  assert.deepEqual(await server.query('SELECT * FROM trades', [], target.database), [{ id: 1, note: 'mine' }]);
});

test('many bridges that find an empty database at the same moment all get their tables, and none reports a failure', async () => {
  const server = await sharedServer();
  for (let round = 0; round < 6; round++) {
    const target = await server.createDatabase();
    const stands = Array.from({ length: 5 }, () => new DeliveryStand({ target }));
    try {
      for (const stand of stands) stand.start();
      await until(() => stands.every(({ delivery }) => ['delivering', 'failing'].includes(delivery.state().database)), 'the databases to answer');
      assert.deepEqual(
        stands.flatMap(({ delivery }) => delivery.state().cause?.text ?? []),
        [],
      );
    } finally {
      for (const stand of stands) await stand[Symbol.asyncDispose]();
    }
  }
});

test('existing tables with more columns than ours are used as they are', async () => {
  const server = await sharedServer();
  const target = await server.createDatabase();
  await deliver(target, 1);
  await server.query(`ALTER TABLE portfolio_greeks ADD COLUMN note text NOT NULL DEFAULT 'x', ADD COLUMN rho double precision`, [], target.database);
  await deliver(target, 2);
  assert.deepEqual(await deltasIn(server, target), [1, 2]);
});

const repairs: readonly (readonly [string, string])[] = [
  ['ALTER TABLE portfolio_greeks DROP COLUMN vega', 'ALTER TABLE portfolio_greeks ADD COLUMN vega double precision;'],
  ['ALTER TABLE portfolio_greeks ALTER COLUMN delta TYPE real', 'ALTER TABLE portfolio_greeks ALTER COLUMN delta TYPE double precision;'],
  ['ALTER TABLE api_logs ADD COLUMN tenant int NOT NULL', 'ALTER TABLE api_logs ALTER COLUMN "tenant" DROP NOT NULL;'],
];

for (const [change, repair] of repairs) {
  test(`after "${change}" delivery waits and shows the statement that mends it, which does`, async () => {
    const server = await sharedServer();
    const target = await server.createDatabase();
    await deliver(target, 1);
    await server.query(change, [], target.database);
    const clock = new ManualClock();
    await using stand = new DeliveryStand({ target, clock });
    stand.start();
    stand.delivery.appendGreeks(greeks(2));
    const { action } = await until(() => stand.delivery.state().cause, 'the cause');
    assert.ok(action?.includes(repair), action);
    const findings = await checkDatabase(target, 5_000);
    assert.ok(findings.some(({ ok, action: advice }) => !ok && advice?.includes(repair)));
    await server.query(repair, [], target.database);
    await clock.advance(60_000);
    await stand.delivered();
    assert.deepEqual(await deltasIn(server, target), [1, 2]);
  });
}

test('a role without rights gets the statements to run; rows wait and nothing hammers; after them everything arrives', async () => {
  const server = await sharedServer();
  const target = await strangerOn(server);
  const clock = new ManualClock();
  await using stand = new DeliveryStand({ target, clock });
  stand.delivery.appendGreeks(greeks(1));
  stand.start();
  const { action = '', text } = await until(() => stand.delivery.state().cause, 'the cause');
  assert.match(text, /permission denied for schema public/);
  assert.equal(stand.delivery.state().breaker, 'open');
  const before = await checkDatabase(target, 5_000);
  assert.ok(before.some(({ subject, ok }) => subject === 'tables' && !ok));

  const statements = action.slice(action.indexOf('\n') + 1);
  await server.query(statements, [], target.database);
  await clock.advance(60_000);
  await stand.delivered();
  assert.deepEqual(await deltasIn(server, target), [1]);
  const after = await checkDatabase(target, 5_000);
  assert.deepEqual(
    after.filter(({ ok }) => !ok),
    [],
  );
});

test('a wrong password, a missing database and a host where nothing listens are told apart, and a check writes nothing', async () => {
  const server = await sharedServer();
  const target = await server.createDatabase();
  const check = async (changed: Partial<DatabaseTarget>) => (await checkDatabase({ ...target, ...changed }, 5_000)).filter(({ ok }) => !ok).map(({ detail }) => detail);
  assert.match((await check({ password: 'wrong' })).join(), /refused the login of postgres/);
  assert.match((await check({ database: 'no_such' })).join(), /database no_such does not exist/);
  assert.match((await check({ port: 1 })).join(), /nothing listens there/);
  assert.deepEqual(await check({}), []);
  assert.deepEqual(await catalogue(server, target), []);
});
