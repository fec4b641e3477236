import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium, type Page } from 'playwright';
import { Stage } from '../demo/stage.ts';
import { chromiumPath } from '../renderer/stage.ts';
import { until } from '../support/until.ts';

let stage: Stage;

before(async () => {
  stage = await Stage.open({ args: ['--dashboard'], env: { BRIDGE_POLL_INTERVAL: '1' } });
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
  await until(() => stage.simulator.openConnections === 0, 'the socket to be closed');
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
  await until(async () => (await newestId()) > id, 'rows again');
});

test('back to SOCKET: no connection to the portal is left, and no row was lost or doubled on the way', async () => {
  const id = await newestId();
  stage.applySettings({ apiMode: 'SOCKET' });
  await until(() => stage.portal.openConnections === 0, 'the portal to be left');
  await until(async () => (await newestId()) > id + 1, 'rows over the socket again');
  const rows = await rowsAfter(0);
  const times = rows.map(({ timestamp }) => (timestamp as Date).getTime());
  assert.equal(new Set(times).size, times.length);
  assert.deepEqual(times, [...times].sort((one, other) => one - other));
  assert.deepEqual(stage.simulator.forbidden, []);
});

const built = existsSync(join(import.meta.dirname, '..', '..', 'dist', 'renderer', 'index.html'));

/** The four large numbers, as soon as the state word says that they are live. */
async function numbersOnScreen(page: Page, mode: string): Promise<readonly string[]> {
  await page.getByText(mode, { exact: true }).first().waitFor();
  await page.getByText('Connected', { exact: true }).first().waitFor();
  // Two rows of this mode: what is shown then cannot be left over from the other one.
  const id = await newestId();
  await until(async () => (await newestId()) > id + 1, 'rows of this mode');
  return until(async () => {
    const numbers = await page.locator('.tile-value').allTextContents();
    return numbers.length === 4 && numbers.every((number) => /\d/.test(number)) && numbers;
  }, 'four numbers', 20_000);
}

test('the window shows the same numbers in both modes', { skip: built ? false : 'dist/renderer is not built' }, async (context) => {
  const executablePath = chromiumPath();
  // A system for which nobody has a browser: the modes themselves are tested above, and the run tells what it left out.
  if (executablePath === undefined) return context.skip('no Chromium was found');
  const url = await until(() => stage.daemon.lines.map((line) => line['dashboard']).find((line) => typeof line === 'string'), 'the address');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    await page.goto(url);
    const overSocket = await numbersOnScreen(page, 'SOCKET');
    stage.applySettings({ apiMode: 'PORTAL' });
    assert.deepEqual(await numbersOnScreen(page, 'PORTAL'), overSocket);
  } finally {
    await browser.close();
  }
});
