import { chownSync } from 'node:fs';
import type { DatabaseTarget } from '../../main/engine/delivery/delivery.ts';
import { DeliveryStand } from '../engine/delivery/delivery-stand.ts';
import { describeVerdict, isFlawless, judgeDatabase } from '../support/delivery-verdict.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startOwnServer, type OwnServer, type TestServer } from '../support/postgres.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { Tmpfs, TmpfsError } from '../support/tmpfs.ts';
import { until } from '../support/until.ts';
import { amount, between, NotRunError, type Experiment, type Outcome, type Setup } from './experiment.ts';
import { NumberedRows } from './numbered-rows.ts';
import { passUntil, pause } from './pass-until.ts';

async function withServer(settings: readonly string[], work: (server: OwnServer) => Promise<Outcome>): Promise<Outcome> {
  const server = await startOwnServer(settings);
  try {
    return await work(server);
  } finally {
    await server.dispose();
  }
}

async function judged(server: TestServer, target: DatabaseTarget, rows: NumberedRows): Promise<{ readonly flawless: boolean; readonly text: string }> {
  const verdict = await judgeDatabase(server, target, rows);
  return { flawless: isFlawless(verdict), text: describeVerdict(verdict) };
}

/** A backlog that is being drained, and who drains it. */
interface Drain {
  readonly target: DatabaseTarget;
  readonly rows: NumberedRows;
  readonly stand: DeliveryStand;
}

interface Crashes {
  readonly times: number;
  readonly crash: (round: number, drain: Drain) => Promise<void>;
  /** SQL that is run before the first crash, once the tables are there. */
  readonly prepare?: string;
}

/** A backlog is being drained while the server dies at a random instant, again and again. */
async function crashServer(setup: Setup, server: OwnServer, { times, crash, prepare }: Crashes): Promise<Outcome> {
  const target = await server.createDatabase();
  const rows = new NumberedRows();
  await using stand = new DeliveryStand({ target, limits: { ballastBytes: 0, batchRows: 20 } });
  stand.start();
  rows.append(stand.delivery);
  await stand.delivered();
  if (prepare !== undefined) await server.query(prepare, [], target.database);
  let inDrain = 0;
  for (let round = 0; round < times; round += 1) {
    rows.append(stand.delivery, 1_500);
    await pause(between(setup.random, 1, 60));
    if (stand.delivery.state().waiting > 0) inDrain += 1;
    await crash(round, { target, rows, stand });
    await until(() => {
      stand.delivery.probeNow();
      return stand.delivery.state().database === 'delivering';
    }, 'the database to be found again', 60_000);
  }
  await until(() => (stand.delivery.probeNow(), stand.delivery.state().waiting === 0), 'everything to be delivered', 60_000);
  const { flawless, text } = await judged(server, target, rows);
  return { reached: flawless && inDrain >= times / 2, figure: `${times} crashes, ${inDrain} in the middle of a drain, ${text}` };
}

/** Crashes the server and starts it again; resolves with the number of rows that it had confirmed and does not have any more. */
async function rowsTakenBack(server: OwnServer, { target, rows, stand }: Drain): Promise<number> {
  await server.stop('immediate');
  const confirmed = rows.accepted.size - stand.delivery.state().waiting;
  await server.start();
  // The bridge's next attempt is seconds away: nothing has been sent again yet.
  const [counted] = await server.query('SELECT count(*) AS rows FROM portfolio_greeks', [], target.database);
  return Math.max(0, confirmed - Number(counted?.['rows']));
}

// The bridge sets synchronous_commit for its session; a trigger has the last word, in the transaction itself.
const commitLater = `
  SET synchronous_commit = on;
  CREATE FUNCTION commit_later() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM set_config('synchronous_commit', 'off', true); RETURN NULL; END $$;
  CREATE TRIGGER commit_later AFTER UPDATE ON bridge_outbox_watermark FOR EACH STATEMENT EXECUTE FUNCTION commit_later()`;

