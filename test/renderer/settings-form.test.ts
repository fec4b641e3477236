import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright';
import { seriousFindings } from './axe.ts';
import { findClipped } from './clipped.ts';
import { ddl, scenario, scenarios } from './fixtures/scenarios.ts';
import { makeSettings } from './fixtures/settings.ts';
import { chromiumPath, openStage, settle, small, type OpenOptions, type Show, type Stage } from './stage.ts';

const executable = chromiumPath();
const folder = process.env['SCREENSHOT_DIR'];

describe('the Settings form', { concurrency: 3, skip: executable === undefined ? 'no Chromium was found' : false }, () => {
  let stage: Stage;
  before(async () => {
    stage = await openStage(executable ?? '');
    if (folder !== undefined) mkdirSync(folder, { recursive: true });
  });
  after(() => stage.close());

  const open = async (settings = makeSettings(), options: OpenOptions = {}, base = scenarios.connected): Promise<Show> => {
    const show = await stage.open({ ...base, settings }, options);
    await settle(show);
    await show.page.getByRole('button', { name: 'Settings' }).click();
    await show.page.getByLabel('Client id').waitFor();
    return show;
  };
  const close = async (show: Show): Promise<void> => {
    assert.deepEqual(await show.faults(), []);
    await show.close();
  };
  const picture = async (page: Page, name: string): Promise<void> => {
    if (folder === undefined) return;
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(folder, `settings-${name}-${colorScheme}.png`) });
    }
  };
  const saves = ({ bridge }: Show): readonly (readonly unknown[])[] => bridge.asked.filter(({ method }) => method === 'saveSettings').map(({ args }) => args);

  test('each opening shows the settings as they are then, also what changed without an update', async () => {
    const show = await open();
    const { page, bridge } = show;
    await page.getByText('The bridge starts only when you open it.').waitFor();
    await page.keyboard.press('Escape');
    const before = makeSettings();
    bridge.scenario = { ...bridge.scenario, settings: makeSettings({ loginItem: 'enabled', fields: { ...before.fields, openAtLogin: { ...before.fields.openAtLogin, value: true } } }) };
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByText('The system opens the bridge when you log in.').waitFor();
    assert.equal(await page.getByLabel('Open at login').isChecked(), true);
    await bridge.push({ type: 'settings', settings: makeSettings({ loginItem: 'requires-approval' }) });
    await page.getByText('The system waits for your approval').waitFor();
    await close(show);
  });

  test('settings that cannot be read say so, and are asked for again', async () => {
    const show = await stage.open(scenarios.connected);
    const { page, bridge } = show;
    await settle(show);
    const read = bridge.settings.bind(bridge);
    bridge.settings = async () => ({ ok: false, message: 'The password store does not answer.' });
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByText('The settings could not be read. The password store does not answer.').waitFor();
    await picture(page, 'unread');
    assert.deepEqual(await seriousFindings(page), []);
    assert.deepEqual(await findClipped(page), []);
    bridge.settings = read;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByLabel('Client id').waitFor();
    // The button that had the focus is gone.
    assert.equal(await page.evaluate(() => document.activeElement?.closest('dialog') !== null), true);
    await page.keyboard.press('Escape');
    assert.equal(await page.getByRole('dialog').count(), 0);
    await close(show);
  });

  test('the mode is switched and only the change is saved', async () => {
    const show = await open();
    await picture(show.page, 'socket');
    assert.deepEqual(await seriousFindings(show.page), []);
    await show.page.getByLabel('Mode').selectOption('PORTAL');
    await show.page.getByLabel('Address').fill('https://localhost:5002');
    await picture(show.page, 'portal');
    await show.page.getByRole('button', { name: 'Save' }).click();
    await show.page.getByText('Settings saved; they are in effect.').waitFor();
    assert.equal(await show.page.getByRole('dialog').count(), 0);
    assert.deepEqual(saves(show), [[{ apiMode: 'PORTAL', gatewayUrl: 'https://localhost:5002' }]]);
    await close(show);
  });

  test('errors of the bridge stand at their fields, the first of them is focused, and nothing is closed', async () => {
    const show = await open();
    const { page, bridge } = show;
    bridge.answers.save = () => ({ ok: true, value: { saved: false, errors: { clientId: 'a whole number from 1 to 2147483647 (0 is refused)', dbHost: 'a host name' } } });
    await page.getByLabel('Client id').fill('0');
    await page.locator('#database').getByLabel('Host').fill('db local');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('.field', { hasText: 'Client id' }).getByText('0 is refused').waitFor();
    await page.locator('#database .field', { hasText: 'Host' }).getByText('a host name').waitFor();
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-invalid') === 'true');
    assert.equal(await page.getByLabel('Client id').evaluate((element) => document.activeElement === element), true);
    await picture(page, 'errors');
    // An error is about the old value.
    await page.getByLabel('Client id').fill('11');
    assert.equal(await page.getByText('0 is refused').count(), 0);
    await close(show);
  });

  test('text that is no number is refused at its field without asking the bridge', async () => {
    const show = await open();
    await show.page.locator('#gateway').getByLabel('Port', { exact: true }).fill('74x6');
    await show.page.getByRole('button', { name: 'Save' }).click();
    await show.page.getByText('A number is needed here.').waitFor();
    assert.deepEqual(saves(show), []);
    await close(show);
  });

  test('a wrong value of the mode that is not chosen is shown to be corrected, and a valid one is not lost', async () => {
    const show = await open();
    const { page, bridge } = show;
    const clientId = page.getByLabel('Client id');
    const port = page.locator('#gateway').getByLabel('Port', { exact: true });
    await clientId.fill('abc');
    await port.fill('99999');
    await page.locator('#gateway').getByLabel('Host').fill('10.0.0.7');
    await page.getByLabel('Mode').selectOption('PORTAL');
    assert.equal(await clientId.count(), 0);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('.field', { hasText: 'Client id' }).getByText('A number is needed here.').waitFor();
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-invalid') === 'true');
    assert.equal(await clientId.evaluate((element) => document.activeElement === element), true);
    await picture(page, 'both-modes');
    assert.deepEqual(await seriousFindings(page), []);
    // The field stays while its error goes.
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('12');
    assert.equal(await clientId.inputValue(), '12');

    const { save } = bridge.answers;
    bridge.answers.save = () => ({ ok: true, value: { saved: false, errors: { socketPort: 'Must be a whole number from 1 to 65535.' } } });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Must be a whole number from 1 to 65535.').waitFor();
    bridge.answers.save = save;
    await port.fill('7497');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Settings saved; they are in effect.').waitFor();
    assert.deepEqual(saves(show).at(-1), [{ apiMode: 'PORTAL', socketHost: '10.0.0.7', socketPort: 7497, clientId: 12 }]);
    await close(show);
  });

  test('a preset fills in its port', async () => {
    const show = await open();
    await show.page.getByRole('button', { name: 'IB Gateway paper, port 4002' }).click();
    assert.equal(await show.page.locator('#gateway').getByLabel('Port', { exact: true }).inputValue(), '4002');
    await close(show);
  });

  test('a field that the environment sets is read-only and says so', async () => {
    const show = await open(makeSettings({}, { clientId: 'IB_CLIENT_ID in the environment', apiMode: 'IB_API_MODE in .env', resetWindows: 'the settings of your firm' }));
    assert.equal(await show.page.getByLabel('Client id').isDisabled(), true);
    await show.page.getByText('Set by IB_CLIENT_ID in the environment; it cannot be changed here.').waitFor();
    await picture(show.page, 'locked');
    await close(show);
  });

  test('Esc closes; with unsaved changes it asks first, and the focus returns to the button', async () => {
    const show = await open();
    const { page } = show;
    await page.keyboard.press('Escape');
    assert.equal(await page.getByRole('dialog').count(), 0);
    assert.equal(await page.getByRole('button', { name: 'Settings' }).evaluate((element) => document.activeElement === element), true);

    await page.keyboard.press('Enter');
    await page.getByLabel('Client id').fill('12');
    await page.keyboard.press('Escape');
    await page.getByText('The changes are not saved.').waitFor();
    await page.keyboard.press('Enter');
    assert.equal(await page.getByLabel('Client id').inputValue(), '12');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Discard changes' }).click();
    assert.equal(await page.getByRole('dialog').count(), 0);
    assert.deepEqual(saves(show), []);
    await close(show);
  });

  test('Tab stays inside the dialog and reaches every control of it', async () => {
    const show = await open(makeSettings(), { size: small });
    const { page } = show;
    const wanted = await page.evaluate(() => {
      const all = [...document.querySelectorAll('dialog :is(button, input, select)')].filter((element) => !element.matches(':disabled'));
      all.forEach((element, index) => element.setAttribute('data-walk', String(index)));
      return all.length;
    });
    const reached = new Set<string>();
    for (let step = 0; step < wanted * 2 + 10 && reached.size < wanted; step += 1) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => ({ inside: document.activeElement === document.body || document.activeElement?.closest('dialog') !== null, walk: document.activeElement?.getAttribute('data-walk') ?? null }));
      assert.ok(at.inside, 'focus left the dialog');
      if (at.walk !== null) reached.add(at.walk);
    }
    assert.equal(reached.size, wanted);
    assert.deepEqual(await findClipped(page), []);
    await close(show);
  });

  test('a connection is tested with what is in the form, and its findings are listed', async () => {
    const show = await open();
    const { page, bridge } = show;
    bridge.answers.test = () => ({
      ok: true,
      value: [
        { subject: 'connection', ok: true, detail: 'PostgreSQL 18 at db.local:5432' },
        { subject: 'tables', ok: false, detail: 'permission denied for schema public', action: `run as the tables' owner or an administrator:\n${ddl}` },
      ],
    });
    await page.locator('#database').getByLabel('Name').fill('other');
    await page.locator('#database').getByLabel('Password').fill('secret');
    await page.getByRole('button', { name: 'Test database' }).click();
    await page.getByText('permission denied for schema public').waitFor();
    await page.getByRole('button', { name: 'Copy statements' }).waitFor();
    await page.getByRole('button', { name: 'Copy statements' }).scrollIntoViewIfNeeded();
    await picture(page, 'findings');
    assert.deepEqual(await seriousFindings(page), []);
    assert.deepEqual(bridge.asked.filter(({ method }) => method === 'testConnection').map(({ args }) => args), [['database', { dbName: 'other' }, { kind: 'set', password: 'secret' }]]);
    await close(show);
  });

  test('a test of a connection judges its own fields only, and marks those that are wrong', async () => {
    const show = await open();
    const { page, bridge } = show;
    const databasePort = page.locator('#database').getByLabel('Port');
    await databasePort.fill('54x2');
    await page.getByLabel('Client id').fill('abc');
    await page.getByRole('button', { name: 'Test database' }).click();
    await page.locator('#database').getByText('A number is needed here.').waitFor();
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-invalid') === 'true');
    assert.equal(await databasePort.evaluate((element) => document.activeElement === element), true);
    assert.equal(await page.locator('[aria-invalid="true"]').count(), 1);
    assert.equal(await page.locator('#database').getByText('Correct the marked fields first.').count(), 1);

    // The client id is none of PORTAL mode.
    await page.getByLabel('Mode').selectOption('PORTAL');
    await page.getByRole('button', { name: 'Test gateway' }).click();
    await page.locator('#gateway').getByText('works').waitFor();
    assert.deepEqual(bridge.asked.filter(({ method }) => method === 'testConnection').map(({ args }) => args.slice(0, 2)), [['gateway', { apiMode: 'PORTAL' }]]);

    await page.getByLabel('Mode').selectOption('SOCKET');
    await page.getByRole('button', { name: 'Test gateway' }).click();
    // Not the database's port, which is still marked, though it is wrong as well.
    await page.waitForFunction(() => document.activeElement?.closest('#gateway [aria-invalid="true"]') !== null && document.activeElement?.getAttribute('aria-invalid') === 'true');
    assert.equal(await page.getByLabel('Client id').evaluate((element) => document.activeElement === element), true);
    assert.equal(bridge.timesAsked('testConnection'), 1);
    await close(show);
  });

  test('findings stand only beside the values that were tested', async () => {
    const show = await open();
    const { page, bridge } = show;
    const works = page.locator('#database').getByText('works');
    const host = page.locator('#database').getByLabel('Host');
    await page.getByRole('button', { name: 'Test database' }).click();
    await works.waitFor();
    // No field of the database.
    await page.getByLabel('Client id').fill('12');
    assert.equal(await works.count(), 1);
    await host.fill('other.local');
    assert.equal(await works.count(), 0);
    await page.getByRole('button', { name: 'Test database' }).click();
    await works.waitFor();
    await page.locator('#database').getByLabel('Password').fill('secret');
    assert.equal(await works.count(), 0);

    let answer = (): void => undefined;
    const asked = bridge.testConnection.bind(bridge);
    bridge.testConnection = async (...args) => {
      await new Promise<void>((resolve) => (answer = resolve));
      return asked(...args);
    };
    await page.getByRole('button', { name: 'Test database' }).click();
    await page.getByRole('button', { name: 'Testing' }).waitFor();
    await host.fill('third.local');
    answer();
    await page.getByRole('button', { name: 'Test database' }).waitFor();
    assert.equal(await works.count(), 0);
    await close(show);
  });

  test('the password goes one way: it says that one is stored, is replaced or cleared, and never shown', async () => {
    const show = await open();
    const { page } = show;
    const password = page.locator('#database').getByLabel('Password');
    assert.equal(await password.inputValue(), '');
    assert.equal(await password.getAttribute('placeholder'), 'stored');
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByText('The stored password is removed when you save.').waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Settings saved; they are in effect.').waitFor();
    assert.deepEqual(saves(show), [[{}, { kind: 'clear' }]]);
    await close(show);
  });

  test('reset windows are chosen by name or set freely', async () => {
    const show = await open();
    const { page } = show;
    await page.getByLabel('Reset window').selectOption({ label: 'IBKR Europe' });
    assert.equal(await page.getByLabel('from').count(), 0);
    await page.getByLabel('Reset window').selectOption({ label: 'Times of my own' });
    // The preset's own window, to be edited.
    assert.equal(await page.getByLabel('from').count(), 1);
    assert.equal(await page.getByLabel('from').inputValue(), '06:25');
    await page.getByRole('button', { name: 'Add a window' }).click();
    await page.getByLabel('from').last().fill('01:15');
    await page.getByLabel('in', { exact: true }).last().fill('Europe/London');
    await page.getByRole('button', { name: 'Sat' }).last().click();
    await picture(page, 'windows');
    assert.deepEqual(await seriousFindings(page), []);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Settings saved; they are in effect.').waitFor();
    assert.deepEqual(saves(show), [
      [
        {
          resetWindows: [
            { timeZone: 'Europe/Zurich', start: '06:25', resume: '07:45', days: ['Mon', 'Tue'] },
            { timeZone: 'Europe/London', start: '01:15', resume: '00:05', days: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri'] },
          ],
        },
      ],
    ]);
    await close(show);
  });

  test('the editor of reset windows stays, with the focus, while what is typed is a preset', async () => {
    const show = await open();
    const { page } = show;
    const choice = page.getByLabel('Reset window');
    await choice.selectOption({ label: 'Times of my own' });
    const from = page.getByLabel('from');
    await from.fill('23:41');
    await from.fill('23:40');
    assert.equal(await from.evaluate((element) => document.activeElement === element), true);
    assert.equal(await choice.evaluate((element) => (element as HTMLSelectElement).selectedOptions[0]?.textContent), 'Times of my own');
    await page.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('button', { name: 'Add a window' }).waitFor();
    await choice.selectOption({ label: 'None' });
    assert.equal(await page.getByRole('button', { name: 'Add a window' }).count(), 0);
    await close(show);
  });

  test('several accounts are a choice; in a browser there is nothing of the desktop', async () => {
    const several = scenario({ state: { accountChoice: ['U1234408', 'U7654321'] } });
    const show = await open(makeSettings({ loginItem: 'requires-approval' }), {}, several);
    await show.page.getByLabel('Account').selectOption('U7654321');
    await show.page.getByRole('button', { name: 'Open Login Items' }).click();
    assert.ok(show.bridge.asked.some(({ method, args }) => method === 'command' && args[0] === 'open-login-items'));
    await close(show);

    const browser = await open(makeSettings(), {}, scenarios['in-a-browser']);
    assert.equal(await browser.page.getByLabel('Open at login').count(), 0);
    await close(browser);
  });
});
