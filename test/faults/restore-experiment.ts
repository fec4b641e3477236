import { ManualClock } from '../support/manual-clock.ts';
import type { OwnServer, TestServer } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import type { Experiment } from './experiment.ts';
import { NumberedDelivery } from './numbered-delivery.ts';
import { NumberedRows } from './numbered-rows.ts';
import { passUntil } from './pass-until.ts';
import { judged, withServer } from './with-server.ts';

/** The cluster's own copy of a database at this moment, as a dump is. */
async function copyDatabase(server: TestServer, from: string, to: string): Promise<void> {
  await disconnectAll(server, from);
  await server.query(`CREATE DATABASE ${to} TEMPLATE ${from}`);
}

async function disconnectAll(server: TestServer, database: string): Promise<void> {
  await server.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS false`);
  await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [database]);
  await until(async () => (await server.query('SELECT 1 FROM pg_stat_activity WHERE datname = $1', [database])).length === 0, 'the connections to end');
  await server.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS true`);
}

/** 400 rows newer than the dump; the dump takes the place of the database. */
async function restoredFromDump(server: OwnServer): Promise<string | null> {
  const target = await server.createDatabase();
  const clock = new ManualClock();
  await using bridge = await NumberedDelivery.begin({ target, clock }, 600);
  await copyDatabase(server, target.database, `${target.database}_dump`);
  await clock.advance(60_000);
  bridge.append(400);
  await passUntil(clock, () => bridge.state.waiting === 0, 'the newer rows');
  await disconnectAll(server, target.database);
  await server.query(`ALTER DATABASE ${target.database} RENAME TO ${target.database}_lost`);
  await disconnectAll(server, `${target.database}_dump`);
  await server.query(`ALTER DATABASE ${target.database}_dump RENAME TO ${target.database}`);
  bridge.append();
  await passUntil(clock, () => bridge.state.waiting === 0 && bridge.state.database === 'delivering', 'the rows to come back');
  const { flawless, text } = await judged(server, target, bridge.rows);
  return flawless ? null : `restored from a dump: ${text}`;
}

/** A new database under the old name knows none of our rows: it gets what waits, not what was delivered. */
async function droppedAndCreated(server: OwnServer): Promise<string | null> {
  const target = await server.createDatabase();
  const clock = new ManualClock();
  await using bridge = await NumberedDelivery.begin({ target, clock }, 100);
  await disconnectAll(server, target.database);
  await server.query(`DROP DATABASE ${target.database} WITH (FORCE)`);
  const later = new NumberedRows();
  later.next = bridge.rows.next;
  later.append(bridge.delivery, 50);
  await clock.advance(10_000);
  await server.query(`CREATE DATABASE ${target.database}`);
  await passUntil(clock, () => bridge.state.waiting === 0 && bridge.state.database === 'delivering', 'the new database to be filled');
  const { flawless, text } = await judged(server, target, later);
  return flawless ? null : `dropped and created again: ${text}`;
}

/** Another database for a while, then the first again: that one gets what it missed, so that its series has no hole. */
async function thereAndBack(server: OwnServer): Promise<string | null> {
  const [first, second] = [await server.createDatabase(), await server.createDatabase()];
  await using bridge = await NumberedDelivery.begin({ target: first }, 100);
  const inFirst = bridge.rows;
  const inSecond = new NumberedRows();
  bridge.delivery.setTarget(second);
  inSecond.next = inFirst.next;
  inSecond.append(bridge.delivery, 100);
  await bridge.delivered();
  bridge.delivery.setTarget(first);
  inFirst.next = inSecond.next;
  bridge.append(100);
  await bridge.delivered();
  for (const n of inSecond.accepted) inFirst.intended.add(n), inFirst.accepted.add(n);
  const verdicts = [await judged(server, first, inFirst), await judged(server, second, inSecond)];
  const bad = verdicts.filter(({ flawless }) => !flawless).map(({ text }) => text);
  return bad.length === 0 ? null : `another database and back: ${bad.join('; ')}`;
}

export const g8: Experiment = {
  id: 'G8',
  title: 'PostgreSQL restored from a dump that is 400 rows old; dropped and created again; another database and back',
  target: 'healed in order, 0 doubled; a new database gets only what waits; back: 0 doubled',
  run: () =>
    withServer([], async (server) => {
      const problems = [await restoredFromDump(server), await droppedAndCreated(server), await thereAndBack(server)].filter((problem) => problem !== null);
      return { reached: problems.length === 0, figure: problems.length === 0 ? 'dump healed (400 rows sent again), new database 50 of 50 pending rows, there and back 300 of 300, 0 doubled' : problems.join('; ') };
    }),
};