const g1: Experiment = {
  id: 'G1',
  title: 'PostgreSQL crashed (immediate stop) and started again while a backlog drains, on a server with synchronous_commit=off: as the bridge sets it, and with commits that really are asynchronous',
  target: '20 crashes, 0/0, nothing confirmed is taken back; 20 with asynchronous commits, > 0 confirmed rows taken back, 0/0 through retention',
  run: (setup) =>
    withServer(['synchronous_commit=off'], async (server) => {
      const times = amount(setup, 20, 2);
      const takenBack = { synchronous: 0, asynchronous: 0 };
      const crash = (commits: keyof typeof takenBack) => async (_: number, drain: Drain): Promise<void> => {
        takenBack[commits] += await rowsTakenBack(server, drain);
      };
      const synchronous = await crashServer(setup, server, { times, crash: crash('synchronous') });
      const asynchronous = await crashServer(setup, server, { times, crash: crash('asynchronous'), prepare: commitLater });
      return {
        reached: synchronous.reached && takenBack.synchronous === 0 && asynchronous.reached && takenBack.asynchronous > 0,
        figure: `${synchronous.figure}, ${takenBack.synchronous} confirmed rows taken back; asynchronous: ${asynchronous.figure}, ${takenBack.asynchronous} confirmed rows taken back and sent again`,
      };
    }),
};

const g2: Experiment = {
  id: 'G2',
  title: 'kill -9 of a child of the postmaster, and of the postmaster itself, while a backlog drains',
  target: '10 of each, 0/0',
  run: (setup) =>
    withServer([], (server) =>
      crashServer(setup, server, {
        times: amount(setup, 20, 2),
        crash: async (round) => {
          if (round % 2 === 0) {
            await server.kill();
            return server.start();
          }
          const [row] = await server.query(`SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'ibkr-bridge/%'`);
          // Between two connections there is none of ours: then the writer of the server's own log, which crashes it as well.
          const [writer] = await server.query(`SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'`);
          process.kill(Number((row ?? writer)?.['pid']), 'SIGKILL');
        },
      }),
    ),
};

const g6: Experiment = {
  id: 'G6',
  title: 'PostgreSQL\u2019s disk is full (its tables in a tablespace on a small tmpfs), then has room again',
  target: '53100 opens the breaker, 0 dead rows, one probe after there is space delivers everything',
  run: async () => {
    try {
      using disk = new Tmpfs('3m');
      return await withServer([], async (server) => {
        if (server.account !== undefined) chownSync(disk.path, server.account.uid, server.account.gid);
        const target = await server.createDatabase();
        await server.query(`CREATE TABLESPACE small LOCATION '${disk.path}'`);
        const clock = new ManualClock();
        const rows = new NumberedRows();
        await using stand = new DeliveryStand({ target, clock });
        stand.start();
        rows.append(stand.delivery);
        await stand.delivered();
        await server.query('ALTER TABLE portfolio_greeks SET TABLESPACE small', [], target.database);
        await until(async () => {
          if (stand.delivery.state().breaker === 'open') return true;
          if (stand.delivery.state().waiting === 0) rows.append(stand.delivery, 2_000);
          else if (stand.delivery.state().cause !== null) await pause(100).then(() => clock.advance(5_000));
          return false;
        }, 'the disk to be full', 60_000);
        const cause = stand.delivery.state().cause?.text ?? '';
        rows.append(stand.delivery, 3_000);
        disk.resize('64m');
        await clock.advance(60_000);
        await until(() => stand.delivery.state().waiting === 0, 'everything to be delivered', 60_000);
        const { flawless, text } = await judged(server, target, rows);
        const { dead } = stand.delivery.state();
        return { reached: flawless && dead === 0 && /disk|space|device/i.test(cause), figure: `"${cause}", ${dead} dead, ${text}` };
      });
    } catch (error) {
      if (error instanceof TmpfsError) throw new NotRunError(error.message);
      throw error;
    }
  },
};

interface Refusal {
  readonly name: string;
  /** Makes the server refuse; what it returns mends it. */
  readonly refuse: (server: OwnServer, target: DatabaseTarget, role: string) => Promise<() => Promise<unknown>>;
  readonly cause: RegExp;
  /** The breaker opens at the first refusal: trying again soon cannot help. */
  readonly atOnce: boolean;
}

const sql = (server: TestServer, database: string, broken: string, mended: string): Promise<() => Promise<unknown>> =>
  server.query(broken, [], database).then(() => () => server.query(mended, [], database));

