import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Stage } from '../demo/stage.ts';
import { until } from '../support/until.ts';

let stage: Stage;

before(async () => {
  stage = await Stage.open({ env: { BRIDGE_POLL_INTERVAL: '1' } });
});

after(() => stage.close());

const greeks = ['delta', 'gamma', 'vega', 'theta'] as const;

async function rowsAfter(id: number): Promise<readonly Record<string, unknown>[]> {
  return stage.server.query('select * from portfolio_greeks where id > $1 order by id', [id], stage.target.database).catch(() => []);
}

async function newestId(): Promise<number> {
  return Number((await rowsAfter(0)).at(-1)?.['id'] ?? 0);
}

test('the same book gives the same sums in both modes, in rows in PostgreSQL, across a live switch', async () => {
  const [socketRow] = await until(async () => {
    const rows = await rowsAfter(0);
    return rows.length > 0 && rows;
  }, 'a row in SOCKET mode', 20_000);
  const before = await newestId();
  stage.applySettings({ apiMode: 'PORTAL' });
  await until(() => stage.simulator.openConnections === 0, 'the socket to be closed', 15_000);
  const switchedAt = await newestId();
  const [portalRow] = await until(async () => {
    const rows = await rowsAfter(switchedAt);
    return rows.length > 0 && rows;
  }, 'a row in PORTAL mode', 30_000);
  assert.ok(switchedAt >= before);
  const book = stage.portal.expectedSums(stage.account);
  assert.equal(book.priced, 40);
  for (const greek of greeks) {
    const scale = Math.max(1, Math.abs(book[greek]));
    assert.ok(Math.abs(Number(portalRow?.[greek]) - Number(socketRow?.[greek])) <= 1e-9 * scale, `${greek} differs between the modes`);
    assert.ok(Math.abs(Number(portalRow?.[greek]) - book[greek]) <= 1e-9 * scale, `${greek} differs from the book`);
  }
  assert.equal(portalRow?.['underlying_price'], socketRow?.['underlying_price']);
  const modes = await stage.server.query('select distinct api_mode from api_logs order by 1', [], stage.target.database);
  assert.deepEqual(modes.map(({ api_mode }) => api_mode), ['PORTAL', 'SOCKET']);
});

test('an expired login writes no rows, says what to do, and recovers by itself', async () => {
  stage.portal.expire();
  const message = await until(async () => {
    const rows = await stage.server.query(`select message from api_logs where message like '%Log in at%' order by id`, [], stage.target.database);
    return rows[0]?.['message'];
  }, 'what to do', 20_000);
  assert.ok(String(message).includes(stage.portal.url));
  const id = await newestId();
  stage.portal.login();
  await until(async () => (await newestId()) > id, 'rows again', 20_000);
});

test('back to SOCKET: no connection to the portal is left, and no row was lost or doubled on the way', async () => {
  const id = await newestId();
  stage.applySettings({ apiMode: 'SOCKET' });
  await until(() => stage.portal.openConnections === 0, 'the portal to be left', 15_000);
  await until(async () => (await newestId()) > id + 1, 'rows over the socket again', 20_000);
  const rows = await rowsAfter(0);
  const times = rows.map(({ timestamp }) => (timestamp as Date).getTime());
  assert.equal(new Set(times).size, times.length);
  assert.deepEqual(times, [...times].sort((one, other) => one - other));
  assert.deepEqual(stage.simulator.forbidden, []);
});
