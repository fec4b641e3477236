import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openDelivery } from '../../main/engine/delivery/durable-delivery.ts';
import { systemClock } from '../../main/engine/clock.ts';
import { Stage } from '../demo/stage.ts';
import { until } from '../support/until.ts';

const backlog = 10_000;
/** Original timestamps, one every five seconds, the newest well before now. */
const firstAt = Date.UTC(2026, 0, 5);

let stage: Stage;

before(async () => {
  stage = await Stage.open({ env: { BRIDGE_POLL_INTERVAL: '3600' }, startDaemon: false });
  const delivery = openDelivery({ bufferPath: stage.bufferPath, target: null, clock: systemClock });
  for (let index = 0; index < backlog; index += 1) {
    const value = index / 8;
    delivery.appendGreeks({ timestamp: firstAt + index * 5_000, contract: 'PORTFOLIO', delta: value, gamma: null, vega: value, theta: -value, underlyingPrice: 6_000 });
  }
  await delivery.stop(0);
});

after(() => stage.close());

async function delivered(): Promise<number> {
  const rows = await stage.server
    .query('select count(*)::int as rows from portfolio_greeks where timestamp < $1', [new Date(firstAt + backlog * 5_000)], stage.target.database)
    .catch(() => []);
  return Number(rows[0]?.['rows'] ?? 0);
}

test('kill -9 of the daemon in the middle of a drain loses no row, doubles none, keeps order and original timestamps', async () => {
  let kills = 0;
  for (let before = 0; before < backlog; before = await delivered()) {
    stage.restartDaemon();
    await until(async () => (await delivered()) > before, 'the drain to begin');
    stage.daemon.signal('SIGKILL');
    await stage.daemon.exited;
    kills += 1;
  }
  assert.ok(kills >= 2, `the drain was killed in its middle ${kills} times`);
  stage.restartDaemon();
  await until(async () => (await delivered()) >= backlog, 'the rest of the drain');
  const rows = await stage.server.query(
    `select timestamp, delta from portfolio_greeks where timestamp < $1 order by id`,
    [new Date(firstAt + backlog * 5_000)],
    stage.target.database,
  );
  assert.equal(rows.length, backlog);
  const wrong = rows.findIndex(({ timestamp, delta }, index) => (timestamp as Date).getTime() !== firstAt + index * 5_000 || delta !== index / 8);
  assert.equal(wrong, -1, `row ${wrong} is not the one that was accepted there`);
});
