import pg from 'pg';
import type { DatabaseTarget } from '../../main/engine/delivery/delivery.ts';
import { DeliveryStand } from '../engine/delivery/delivery-stand.ts';
import { deltasIn, greeksIn } from '../engine/delivery/rows.ts';
import { describeVerdict, isFlawless, judgeRows } from '../support/delivery-verdict.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startOwnServer, type OwnServer } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { amount, type Experiment } from './experiment.ts';
import { NumberedRows } from './numbered-rows.ts';

async function backends(server: OwnServer, database: string): Promise<number[]> {
  const rows = await server.query(`SELECT pid FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()`, [database]);
  return rows.map(({ pid }) => Number(pid));
}

/** The product: frozen with a batch in the backend's buffer, sent again on a new connection, thawed before or after. */
async function productSurvives(server: OwnServer, thaw: 'before' | 'after'): Promise<string | null> {
  const target = await server.createDatabase();
  const clock = new ManualClock();
  await using stand = new DeliveryStand({ target, clock });
  const rows = new NumberedRows();
  stand.start();
  rows.append(stand.delivery);
  await stand.delivered();
  const [frozen = 0] = await backends(server, target.database);
  process.kill(frozen, 'SIGSTOP');
  rows.append(stand.delivery, 3);
  await clock.advance(10_000);
  if (thaw === 'before') process.kill(frozen, 'SIGCONT');
  await clock.advance(5_000);
  rows.append(stand.delivery);
  await stand.delivered();
  if (thaw === 'after') process.kill(frozen, 'SIGCONT');
  await until(async () => !(await backends(server, target.database)).includes(frozen), 'the frozen backend to end');
  const verdict = judgeRows(await greeksIn(server, target), rows);
  return isFlawless(verdict) && verdict.rows === 5 ? null : describeVerdict(verdict);
}

const naive = 'INSERT INTO portfolio_greeks(delta) VALUES (1)';
const unconditional = `WITH w AS (UPDATE mark SET seq = 1 RETURNING 1) INSERT INTO portfolio_greeks(delta) SELECT 1 FROM w`;

/** A control: the same story with a statement that does not ask where the watermark stands; true when the row is there twice. */
async function doubles(server: OwnServer, sql: string): Promise<boolean> {
  const target = await server.createDatabase();
  await server.query('CREATE TABLE portfolio_greeks(id bigserial, timestamp timestamptz, contract text, delta float8, gamma float8, vega float8, theta float8, underlying_price float8); CREATE TABLE mark(seq int); INSERT INTO mark VALUES (0)', [], target.database);
  const first = await client(target);
  const [frozen = 0] = await backends(server, target.database);
  process.kill(frozen, 'SIGSTOP');
  first.query(sql).catch(() => undefined); // It is given up below.
  await until(() => (first as unknown as { connection: { stream: { writableLength: number } } }).connection.stream.writableLength === 0, 'the statement to be sent');
  const second = await client(target);
  await second.query(sql);
  process.kill(frozen, 'SIGCONT');
  await until(async () => (await deltasIn(server, target)).length >= 2, 'the frozen statement', 2_000).catch(() => undefined);
  await Promise.all([first.end(), second.end()]);
  return (await deltasIn(server, target)).length === 2;
}

async function client(target: DatabaseTarget): Promise<pg.Client> {
  const opened = new pg.Client({ ...target, password: target.password ?? '' });
  opened.on('error', () => undefined);
  await opened.connect();
  return opened;
}

export const p5: Experiment = {
  id: 'P5',
  title: 'zombie commit: a backend frozen with the statement in its buffer, the batch sent again, thawed before and after',
  target: '0 of 20 doubled; controls (plain INSERT, unconditional UPDATE) 10 of 10 doubled each',
  run: async (setup) => {
    const server = await startOwnServer();
    try {
      const times = amount(setup, 10, 2);
      const bad: string[] = [];
      const controls = { naive: 0, unconditional: 0 };
      for (let round = 0; round < times; round += 1) {
        for (const thaw of ['before', 'after'] as const) bad.push(...[await productSurvives(server, thaw)].filter((verdict) => verdict !== null));
        if (await doubles(server, naive)) controls.naive += 1;
        if (await doubles(server, unconditional)) controls.unconditional += 1;
      }
      return {
        reached: bad.length === 0 && controls.naive === times && controls.unconditional === times,
        figure: `${bad.length} of ${times * 2} wrong${bad.length > 0 ? ` (${bad[0]})` : ''}; controls doubled: naive ${controls.naive} of ${times}, unconditional ${controls.unconditional} of ${times}`,
      };
    } finally {
      await server.dispose();
    }
  },
};
