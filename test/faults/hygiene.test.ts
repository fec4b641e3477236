import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stage } from '../demo/stage.ts';
import { DeliveryStand, OutboxFolder } from '../engine/delivery/delivery-stand.ts';
import { deltasIn, greeks } from '../engine/delivery/rows.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { sharedServer } from '../support/postgres.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

for (const state of ['while the breaker is open', 'on a connection that has just died'] as const) {
  test(`quitting ${state} does not wait for a dead line, and the rows that wait survive`, async () => {
    const server = await sharedServer();
    const target = await server.createDatabase();
    const proxy = await TcpProxy.open(server);
    using folder = new OutboxFolder();
    const clock = new ManualClock();
    const stand = new DeliveryStand({ target: { ...target, port: proxy.port }, clock, bufferPath: folder.path });
    stand.start();
    stand.delivery.appendGreeks(greeks(1));
    await stand.delivered();
    proxy.blackhole('to-server', 'to-client');
    if (state === 'while the breaker is open') {
      stand.delivery.appendGreeks(greeks(2));
      await until(async () => {
        await clock.advance(1_000);
        return stand.delivery.state().breaker === 'open';
      }, 'the breaker to open');
    }
    let stopped = false;
    void stand.delivery.stop(10_000).then(() => (stopped = true));
    await until(() => stopped, 'the stop, without the clock going on', 3_000);

    proxy.heal();
    await using next = new DeliveryStand({ target, bufferPath: folder.path });
    next.start();
    next.delivery.appendGreeks(greeks(3));
    await next.delivered();
    assert.deepEqual(await deltasIn(server, target), state === 'while the breaker is open' ? [1, 2, 3] : [1, 3]);
    await proxy.close();
  });
}

test('errors that nobody caught end neither the daemon nor its recording, and stand in api_logs', async () => {
  const planted = `setTimeout(() => { throw new Error('planted exception') }, 2000); setTimeout(() => void Promise.reject(new Error('planted rejection')), 3000);`;
  const stage = await Stage.open({ env: { BRIDGE_POLL_INTERVAL: '1', NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(planted)}` } });
  try {
    const messages = async (): Promise<string[]> => {
      const rows = await stage.server.query('SELECT message FROM api_logs ORDER BY id', [], stage.target.database).catch(() => []);
      return rows.map(({ message }) => String(message));
    };
    await until(async () => (await messages()).some((message) => /unexpected error.*planted exception/.test(message)), 'the exception in api_logs');
    const toldAt = Date.now() + 2_000;
    await until(
      async () => (await stage.server.query('SELECT 1 FROM portfolio_greeks WHERE timestamp > $1', [new Date(toldAt)], stage.target.database)).length > 0,
      'rows after both',
      30_000,
    );
    assert.ok(stage.daemon.lines.some(({ msg, ...rest }) => `${msg}${JSON.stringify(rest)}`.includes('planted rejection')), 'the rejection is in the daemon\u2019s own log');
    assert.equal(stage.daemon.running, true);
  } finally {
    await stage.close();
  }
});
