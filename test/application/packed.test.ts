import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { findBrowser } from '../support/browser.ts';
import { packedFiles } from '../support/packed-files.ts';
import { overviewOf, seen } from './scene.ts';
import { startOnStandIn } from './stand-in-application.ts';
import { until } from '../support/until.ts';

const checkout = join(import.meta.dirname, '..', '..');
const browser = findBrowser();
if (browser !== undefined) process.env['CHROMIUM_PATH'] = browser;

/** A folder with the packed files alone, and SQLite's binary for this machine in place of the Mac's. */
async function unpack(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-packed-'));
  const binary = `node_modules/better-sqlite3/prebuilds/${process.platform}-${process.arch}.node`;
  for (const path of [...(await packedFiles('arm64')), binary]) cpSync(join(checkout, path), join(folder, path));
  return folder;
}

describe('the packed files', { skip: browser === undefined ? 'not run: no Chromium was found' : false }, () => {
  test('are all that the application needs: it starts from them, and its demo shows live Greeks apart from the trader\u2019s files', async (context) => {
    const root = await unpack();
    const dataFolder = mkdtempSync(join(tmpdir(), 'bridge-packed-data-'));
    context.after(() => [root, dataFolder].forEach((folder) => rmSync(folder, { recursive: true, force: true })));
    const options = { root, dataFolder, env: { BRIDGE_BUFFER_PATH: join(dataFolder, 'buffer.sqlite') } };
    const first = await startOnStandIn(options);
    context.after(() => first.kill());
    const page = await first.window();
    await page.getByRole('button', { name: 'Use the demo book' }).click();
    assert.equal(await first.exited, 0, first.output());

    const demo = await startOnStandIn({ ...options, args: ['--demo'] });
    context.after(() => demo.kill());
    const demoPage = await demo.window();
    const overview = await until(async () => {
      const now = await overviewOf(demoPage);
      return now.sums?.coverage.priced === 40 && now;
    }, 'the demo\u2019s Greeks', 30_000);
    assert.equal(overview.state.delivery.database, 'none');
    const { tray } = await seen(demo, (observation) => observation.tray?.image === 'connectedTemplate', 'the connected look');
    assert.match(tray?.tooltip ?? '', /^IBKR Trading Bridge \(demo\): connected/);
    const settings = await demoPage.evaluate(() => window.bridge?.settings());
    assert.equal(settings?.ok === true && settings.value.bufferPath, join(dataFolder, 'demo', 'buffer.sqlite'));
  });
});
