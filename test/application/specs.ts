import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright';
import { systemClock } from '../../main/engine/clock.ts';
import { historyPath, openHistory } from '../../main/engine/delivery/history.ts';
import { until } from '../support/until.ts';
import type { DesktopApplication } from './desktop-application.ts';
import { clickTrayMenu, overviewOf, Scene, seen, type Start } from './scene.ts';

const secret = 'test';

/** The story of one day with the desktop application, told on whatever `start` starts. */
export function describeApplication(start: Start): void {
  let scene: Scene;
  let application: DesktopApplication;
  let page: Page;

  before(async () => {
    scene = await Scene.open(start);
    application = await scene.launch();
    page = await application.window();
  });
  after(() => scene.close());

  async function openSettings(): Promise<void> {
    await clickTrayMenu(application, 'Settings\u2026');
    await page.getByRole('dialog', { name: 'Settings' }).waitFor();
  }

  async function save(): Promise<void> {
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('dialog', { name: 'Settings' }).waitFor({ state: 'detached' });
  }

  function state(word: string): Promise<void> {
    return page.getByText(word, { exact: true }).first().waitFor({ timeout: 30_000 });
  }

  /** The page that takes the place of one that crashed, once it shows the state. */
  function anotherPage(): Promise<Page> {
    return until(async () => {
      const reopened = await application.window().catch(() => undefined);
      return reopened !== undefined && !reopened.isClosed() && reopened !== page && (await reopened.getByText('Connected', { exact: true }).count()) > 0 && reopened;
    }, 'the window loaded again', 30_000);
  }

  function rowsAfter(count: number): Promise<number> {
    return until(async () => {
      const { length } = await scene.greeksRows();
      return length > count && length;
    }, `more than ${count} rows in PostgreSQL`, 30_000);
  }

  test('the first start shows the first steps, and three clicks lead to live Greeks', async () => {
    await page.getByRole('heading', { name: 'Where do you log in to IBKR?' }).waitFor();
    await page.getByRole('radio', { name: new RegExp(`port ${scene.tws.port}`) }).check();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('button', { name: 'Later' }).click();
    await page.getByRole('button', { name: 'Open the dashboard' }).click();
    await state('Connected');
    const { sums } = await until(async () => {
      const overview = await overviewOf(page);
      return overview.sums?.coverage.priced === 40 && overview;
    }, 'all legs priced');
    const book = scene.tws.expectedSums('DU1234567');
    assert.ok(Math.abs((sums?.delta ?? Number.NaN) - book.delta) < 1e-9, `${sums?.delta} is not ${book.delta}`);
  });

  test('the numbers in the window move with the market', async () => {
    const delta = page.getByRole('button', { name: /^Delta/ });
    const before = await delta.innerText();
    await until(async () => {
      scene.tws.tick();
      return (await delta.innerText()) !== before;
    }, 'another delta');
  });

  test('the tray shows the connected look, and its menu the four Greeks', async () => {
    const { tray } = await seen(application, (observation) => observation.tray?.image === 'connectedTemplate', 'the connected look');
    assert.match(tray?.tooltip ?? '', /^IBKR Trading Bridge: connected since \d\d:\d\d:\d\d, live data$/);
    const { tray: opened } = await application.act({ kind: 'open-tray-menu' });
    const labels = opened?.menu.map(({ label }) => label) ?? [];
    for (const greek of ['Delta', 'Gamma', 'Vega', 'Theta']) assert.ok(labels.some((label) => new RegExp(`^${greek} [+\u2212]`).test(label)), `${greek} in ${labels.join(', ')}`);
    assert.ok(labels.includes('No database set: rows are kept on this computer'));
  });

  test('a database set in Settings gets every row since the start, and its password stands in no file as it is', async () => {
    await openSettings();
    const { host, port, database, user } = scene.target;
    const section = page.locator('#database');
    await section.getByLabel('Host').fill(host);
    await section.getByLabel('Port').fill(String(port));
    await section.getByLabel('Name').fill(database);
    await section.getByLabel('User').fill(user);
    await section.getByLabel('Password').fill(scene.target.password ?? secret);
    await page.getByLabel('Row every').fill('1');
    await page.locator('#desktop').getByLabel('Net delta in the menu bar').click();
    await page.locator('#desktop').getByLabel('Keep awake').click();
    await save();
    const { rowsWritten } = (await overviewOf(page)).state;
    await rowsAfter(rowsWritten - 1);
    const settings = readFileSync(join(scene.folder, 'data', 'settings.json'), 'utf8');
    assert.match(settings, new RegExp(`"dbName": "${database}"`));
    assert.doesNotMatch(settings, /pass/i);
    const encrypted = readFileSync(join(scene.folder, 'data', 'database-password.encrypted'));
    assert.ok(!encrypted.includes(scene.target.password ?? secret));
    const { password } = await page.evaluate(async () => {
      const answer = await window.bridge?.settings();
      return answer?.ok === true ? answer.value : { password: null };
    });
    assert.deepEqual(password, { stored: true, lockedBy: null, available: true });
  });

  test('the settings of the desktop take effect at once: title in the menu bar, no sleep', async () => {
    const { blocksPowerSave } = await seen(application, ({ tray }) => /^\u0394 [+\u2212]\d/.test(tray?.title ?? ''), 'the title');
    assert.equal(blocksPowerSave, true);
  });

  test('with one row a minute, the number in the menu bar and those of its menu move with the market all the same', async (context) => {
    const every = (pollIntervalSeconds: number): Promise<unknown> => page.evaluate((seconds) => window.bridge?.saveSettings({ pollIntervalSeconds: seconds }), pollIntervalSeconds);
    context.after(() => every(1));
    await every(60);
    const { rowsWritten } = (await overviewOf(page)).state;
    const titles = new Set<string | undefined>();
    const deltas = new Set<string | undefined>();
    await until(async () => {
      scene.tws.tick();
      const { tray } = await application.act({ kind: 'open-tray-menu' });
      titles.add(tray?.title);
      deltas.add(tray?.menu.find(({ label }) => label.startsWith('Delta '))?.label);
      return titles.size >= 4 && deltas.size >= 4;
    }, 'numbers that move');
    assert.ok((await overviewOf(page)).state.rowsWritten <= rowsWritten + 1);
  });

  test('a setting that is wrong is refused at its field and changes nothing', async () => {
    const path = join(scene.folder, 'data', 'settings.json');
    const before = readFileSync(path, 'utf8');
    await openSettings();
    await page.locator('#gateway').getByLabel('Client id').fill('0');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('#gateway [aria-invalid="true"]').waitFor();
    assert.equal(readFileSync(path, 'utf8'), before);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Discard changes' }).click();
    await page.getByRole('dialog', { name: 'Settings' }).waitFor({ state: 'detached' });
  });

  test('the mode is switched in Settings while it runs, there and back, and rows go on', async () => {
    await openSettings();
    await page.locator('#gateway').getByLabel('Mode').selectOption('PORTAL');
    await page.locator('#gateway').getByLabel('Address').fill(scene.portal.url);
    await save();
    await until(async () => {
      const { state: now } = await overviewOf(page);
      return now.mode === 'PORTAL' && now.connection.kind === 'connected' && now.live;
    }, 'PORTAL mode', 40_000);
    assert.deepEqual(scene.tws.clientIds(), [], 'the session to TWS has ended');
    await rowsAfter((await scene.greeksRows()).length);
    await openSettings();
    await page.locator('#gateway').getByLabel('Mode').selectOption('SOCKET');
    await save();
    await until(async () => {
      const { state: now } = await overviewOf(page);
      return now.mode === 'SOCKET' && now.connection.kind === 'connected';
    }, 'SOCKET mode', 40_000);
    await rowsAfter((await scene.greeksRows()).length);
  });

  test('a gateway that goes away changes the tray and the window; when it is back, so are they', async () => {
    await scene.tws.refuseConnections();
    scene.tws.drop();
    const lost = await seen(application, ({ tray }) => tray?.image === 'reconnectingTemplate', 'the reconnecting look');
    assert.match(lost.tray?.tooltip ?? '', /reconnecting, next attempt at/);
    assert.equal(lost.tray?.title, '\u0394 \u2013', 'no old number in the menu bar');
    await state('Reconnecting');
    await scene.tws.acceptConnections();
    await clickTrayMenu(application, 'Reconnect now');
    await seen(application, ({ tray }) => tray?.image === 'connectedTemplate', 'the connected look', 30_000);
    await state('Connected');
    await until(async () => (await scene.logMessages()).some((message) => message.startsWith('gap of')), 'the gap in api_logs');
  });

  test('sleep ends the session, waking opens a new one', async () => {
    await application.act({ kind: 'power', event: 'suspend' });
    await seen(application, ({ tray }) => /asleep$/.test(tray?.tooltip ?? ''), 'asleep');
    await until(() => scene.tws.openConnections === 0, 'the end of the session');
    await application.act({ kind: 'power', event: 'resume' });
    await seen(application, ({ tray }) => tray?.image === 'connectedTemplate', 'the connected look', 30_000);
  });

  test('closing the window hides it, the tray and a second launch bring it back', async () => {
    await application.act({ kind: 'close-window' });
    assert.equal((await application.act({ kind: 'look' })).window?.visible, false);
    assert.equal((await application.act({ kind: 'click-tray' })).window?.visible, true);
    assert.equal((await application.act({ kind: 'click-tray' })).window?.visible, false, 'a click on the tray hides a window that is in front');
    const second = await scene.launch();
    assert.equal(await second.exited, 0, second.output());
    await seen(application, ({ window }) => window?.visible === true && window.focused, 'the window of the first one');
  });

  test('a hidden window is told nothing; shown again, it knows everything at once', async () => {
    await page.evaluate(() => {
      const heard = ((window as unknown as { heard: number }).heard = 0);
      window.bridge?.subscribe(({ type }) => {
        if (type === 'overview') (window as unknown as { heard: number }).heard += 1;
      });
      return heard;
    });
    const heard = (): Promise<number> => page.evaluate(() => (window as unknown as { heard: number }).heard);
    await until(async () => (await heard()) > 0, 'updates');
    await application.act({ kind: 'close-window' });
    const rows = (await scene.greeksRows()).length;
    const atHiding = await heard();
    await rowsAfter(rows + 1);
    assert.ok((await heard()) <= atHiding + 1, 'at most the one that was on its way');
    await application.act({ kind: 'click-tray' });
    await until(async () => (await heard()) > atHiding, 'a fresh overview');
  });

  test('the page goes nowhere, opens nothing, and asks nobody else', async () => {
    const found = await page.evaluate(async () => {
      const outcome = (work: Promise<unknown>): Promise<string> => work.then(() => 'reached', () => 'refused');
      window.open('https://example.com/');
      location.href = 'https://example.com/';
      return {
        fetched: await outcome(fetch('https://example.com/')),
        // In a task of its own: what Playwright itself evaluates may evaluate.
        evaluated: await outcome(new Promise((resolve) => setTimeout(resolve)).then(() => new Function('return 1')())),
        isolated: typeof (globalThis as Record<string, unknown>)['require'],
      };
    });
    assert.deepEqual(found, { fetched: 'refused', evaluated: 'refused', isolated: 'undefined' });
    const { strayRequests } = await application.act({ kind: 'look' });
    assert.deepEqual(strayRequests, []);
    await state('Connected');
  });

  test('a frame inside the page is not answered', async () => {
    const answer = await page.evaluate(async () => {
      const frame = document.createElement('iframe');
      document.body.append(frame);
      const inside = frame.contentWindow as unknown as Record<string, ((channel: string, args: unknown[]) => Promise<unknown>) | undefined>;
      const answered = await inside['__standInInvoke']?.('bridge:overview', []);
      frame.remove();
      return answered ?? null;
    });
    // On Electron a frame has no way to ask at all.
    if (answer !== null) assert.deepEqual(answer, { ok: true, value: { ok: false, message: 'this page is not the window of the bridge' } });
  });

  test('a window that crashes is loaded again; when it crashes again soon, a person is asked, and rows go on', async () => {
    const rows = (await scene.greeksRows()).length;
    await application.act({ kind: 'crash-window' });
    page = await anotherPage();
    await application.act({ kind: 'crash-window' });
    await seen(application, ({ questions }) => questions.length === 1, 'the question');
    await application.act({ kind: 'answer-question', button: 1 });
    await seen(application, ({ window }) => window?.visible === false, 'the window to be left alone');
    await rowsAfter(rows);
  });

  test('a window that was left alone after its crash opens again from the menu bar, with a page that lives', async () => {
    await clickTrayMenu(application, 'Open');
    await seen(application, ({ window }) => window?.visible === true && !window.crashed, 'the window, loaded again');
    page = await anotherPage();
  });

  test('Quit delivers what waits and ends; every row that was written is in PostgreSQL, once', async () => {
    await clickTrayMenu(application, 'Quit').catch(() => undefined); // it may be gone before it answers
    assert.equal(await application.exited, 0, application.output());
    assert.equal((await scene.logMessages()).at(-1), 'stopped: quit');
    const rows = await scene.greeksRows();
    const times = rows.map(({ timestamp }) => (timestamp as Date).getTime());
    assert.equal(new Set(times).size, times.length);
    assert.deepEqual(scene.tws.forbidden, []);
    const history = openHistory(historyPath(join(scene.folder, 'buffer.sqlite')), systemClock);
    const written = history.countSince(0);
    history.close();
    assert.ok(written > 5);
    assert.equal(rows.length, written);
  });

  test('started again, it remembers settings and password, and nothing waits in the outbox', async () => {
    const before = (await scene.greeksRows()).length;
    application = await scene.launch();
    page = await application.window();
    await state('Connected');
    await rowsAfter(before);
    const { delivery } = (await overviewOf(page)).state;
    assert.equal(delivery.dead, 0);
    await until(async () => (await overviewOf(page)).state.delivery.waiting <= 2, 'an outbox that keeps up');
  });
}