const refusals: readonly Refusal[] = [
  { name: 'wrong password', atOnce: true, cause: /refused the login/, refuse: (server, { database }, role) => sql(server, database, `ALTER ROLE ${role} PASSWORD 'other'`, `ALTER ROLE ${role} PASSWORD 'secret'`) },
  { name: 'no connection left', atOnce: false, cause: /too many connections|connection/, refuse: (server, { database }, role) => sql(server, database, `ALTER ROLE ${role} CONNECTION LIMIT 0`, `ALTER ROLE ${role} CONNECTION LIMIT -1`) },
  { name: 'column missing', atOnce: true, cause: /vega/, refuse: (server, { database }) => sql(server, database, 'ALTER TABLE portfolio_greeks RENAME COLUMN vega TO gone', 'ALTER TABLE portfolio_greeks RENAME COLUMN gone TO vega') },
  {
    name: 'table missing and not to be created',
    atOnce: true,
    cause: /permission denied|portfolio_greeks/,
    refuse: (server, { database }, role) =>
      sql(server, database, `ALTER TABLE portfolio_greeks RENAME TO away; REVOKE CREATE ON SCHEMA public FROM ${role}`, `ALTER TABLE away RENAME TO portfolio_greeks; GRANT CREATE ON SCHEMA public TO ${role}`),
  },
  { name: 'permission missing', atOnce: true, cause: /permission denied/, refuse: (server, { database }, role) => sql(server, database, `ALTER TABLE portfolio_greeks OWNER TO postgres; REVOKE ALL ON portfolio_greeks FROM ${role}`, `GRANT ALL ON portfolio_greeks TO ${role}; GRANT ALL ON portfolio_greeks_id_seq TO ${role}`) },
  { name: 'read-only server', atOnce: false, cause: /read.only/, refuse: (server, { database }) => sql(server, 'postgres', `ALTER DATABASE ${database} SET default_transaction_read_only = on`, `ALTER DATABASE ${database} RESET default_transaction_read_only`) },
];

