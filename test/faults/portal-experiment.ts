import { Stage } from '../demo/stage.ts';
import { describeUnexplained, ledgerOf } from '../support/gap-ledger.ts';
import { until } from '../support/until.ts';
import { amount, between, pick, type Experiment } from './experiment.ts';

const second = 1_000;

/** Each makes the gateway ill at once and returns what makes it well. */
const illnesses: Readonly<Record<string, (stage: Stage) => Promise<() => Promise<unknown> | void>>> = {
  'login expired': ({ portal }) => Promise.resolve(portal.expire()).then(() => () => portal.login()),
  'brokerage session ended': ({ portal }) => Promise.resolve(portal.closeBrokerage()).then(() => () => undefined),
  silent: ({ portal: { faults } }) => Promise.resolve((faults.silence = true)).then(() => () => void (faults.silence = false)),
  maintenance: ({ portal: { faults } }) => Promise.resolve((faults.maintenance = true)).then(() => () => void (faults.maintenance = false)),
  refused: ({ portal }) => portal.refuseConnections().then(() => () => portal.acceptConnections()),
  dropped: ({ portal }) => Promise.resolve(portal.drop()).then(() => () => undefined),
  'snapshots cut': ({ portal: { faults } }) => Promise.resolve(faults.spoilt.set('/iserver/marketdata/snapshot', 'cut')).then(() => () => void faults.spoilt.clear()),
  'snapshots halved': ({ portal: { faults } }) => Promise.resolve(faults.spoilt.set('/iserver/marketdata/snapshot', 'half')).then(() => () => void faults.spoilt.clear()),
};

export const d2: Experiment = {
  id: 'D2',
  title: 'the built daemon in PORTAL mode: login expired, brokerage session ended, silent, in maintenance, refused, dropped, answers cut, kill -9',
  target: 'comes back by itself each time, every sum one that the book had, 0 unexplained gaps (from the database alone)',
  load: 'waits',
  run: async (setup) => {
    const stage = await Stage.open({ env: { BRIDGE_POLL_INTERVAL: '1', IB_API_MODE: '' } });
    const { server, target, portal } = stage;
    const rowSince = async (since: number, what: string): Promise<void> => {
      const sql = 'SELECT 1 FROM portfolio_greeks WHERE timestamp > $1';
      await until(async () => (await server.query(sql, [new Date(since)], target.database).catch(() => [])).length > 0, what, 200 * second);
    };
    const problems: string[] = [];
    let faults = 0;
    try {
      await rowSince(0, 'a row in SOCKET mode');
      stage.applySettings({ apiMode: 'PORTAL' });
      await until(() => stage.simulator.openConnections === 0, 'the socket to be closed', 30 * second);
      await rowSince(Date.now(), 'a row in PORTAL mode');
      const names = [...Object.keys(illnesses), 'kill'];
      const count = amount(setup, 12, 3);
      for (let n = 0; n < count; n += 1) {
        // Each once, then at random.
        const name = names[n] ?? pick(setup.random, names);
        faults += 1;
        const fallIll = illnesses[name];
        if (fallIll === undefined) {
          stage.daemon.signal('SIGKILL');
          await stage.daemon.exited;
          stage.restartDaemon();
        } else {
          const heal = await fallIll(stage);
          await new Promise((resolve) => setTimeout(resolve, between(setup.random, 2 * second, 12 * second)));
          await heal();
        }
        await rowSince(Date.now(), `${name}: a row after it`).catch((error: unknown) => problems.push(String(error)));
      }
      stage.daemon.signal('SIGTERM');
      await stage.daemon.exited;
      const rows = await server.query('SELECT delta FROM portfolio_greeks ORDER BY id', [], target.database);
      const expected = portal.expectedSums(stage.account).delta;
      const wrong = rows.filter(({ delta }) => delta === null || Math.abs(Number(delta) - expected) > 1e-9 * Math.abs(expected)).length;
      if (wrong > 0) problems.push(`${wrong} of ${rows.length} rows with a sum that the book never had`);
      const ledger = await ledgerOf(server, target, second);
      if (ledger.unexplained.length > 0) problems.push(`unexplained: ${describeUnexplained(ledger).slice(0, 300)}`);
      return { reached: problems.length === 0, figure: `${rows.length} rows, ${faults} faults, ${ledger.gapRows} gap rows, ${problems.length === 0 ? 'nothing wrong, every gap explained' : problems.join('; ')}` };
    } finally {
      await stage.close();
    }
  },
};
