import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright';
import { seriousFindings } from './axe.ts';
import { findClipped } from './clipped.ts';
import { scenarios } from './fixtures/scenarios.ts';
import { makeSettings } from './fixtures/settings.ts';
import { chromiumPath, openStage, settle, small, type Show, type Stage } from './stage.ts';

const executable = chromiumPath();
const folder = process.env['SCREENSHOT_DIR'];

describe('the first run', { concurrency: 3, skip: executable === undefined ? 'no Chromium was found' : false }, () => {
  let stage: Stage;
  before(async () => {
    stage = await openStage(executable ?? '');
    if (folder !== undefined) mkdirSync(folder, { recursive: true });
  });
  after(() => stage.close());

  const open = async (settings = makeSettings()): Promise<Show> => {
    const show = await stage.open({ ...scenarios['first-run'], settings }, { size: small });
    await settle(show);
    return show;
  };
  const check = async (page: Page, name: string): Promise<void> => {
    if (folder !== undefined) await page.screenshot({ path: join(folder, `first-run-${name}.png`) });
    assert.deepEqual(await seriousFindings(page), []);
    assert.deepEqual(await findClipped(page), []);
  };
  const close = async (show: Show): Promise<void> => {
    assert.deepEqual(await show.faults(), []);
    await show.close();
  };
  const focused = (page: Page, label: string): Promise<unknown> => page.waitForFunction((name) => document.activeElement?.closest('.field')?.querySelector('label')?.textContent === name, label);

  test('errors of the database stand at their fields, the first of them is focused, and go when it is changed', async () => {
    const show = await open();
    const { page, bridge } = show;
    await page.getByRole('button', { name: 'Continue' }).click();
    const port = page.getByLabel('Port');
    await page.getByLabel('Host').fill('db.local');
    await port.fill('x');
    const asked = bridge.timesAsked('saveSettings');
    for (const button of ['Test database', 'Use this database']) {
      await port.fill('x');
      await page.getByRole('button', { name: button }).click();
      await page.locator('.field', { hasText: 'Port' }).getByText('A number is needed here.').waitFor();
      await focused(page, 'Port');
      assert.equal(await port.getAttribute('aria-invalid'), 'true');
      assert.match(await port.evaluate((element) => document.getElementById(element.getAttribute('aria-describedby') ?? '')?.textContent ?? ''), /A number is needed/);
      await port.fill('99999');
      assert.equal(await page.getByText('A number is needed here.').count(), 0);
    }
    assert.equal(bridge.timesAsked('testConnection'), 0);
    assert.equal(bridge.timesAsked('saveSettings'), asked);

    bridge.answers.save = () => ({ ok: true, value: { saved: false, errors: { dbPort: 'Must be a whole number from 1 to 65535.', dbUser: 'Must be set.', pollIntervalSeconds: 'Must be seconds.' } } });
    await page.getByRole('button', { name: 'Use this database' }).click();
    await page.locator('.field', { hasText: 'Port' }).getByText('Must be a whole number from 1 to 65535.').waitFor();
    await page.locator('.field', { hasText: 'User' }).getByText('Must be set.').waitFor();
    // A setting that the step does not show.
    await page.getByText('pollIntervalSeconds: Must be seconds.').waitFor();
    await focused(page, 'Port');
    await check(page, 'database-errors');
    await close(show);
  });

  test('errors of the gateway stand at the choice', async () => {
    const show = await open();
    const { page, bridge } = show;
    bridge.answers.save = () => ({ ok: true, value: { saved: false, errors: { socketPort: 'Cannot be changed here: set by IB_SOCKET_PORT in the environment.' } } });
    await page.getByRole('button', { name: 'Continue' }).click();
    const choice = page.getByRole('radiogroup', { name: 'Gateway' });
    await choice.getByText('Port: Cannot be changed here: set by IB_SOCKET_PORT in the environment.').waitFor();
    assert.equal(await choice.getAttribute('aria-invalid'), 'true');
    await page.waitForFunction(() => document.activeElement?.matches('[type="radio"]:checked'));
    await check(page, 'gateway-errors');
    await page.getByLabel('Client Portal Gateway').check();
    assert.equal(await choice.getAttribute('aria-invalid'), 'false');
    bridge.answers.save = () => ({ ok: false, message: 'The disk is full.' });
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('The disk is full.').waitFor();
    await close(show);
  });

  test('warnings about the settings stand at the top', async () => {
    const show = await open(makeSettings({ warnings: ['settings.json could not be read and was kept as settings.json.broken'] }));
    await show.page.getByText('settings.json could not be read and was kept as settings.json.broken').waitFor();
    await check(show.page, 'warnings');
    await close(show);
  });
});
