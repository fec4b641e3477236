import { chownSync } from 'node:fs';
import type { DatabaseTarget } from '../../main/engine/delivery/delivery.ts';
import { ManualClock } from '../support/manual-clock.ts';
import type { OwnServer, TestServer } from '../support/postgres.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { Tmpfs, TmpfsError } from '../support/tmpfs.ts';
import { until } from '../support/until.ts';
import { NotRunError, type Experiment } from './experiment.ts';
import { NumberedDelivery } from './numbered-delivery.ts';
import { pause } from './pass-until.ts';
import { judged, withServer } from './with-server.ts';

export const g6: Experiment = {
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
        await using bridge = await NumberedDelivery.begin({ target, clock });
        await server.query('ALTER TABLE portfolio_greeks SET TABLESPACE small', [], target.database);
        await until(async () => {
          if (bridge.state.breaker === 'open') return true;
          if (bridge.state.waiting === 0) bridge.append(2_000);
          else if (bridge.state.cause !== null) await pause(100).then(() => clock.advance(5_000));
          return false;
        }, 'the disk to be full', 60_000);
        const cause = bridge.state.cause?.text ?? '';
        bridge.append(3_000);
        disk.resize('64m');
        await clock.advance(60_000);
        await until(() => bridge.state.waiting === 0, 'everything to be delivered', 60_000);
        const { flawless, text } = await judged(server, target, bridge.rows);
        const { dead } = bridge.state;
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
  await using bridge = await NumberedDelivery.begin({ target, clock });
  const mend = await refuse(server, owner, role);
  await server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1`, [role]);
  await until(() => bridge.noticeKeys().includes('database-lost'), `${name}: the loss`);
  bridge.append();
  const attempted = async (): Promise<void> => {
    const { accepted } = proxy;
    await until(() => proxy.accepted > accepted || bridge.state.breaker === 'open', `${name}: an attempt`, 3_000).catch(() => undefined);
    await pause(150);
  };
  await attempted();
  for (let second = 0; second < 4 && bridge.state.breaker !== 'open'; second += 1) await clock.advance(5_000).then(attempted);
  const state = bridge.state;
  const attemptsBefore = proxy.accepted;
  for (let minute = 0; minute < 5; minute += 1) await clock.advance(60_000).then(attempted);
  const attempts = proxy.accepted - attemptsBefore;
  await mend();
  await clock.advance(60_000);
  await until(() => bridge.state.waiting === 0, `${name}: everything to be delivered after it was mended`, 20_000);
  const { flawless, text } = await judged(server, owner, bridge.rows);
  await proxy.close();
  const wrong = [
    !flawless && text,
    state.breaker !== 'open' && `breaker ${state.breaker}`,
    !cause.test(state.cause?.text ?? '') && `cause "${state.cause?.text}"`,
    attempts > 5 && `${attempts} attempts in 5 minutes`,
    bridge.state.dead > 0 && 'rows died',
    atOnce && state.cause?.action === undefined && 'no action is shown',
  ].filter((problem) => problem !== false);
  return wrong.length === 0 ? null : `${name}: ${wrong.join(', ')}`;
}

export const g7: Experiment = {
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
