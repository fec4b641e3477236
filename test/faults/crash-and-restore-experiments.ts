import type { DatabaseTarget } from '../../main/engine/delivery/delivery.ts';
import type { OwnServer } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { amount, between, type Experiment, type Outcome, type Setup } from './experiment.ts';
import { NumberedDelivery } from './numbered-delivery.ts';
import { pause } from './pass-until.ts';
import { g6, g7 } from './refusing-server-experiments.ts';
import { g8 } from './restore-experiment.ts';
import { judged, withServer } from './with-server.ts';

interface Crashes {
  readonly times: number;
  readonly crash: (round: number, bridge: NumberedDelivery, target: DatabaseTarget) => Promise<void>;
  /** SQL that is run before the first crash, once the tables are there. */
  readonly prepare?: string;
}

/** A backlog is being drained while the server dies at a random instant, again and again. */
async function crashServer(setup: Setup, server: OwnServer, { times, crash, prepare }: Crashes): Promise<Outcome> {
  const target = await server.createDatabase();
  await using bridge = await NumberedDelivery.begin({ target, limits: { ballastBytes: 0, batchRows: 20 } });
  if (prepare !== undefined) await server.query(prepare, [], target.database);
  let inDrain = 0;
  for (let round = 0; round < times; round += 1) {
    bridge.append(1_500);
    await pause(between(setup.random, 1, 60));
    if (bridge.state.waiting > 0) inDrain += 1;
    await crash(round, bridge, target);
    await until(() => {
      bridge.delivery.probeNow();
      return bridge.state.database === 'delivering';
    }, 'the database to be found again', 60_000);
  }
  await until(() => (bridge.delivery.probeNow(), bridge.state.waiting === 0), 'everything to be delivered', 60_000);
  const { flawless, text } = await judged(server, target, bridge.rows);
  return { reached: flawless && inDrain >= times / 2, figure: `${times} crashes, ${inDrain} in the middle of a drain, ${text}` };
}

/** Crashes the server and starts it again; resolves with the number of rows that it had confirmed and does not have any more. */
async function rowsTakenBack(server: OwnServer, { database }: DatabaseTarget, bridge: NumberedDelivery): Promise<number> {
  await server.stop('immediate');
  const confirmed = bridge.rows.accepted.size - bridge.state.waiting;
  await server.start();
  // The bridge's next attempt is seconds away: nothing has been sent again yet.
  const [counted] = await server.query('SELECT count(*) AS rows FROM portfolio_greeks', [], database);
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
      const crash = (commits: keyof typeof takenBack) => async (_: number, bridge: NumberedDelivery, target: DatabaseTarget): Promise<void> => {
        takenBack[commits] += await rowsTakenBack(server, target, bridge);
      };
      const synchronous = await crashServer(setup, server, { times, crash: crash('synchronous') });
      const asynchronous = await crashServer(setup, server, { times, crash: crash('asynchronous'), prepare: commitLater });
      return {
        reached: synchronous.reached && takenBack.synchronous === 0 && asynchronous.reached && takenBack.asynchronous > 0,
        figure: `${synchronous.figure}, ${takenBack.synchronous} confirmed rows taken back; asynchronous: ${asynchronous.figure}, ${takenBack.asynchronous.toLocaleString('en-US')} confirmed rows taken back and sent again`,
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

export const crashAndRestoreExperiments: readonly Experiment[] = [g1, g2, g6, g7, g8];
