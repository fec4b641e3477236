import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { findBrowser } from '../support/browser.ts';
import { overviewOf } from './scene.ts';
import { startOnStandIn } from './stand-in-application.ts';
import type { DesktopApplication } from './desktop-application.ts';

const browser = findBrowser();
if (browser !== undefined) process.env['CHROMIUM_PATH'] = browser;

function folderFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-start-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function start(context: TestContext, dataFolder: string, env: Readonly<Record<string, string>>): Promise<DesktopApplication> {
  const application = await startOnStandIn({ dataFolder, env });
  context.after(() => application.kill());
  return application;
}

describe('a start that something stands in the way of', { skip: browser === undefined ? 'not run: no Chromium was found' : false }, () => {
  test('wrong variables: one dialog names them all, and the exit code is the daemon\u2019s', async (context) => {
    const folder = folderFor(context);
    const application = await start(context, folder, { IB_CLIENT_ID: '0', IB_API_MODE: 'SOCKETS', BRIDGE_BUFFER_PATH: join(folder, 'buffer.sqlite') });
    assert.equal(await application.exited, 2);
    assert.match(application.output(), /\[error box\] IBKR Trading Bridge could not start/);
    assert.match(application.output(), /IB_CLIENT_ID/);
    assert.match(application.output(), /IB_API_MODE/);
    assert.ok(!readdirSync(folder).includes('buffer.sqlite'), 'nothing was opened');
  });

  test('an outbox that another bridge holds: a dialog says so, and the other one is unharmed', async (context) => {
    const folder = folderFor(context);
    const env = { BRIDGE_BUFFER_PATH: join(folder, 'buffer.sqlite'), IB_SOCKET_PORT: '1' };
    const first = await start(context, join(folder, 'one'), env);
    const page = await first.window();
    const second = await start(context, join(folder, 'two'), env);
    assert.equal(await second.exited, 1);
    assert.match(second.output(), /\[error box\] .*already/s);
    assert.ok((await overviewOf(page)).state.startedAt !== null);
  });

  test('a broken settings file is kept aside, and Settings says so', async (context) => {
    const folder = folderFor(context);
    writeFileSync(join(folder, 'settings.json'), '{"version":1,"clientId":');
    const application = await start(context, folder, { BRIDGE_BUFFER_PATH: join(folder, 'buffer.sqlite'), IB_SOCKET_PORT: '1' });
    const page = await application.window();
    const settings = await page.evaluate(() => window.bridge?.settings());
    assert.match(settings?.ok === true ? settings.value.warnings.join() : '', /settings\.broken-/);
    assert.equal(readdirSync(folder).filter((name) => name.startsWith('settings.broken-')).length, 1);
    const log = await page.evaluate(() => window.bridge?.log({ limit: 20, statuses: ['warning'] }));
    assert.ok(log?.ok === true && log.value.some(({ message }) => message.includes('settings.broken-')), 'api_logs says so as well');
  });
});
