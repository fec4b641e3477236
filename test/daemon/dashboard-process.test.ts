import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright';
import { DaemonProcess } from '../demo/daemon-process.ts';
import { Stage } from '../demo/stage.ts';
import { chromiumPath } from '../renderer/stage.ts';
import { until } from '../support/until.ts';
import { DashboardClient } from './dashboard-client.ts';

let stage: Stage;
const built = existsSync(join(import.meta.dirname, '..', '..', 'dist', 'renderer', 'index.html'));

before(async () => {
  stage = await Stage.open({ args: ['--dashboard'], env: { BRIDGE_POLL_INTERVAL: '1' } });
});

after(() => stage.close());

function printedUrl(): Promise<string> {
  return until(() => stage.daemon.lines.map((line) => line['dashboard']).find((url) => typeof url === 'string'), 'the address of the dashboard');
}

test('the daemon prints the address, and a real browser shows the live account there without one violation', { skip: built ? false : 'dist/renderer is not built' }, async (context) => {
  const executablePath = chromiumPath();
  if (executablePath === undefined) return context.skip('no Chromium was found');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    const url = await printedUrl();
    page.on('request', (request) => !request.url().startsWith(new URL(url).origin) && complaints.push(`asks for ${request.url()}`));
    await page.goto(url);
    await page.getByText('DU1234567').first().waitFor();
    await page.getByText(/market data is live/).first().waitFor();
    assert.doesNotMatch(page.url(), /token/, 'the token leaves the address bar');
    await page.reload();
    await page.getByText('DU1234567').first().waitFor();
    assert.deepEqual(complaints, []);
  } finally {
    await browser.close();
  }
});

test('what is saved in the window is in settings.json and in force', { skip: built ? false : 'dist/renderer is not built' }, async () => {
  const client = new DashboardClient(await printedUrl());
  const { result } = await client.ask('saveSettings', [{ underlyingSymbol: 'AAPL', socketPort: stage.simulator.port }]);
  assert.equal(result.ok && (result.value as { saved: boolean }).saved, true);
  await until(async () => {
    const rows = await stage.server.query('select underlying_price from portfolio_greeks order by id desc limit 1', [], stage.target.database).catch(() => []);
    const price = Number(rows[0]?.['underlying_price']);
    return price > 0 && price < 1_000;
  }, 'a row with the price of AAPL', 15_000);
  const locked = await client.ask('saveSettings', [{ dbPort: 1 }]);
  assert.match(locked.text, /set by DB_PORT in the environment/);
});

test('SIGTERM ends it with a tab open', { skip: built ? false : 'dist/renderer is not built' }, async () => {
  const tab = await new DashboardClient(await printedUrl()).follow();
  await until(() => tab.updates.length > 0, 'the first update');
  stage.daemon.signal('SIGTERM');
  assert.deepEqual(await stage.daemon.exited, { code: 0, signal: null });
});

test('an address that others could reach ends the start', async () => {
  const daemon = new DaemonProcess({ env: {}, folder: stage.folder, args: ['--dashboard', '0.0.0.0:8080'] });
  assert.deepEqual(await daemon.exited, { code: 2, signal: null });
  assert.match(daemon.stderr, /this machine only/);
});