async function refusedFor(server: OwnServer, { name, refuse, cause, atOnce }: Refusal): Promise<string | null> {
  const owner = await server.createDatabase();
  const role = `writer_${owner.database}`;
  await server.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'; GRANT ALL ON DATABASE ${owner.database} TO ${role}`);
  await server.query(`GRANT ALL ON SCHEMA public TO ${role}`, [], owner.database);
  const proxy = await TcpProxy.open(server);
  const target = { ...server.target(owner.database, role, 'secret'), port: proxy.port };
  const clock = new ManualClock();
  const rows = new NumberedRows();
  await using stand = new DeliveryStand({ target, clock });
  stand.start();
  rows.append(stand.delivery);
  await stand.delivered();
  const mend = await refuse(server, owner, role);
  await server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1`, [role]);
  await until(() => stand.noticeKeys().includes('database-lost'), `${name}: the loss`);
  rows.append(stand.delivery);
  const attempted = async (): Promise<void> => {
    const { accepted } = proxy;
    await until(() => proxy.accepted > accepted || stand.delivery.state().breaker === 'open', `${name}: an attempt`, 3_000).catch(() => undefined);
    await pause(150);
  };
  await attempted();
  for (let second = 0; second < 4 && stand.delivery.state().breaker !== 'open'; second += 1) await clock.advance(5_000).then(attempted);
  const state = stand.delivery.state();
  const attemptsBefore = proxy.accepted;
  for (let minute = 0; minute < 5; minute += 1) await clock.advance(60_000).then(attempted);
  const attempts = proxy.accepted - attemptsBefore;
  await mend();
  await clock.advance(60_000);
  await until(() => stand.delivery.state().waiting === 0, `${name}: everything to be delivered after it was mended`, 20_000);
  const { flawless, text } = await judged(server, owner, rows);
  await proxy.close();
  const wrong = [
    !flawless && text,
    state.breaker !== 'open' && `breaker ${state.breaker}`,
    !cause.test(state.cause?.text ?? '') && `cause "${state.cause?.text}"`,
    attempts > 5 && `${attempts} attempts in 5 minutes`,
    stand.delivery.state().dead > 0 && 'rows died',
    atOnce && state.cause?.action === undefined && 'no action is shown',
  ].filter((problem) => problem !== false);
  return wrong.length === 0 ? null : `${name}: ${wrong.join(', ')}`;
}

const g7: Experiment = {
  id: 'G7',
  title: 'PostgreSQL refuses: login, connections, column, table, permission, read-only',
  target: 'each classified with a cause to read, one attempt a minute, everything delivered once it is mended',
  run: () =>
    withServer([], async (server) => {
      const problems: string[] = [];
      for (const refusal of refusals) problems.push(...[await refusedFor(server, refusal)].filter((problem) => problem !== null));
      return { reached: problems.length === 0, figure: problems.length === 0 ? `${refusals.length} of ${refusals.length} refusals told, tried once a minute and survived` : problems.join('; ') };
    }),
};

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
  const rows = new NumberedRows();
  const clock = new ManualClock();
  await using stand = new DeliveryStand({ target, clock });
  stand.start();
  rows.append(stand.delivery, 600);
  await stand.delivered();
  await copyDatabase(server, target.database, `${target.database}_dump`);
  await clock.advance(60_000);
  rows.append(stand.delivery, 400);
  await passUntil(clock, () => stand.delivery.state().waiting === 0, 'the newer rows');
  await disconnectAll(server, target.database);
  await server.query(`ALTER DATABASE ${target.database} RENAME TO ${target.database}_lost`);
  await disconnectAll(server, `${target.database}_dump`);
  await server.query(`ALTER DATABASE ${target.database}_dump RENAME TO ${target.database}`);
  rows.append(stand.delivery);
  await passUntil(clock, () => stand.delivery.state().waiting === 0 && stand.delivery.state().database === 'delivering', 'the rows to come back');
  const { flawless, text } = await judged(server, target, rows);
  return flawless ? null : `restored from a dump: ${text}`;
}

/** A new database under the old name knows none of our rows: it gets what waits, not what was delivered. */
async function droppedAndCreated(server: OwnServer): Promise<string | null> {
  const target = await server.createDatabase();
  const rows = new NumberedRows();
  const clock = new ManualClock();
  await using stand = new DeliveryStand({ target, clock });
  stand.start();
  rows.append(stand.delivery, 100);
  await stand.delivered();
  await disconnectAll(server, target.database);
  await server.query(`DROP DATABASE ${target.database} WITH (FORCE)`);
  const later = new NumberedRows();
  later.next = rows.next;
  later.append(stand.delivery, 50);
  await clock.advance(10_000);
  await server.query(`CREATE DATABASE ${target.database}`);
  await passUntil(clock, () => stand.delivery.state().waiting === 0 && stand.delivery.state().database === 'delivering', 'the new database to be filled');
  const { flawless, text } = await judged(server, target, later);
  return flawless ? null : `dropped and created again: ${text}`;
}

/** Another database for a while, then the first again: that one gets what it missed, so that its series has no hole. */
async function thereAndBack(server: OwnServer): Promise<string | null> {
  const [first, second] = [await server.createDatabase(), await server.createDatabase()];
  const [inFirst, inSecond] = [new NumberedRows(), new NumberedRows()];
  await using stand = new DeliveryStand({ target: first });
  stand.start();
  inFirst.append(stand.delivery, 100);
  await stand.delivered();
  stand.delivery.setTarget(second);
  inSecond.next = inFirst.next;
  inSecond.append(stand.delivery, 100);
  await stand.delivered();
  stand.delivery.setTarget(first);
  inFirst.next = inSecond.next;
  inFirst.append(stand.delivery, 100);
  await stand.delivered();
  for (const n of inSecond.accepted) inFirst.intended.add(n), inFirst.accepted.add(n);
  const verdicts = [await judged(server, first, inFirst), await judged(server, second, inSecond)];
  const bad = verdicts.filter(({ flawless }) => !flawless).map(({ text }) => text);
  return bad.length === 0 ? null : `another database and back: ${bad.join('; ')}`;
}

const g8: Experiment = {
  id: 'G8',
  title: 'PostgreSQL restored from a dump that is 400 rows old; dropped and created again; another database and back',
  target: 'healed in order, 0 doubled; a new database gets only what waits; back: 0 doubled',
  run: () =>
    withServer([], async (server) => {
      const problems = [await restoredFromDump(server), await droppedAndCreated(server), await thereAndBack(server)].filter((problem) => problem !== null);
      return { reached: problems.length === 0, figure: problems.length === 0 ? 'dump healed (400 rows sent again), new database 50 of 50 pending rows, there and back 300 of 300, 0 doubled' : problems.join('; ') };
    }),
};

export const crashAndRestoreExperiments: readonly Experiment[] = [g1, g2, g6, g7, g8];
