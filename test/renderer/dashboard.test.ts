import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { seriousFindings } from './axe.ts';
import type { LegRow } from '../../preload/contract.ts';
import { signed } from '../../renderer/words/numbers.ts';
import { makeLegs, unprice } from './fixtures/book.ts';
import { makeLog } from './fixtures/log.ts';
import { scenario, scenarios } from './fixtures/scenarios.ts';
import { until } from '../support/until.ts';
import { chromiumPath, openStage, settle, small, type Show, type Stage } from './stage.ts';

const executable = chromiumPath();

describe('the dashboard', { concurrency: 3, skip: executable === undefined ? 'no Chromium was found' : false }, () => {
  let stage: Stage;
  before(async () => {
    stage = await openStage(executable ?? '');
  });
  after(() => stage.close());

  const open = async (...args: Parameters<Stage['open']>): Promise<Show> => {
    const show = await stage.open(...args);
    await settle(show);
    return show;
  };
  const close = async (show: Show): Promise<void> => {
    assert.deepEqual(await show.faults(), []);
    await show.close();
  };

  test('the four numbers follow the updates, and go dim with their age when the connection is lost', async () => {
    const show = await open(scenarios.connected);
    const delta = show.page.getByRole('button', { name: /^Delta/ });
    const { overview } = scenarios.connected;
    await delta.getByText(signed(overview.sums?.delta ?? null, 2)).waitFor();
    await show.bridge.push({ type: 'overview', overview: { ...overview, now: overview.now + 250, sums: overview.sums === null ? null : { ...overview.sums, delta: -46.427 } } });
    await delta.getByText('−46.43').waitFor();
    await show.bridge.turnTo(scenarios.reconnecting);
    await delta.getByText(/^3 m 2\d s old$/).waitFor();
    assert.equal(await delta.getAttribute('data-stale'), 'true');
    await close(show);
  });

  test('the legs of a lost connection stay, dim, though the bridge has none to tell', async () => {
    const show = await open(scenarios.connected);
    const asked = show.bridge.timesAsked('legs');
    await show.bridge.turnTo({ ...scenarios.reconnecting, legs: [] });
    await show.page.locator('.legs[data-stale="true"]').waitFor();
    for (let turn = 0; show.bridge.timesAsked('legs') === asked; turn += 1) {
      assert.ok(turn < 500, 'nobody asked for the legs');
      await show.page.evaluate(() => new Promise(requestAnimationFrame));
    }
    // The empty answer has been rendered two frames later.
    await settle(show);
    assert.ok((await show.page.locator('.legs tbody tr').count()) > 5);
    await close(show);
  });

  test('each answer moves the numbers of the legs and their sums; a leg that loses its price says why, and then has numbers again', async () => {
    const show = await open(scenarios.connected);
    const row = show.page.getByRole('row', { name: /^AAPL stock/ });
    const answer = async (turn: number, change: (leg: LegRow) => LegRow): Promise<void> => {
      const { overview, legs } = scenarios.connected;
      const later = { ...overview, now: overview.now + turn * 1000, sums: overview.sums === null ? null : { ...overview.sums, at: overview.sums.at + turn * 1000 } };
      await show.bridge.turnTo({ ...scenarios.connected, overview: later, legs: legs.map((leg) => (leg.kind === 'STK' ? change(leg) : leg)) });
    };
    await row.getByRole('cell', { name: '+250.00' }).waitFor();
    await answer(1, (leg) => ({ ...leg, price: 240.5, delta: 260 }));
    await row.getByRole('cell', { name: '240.50' }).waitFor();
    await row.getByRole('cell', { name: '+260.00' }).waitFor();
    await show.page.getByRole('row', { name: new RegExp(`^All legs \\${signed((scenarios.connected.overview.sums?.delta ?? 0) + 10, 2)}`) }).waitFor();
    await answer(2, (leg) => ({ ...leg, price: null, delta: null, reason: 'no data yet' }));
    await row.getByRole('cell', { name: 'no data yet' }).waitFor();
    await show.page.getByRole('row', { name: /^All legs · 1 left out/ }).waitFor();
    await answer(3, (leg) => ({ ...leg, delta: 270 }));
    await row.getByRole('cell', { name: '+270.00' }).waitFor();
    assert.equal(await row.getByRole('cell').count(), 9);
    await close(show);
  });

  test('a number never stands beside another contract, not for one frame, while legs come, go and are sorted', async () => {
    const show = await open(scenario({ legs: makeLegs(40) }));
    const { page, bridge } = show;
    const { overview, legs } = bridge.scenario;
    const generations = [legs, legs.slice(1), legs.slice(1).map((leg) => ({ ...leg, delta: (leg.delta ?? 0) + 1000 })), legs.slice(3).map((leg) => ({ ...leg, delta: (leg.delta ?? 0) - 500 }))];
    await page.evaluate(() => {
      const seen = new Set<string>();
      Object.assign(window, { seen });
      const look = (): void => {
        for (const row of document.querySelectorAll('.legs tbody tr:not(.spacer)')) seen.add(`${row.querySelector('th')?.title}: ${row.querySelector('.col-delta')?.textContent}`);
        requestAnimationFrame(look);
      };
      look();
    });
    const column = page.getByRole('columnheader', { name: 'Net Δ' }).getByRole('button');
    for (const [turn, generation] of generations.entries()) {
      const asked = bridge.timesAsked('legs');
      const at = overview.now + (turn + 1) * 1000;
      const later = { ...overview, now: at, sums: overview.sums === null ? null : { ...overview.sums, at } };
      await bridge.turnTo({ ...bridge.scenario, overview: later, legs: generation });
      await until(() => bridge.timesAsked('legs') > asked, 'the legs to be asked for');
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      if (turn > 1) await column.click();
      await bridge.push({ type: 'overview', overview: { ...later, now: at + 250 } });
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    }
    const titleOf = (leg: LegRow): string => `${leg.description}, ${leg.kind}${leg.multiplier === null ? '' : `, multiplier ${leg.multiplier}`}`;
    const own = new Map(legs.map((leg) => [titleOf(leg), new Set<string>()]));
    for (const leg of generations.flat()) own.get(titleOf(leg))?.add(signed(leg.delta, 2));
    const seen = await page.evaluate(() => [...(window as unknown as { seen: Set<string> }).seen]);
    assert.ok(seen.length > 24, `${seen.length} pairs were seen`);
    for (const pair of seen) {
      const [contract = '', delta = ''] = pair.split(': ');
      assert.ok(own.get(contract)?.has(delta), `${pair} is not one of ${[...(own.get(contract) ?? [])].join(', ')}`);
    }
    await close(show);
  });

  test('sums that stand still are stale although the state still says connected', async () => {
    const show = await open(scenarios.connected);
    const { overview } = scenarios.connected;
    await show.bridge.push({ type: 'overview', overview: { ...overview, now: overview.now + 40_000 } });
    await show.page.getByText(/^4\d s old$/).first().waitFor();
    await close(show);
  });

  test('the button beside the cause sends its command, and tells when that failed', async () => {
    const show = await open(scenarios.reconnecting);
    show.bridge.answers.command = () => ({ ok: false, message: 'The engine is stopping.' });
    await show.page.getByRole('button', { name: 'Reconnect now' }).click();
    await show.page.getByRole('alert').getByText('The engine is stopping.').waitFor();
    assert.deepEqual(show.bridge.asked.filter(({ method }) => method === 'command').map(({ args }) => args), [['reconnect']]);
    await close(show);
  });

  test('a gateway that stays away offers one button to reconnect, not one in its alarm as well', async () => {
    const show = await open(scenarios['gateway-alarm']);
    await show.page.getByRole('region', { name: 'Alarms' }).getByText('The gateway has been away since the end of the reset window.').waitFor();
    assert.equal(await show.page.getByRole('button', { name: 'Reconnect now' }).count(), 1);
    await close(show);
  });

  test('an account is chosen with one click', async () => {
    const show = await open(scenarios['account-choice']);
    await show.page.getByRole('button', { name: 'U7654321' }).click();
    await show.page.getByRole('button', { name: 'U7654321' }).waitFor();
    assert.deepEqual(show.bridge.asked.filter(({ method }) => method === 'saveSettings').map(({ args }) => args), [[{ account: 'U7654321' }]]);
    await close(show);
  });

  test('the arrow keys move the crosshair, which reads all four Greeks and the cause of a gap', async () => {
    const show = await open(scenarios.connected);
    const crosshair = show.page.getByRole('slider', { name: 'History of net delta' });
    await crosshair.focus();
    await show.page.keyboard.press('End');
    assert.match((await crosshair.getAttribute('aria-valuetext')) ?? '', /^14:\d\d:\d\d, Delta [+−][\d,.]+, Gamma [+−][\d.]+, Vega [+−][\d,.]+, Theta [+−][\d,.]+$/);
    // 14:02:30, the end of the outage, is 1,950 s before now; a row every 6 s.
    for (let step = 0; step < 16; step += 1) await show.page.keyboard.press('PageDown');
    for (let step = 0; step < 40 && !/No rows/.test((await crosshair.getAttribute('aria-valuetext')) ?? ''); step += 1) await show.page.keyboard.press('ArrowLeft');
    assert.match((await crosshair.getAttribute('aria-valuetext')) ?? '', /No rows for 4 m 20 s\. 127\.0\.0\.1:4001 closed the connection\.$/);
    await show.page.keyboard.press('Escape');
    assert.equal(await show.page.locator('.reading').count(), 0);
    await close(show);
  });

  test('the pointer reads the chart, a tile chooses its Greek, and a range asks for its history', async () => {
    const show = await open(scenarios.connected);
    const box = (await show.page.locator('.crosshair').boundingBox()) ?? assert.fail();
    await show.page.mouse.move(box.x + box.width * 0.42, box.y + 40);
    await show.page.locator('.reading').getByText(/No rows for 4 m 20 s/).waitFor();
    await show.page.mouse.move(box.x + box.width * 0.8, box.y + 40);
    assert.deepEqual(await show.page.locator('.reading th').allTextContents(), ['Delta', 'Gamma', 'Vega', 'Theta']);
    await show.page.getByRole('button', { name: /^Theta/ }).click();
    await show.page.getByRole('heading', { name: 'Net theta' }).waitFor();
    await show.page.getByRole('button', { name: '30 d', exact: true }).click();
    await show.page.getByText('reset window', { exact: true }).waitFor();
    assert.ok(show.bridge.asked.some(({ method, args }) => method === 'history' && args[0] === '30d'));
    await close(show);
  });

  test('the chart has its curve, its gap, its times and its values', async () => {
    const show = await open(scenarios.connected);
    const labels = await show.page.locator('.chart-box .axis-label').allTextContents();
    assert.ok(labels.includes('14:00') && labels.includes('+2,460'), labels.join(' '));
    const curve = await show.page.locator('.curve').boundingBox();
    const gap = await show.page.locator('.gap-band').boundingBox();
    assert.ok(curve !== null && gap !== null && gap.x > curve.x && gap.x + gap.width < curve.x + curve.width);
    assert.equal((await show.page.locator('.curve').getAttribute('d'))?.match(/M/g)?.length, 2, 'the pen is lifted over the gap');
    await close(show);
  });

  test('each row of the grid has its label or the newest value beside it, and no label lies under another', async () => {
    const show = await open(scenarios.connected);
    for (const greek of ['Delta', 'Gamma', 'Vega', 'Theta']) {
      await show.page.getByRole('button', { name: new RegExp(`^${greek}`) }).click();
      await show.page.getByRole('heading', { name: `Net ${greek.toLowerCase()}` }).waitFor();
      const newest = (await show.page.locator('.newest').boundingBox()) ?? assert.fail();
      const labels = await show.page.locator('.axis-label:not(.time-label)').all();
      for (const label of labels) {
        const box = (await label.boundingBox()) ?? assert.fail();
        assert.ok(box.y + box.height <= newest.y + 1 || box.y >= newest.y + newest.height - 1, `${await label.textContent()} lies under the newest value`);
      }
      const lines = await show.page.locator('.recharts-cartesian-grid line').count();
      assert.ok(lines >= 2 && lines - labels.length <= 1 && lines >= labels.length, `${lines} lines, ${labels.length} labels`);
    }
    await close(show);
  });

  test('with each row the curve grows to it, and the newest value moves there', async () => {
    const show = await open(scenarios.connected);
    const { page, bridge } = show;
    const { overview } = scenarios.connected;
    const tip = page.locator('.curve-tip');
    // Where a row is four pixels wide.
    await page.getByRole('button', { name: '15 m', exact: true }).click();
    await page.locator('.time-label').getByText('14:21').or(page.locator('.time-label').getByText('14:22')).first().waitFor();
    const crosshair = page.getByRole('slider', { name: 'History of net delta' });
    for (let row = 1; row <= 8; row += 1) {
      const before = await tip.getAttribute('points');
      const asked = bridge.timesAsked('history');
      const at = overview.now + row * 5000;
      const { snapshot } = overview.state;
      const state = { ...overview.state, lastRow: { at, latenessMs: 0 }, snapshot: snapshot === null ? null : { ...snapshot, delta: (snapshot.delta ?? 0) + row } };
      await bridge.turnTo({ ...bridge.scenario, overview: { ...overview, now: at, state } });
      await until(() => bridge.timesAsked('history') > asked, 'the history to be asked for');
      for (let beat = 1; (await tip.getAttribute('points')) === before; beat += 1) {
        assert.ok(beat < 200, 'the curve did not grow');
        await bridge.push({ type: 'overview', overview: { ...overview, now: at + beat, state } });
      }
      await crosshair.focus();
      await page.keyboard.press('End');
      const dot = (await page.locator('.crosshair-dot').boundingBox()) ?? assert.fail();
      const drawn = (await tip.boundingBox()) ?? assert.fail();
      const newest = (await page.locator('.newest').boundingBox()) ?? assert.fail();
      assert.ok(Math.abs(drawn.x + drawn.width - (dot.x + dot.width / 2)) <= 2.5, `the tip ends at ${drawn.x + drawn.width}, the newest row is at ${dot.x + dot.width / 2}`);
      assert.ok(Math.abs(newest.y + newest.height / 2 - (dot.y + dot.height / 2)) <= 1.5, 'the newest value stands beside the newest row');
      assert.ok((await page.locator('.curve').boundingBox())!.width > 400, 'the rest of the curve is there');
      await page.keyboard.press('Escape');
    }
    await close(show);
  });

  test('a new row brings a new history of the short ranges only, and the chart is not drawn for other updates', async () => {
    const show = await open(scenarios.connected);
    const { overview } = scenarios.connected;
    const before = show.bridge.timesAsked('history');
    await show.bridge.push({ type: 'overview', overview: { ...overview, now: overview.now + 250, rowsToday: 10_482 } });
    await show.page.getByText('10,482').waitFor();
    assert.equal(show.bridge.timesAsked('history'), before);
    await show.bridge.push({ type: 'overview', overview: { ...overview, now: overview.now + 3000, rowsToday: 10_483, state: { ...overview.state, lastRow: { at: overview.now + 3000, latenessMs: 0 } } } });
    await show.page.getByText('10,483').waitFor();
    await until(() => show.bridge.timesAsked('history') >= before + 2, 'the curve and the sparklines');
    assert.deepEqual(show.bridge.asked.filter(({ method }) => method === 'history').slice(before).map(({ args }) => args[0]), ['1h', '15m']);
    await close(show);
  });

  test('a history that cannot be read says so and can be asked for again', async () => {
    const show = await open(scenarios.connected);
    const works = show.bridge.answers.history;
    show.bridge.answers.history = () => ({ ok: false, message: 'The history file is being salvaged.' });
    await show.page.getByRole('button', { name: '6 h' }).click();
    await show.page.getByText('The history file is being salvaged.').first().waitFor();
    show.bridge.answers.history = works;
    await show.page.getByRole('button', { name: 'Try again' }).first().click();
    await show.page.getByText('The history file is being salvaged.').waitFor({ state: 'detached' });
    await close(show);
  });

  test('of 6,000 legs only those in sight exist', async () => {
    const show = await open(scenario({ legs: makeLegs(6000) }));
    assert.equal(await show.page.getByRole('table').first().getAttribute('aria-rowcount'), '6002');
    assert.ok((await show.page.locator('.legs tbody tr').count()) < 60);
    await show.page.getByRole('region', { name: 'Table of legs' }).evaluate((box) => box.scrollTo({ top: box.scrollHeight }));
    await show.page.locator('.legs tbody tr[aria-rowindex="6001"]').waitFor();
    await close(show);
  });

  test('the log loads older entries as it is scrolled, holds new ones meanwhile, and filters', async () => {
    const show = await open(scenario({ log: makeLog(1000, scenarios.connected.overview.now) }));
    const { page, bridge } = show;
    const list = page.getByRole('region', { name: 'Entries of the log' });
    // On a slow machine heights are still being measured when the way up is clicked: the list must not go back to where it was.
    const session = await page.context().newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: 12 });
    await list.evaluate((box) => box.scrollTo({ top: box.scrollHeight }));
    await page.waitForFunction(() => document.querySelectorAll('.log li').length > 0);
    await page.waitForFunction(() => Number(document.querySelector('.log li:last-child')?.getAttribute('data-index')) > 150);
    assert.ok(bridge.timesAsked('log') >= 2);

    const news = { id: 1001, at: bridge.scenario.overview.now, status: 'error', message: 'a wholly new thing happened' } as const;
    await bridge.push({ type: 'log', entries: [news] });
    await page.getByRole('button', { name: '1 new above' }).click();
    await page.getByText(news.message).waitFor();
    await session.send('Emulation.setCPUThrottlingRate', { rate: 1 });

    await page.getByRole('button', { name: 'errors', exact: true }).click();
    await page.waitForFunction(() => [...document.querySelectorAll('.log-status')].every((each) => each.textContent === 'error'));
    await page.getByLabel('Search the log').fill('disconnected after');
    await page.waitForFunction(() => document.querySelectorAll('.log li').length === 1);
    await close(show);
  });

  // One after the other: the pages of a browser share its clipboard.
  describe('what is copied', { concurrency: 1 }, () => {
    test('legs are sorted, searched, summed and copied', async () => {
      const show = await open(scenario({ legs: unprice(makeLegs(40), { 5: 'no data yet' }) }));
      const { page } = show;
      const column = page.getByRole('columnheader', { name: 'Net Δ' });
      await column.getByRole('button').click();
      assert.equal(await column.getAttribute('aria-sort'), 'descending');
      const first = await page.locator('.legs tbody tr').first().innerText();
      await column.getByRole('button').click();
      assert.equal(await column.getAttribute('aria-sort'), 'ascending');
      assert.notEqual(await page.locator('.legs tbody tr').first().innerText(), first);

      await page.getByLabel('Search legs').fill('aapl');
      await page.getByText(/^Sum of \d+ shown/).waitFor();
      await page.getByRole('region', { name: 'Legs', exact: true }).getByRole('button', { name: 'Copy CSV' }).click();
      await page.getByRole('button', { name: /^Copied \d+ legs$/ }).waitFor();
      const csv = await page.evaluate(() => navigator.clipboard.readText());
      const lines = csv.trimEnd().split('\r\n');
      assert.ok(lines.length > 5 && lines.slice(1).every((line) => line.includes('AAPL')), csv);

      await page.getByLabel('Search legs').fill('');
      await page.getByRole('button', { name: 'Show in legs' }).click();
      await page.locator('.legs tbody tr').getByText('no data yet').waitFor();
      assert.equal(await page.locator('.legs tbody tr').count(), 1);
      await close(show);
    });

    test('the database waits for rights: the statements to run are there to be copied', async () => {
      const show = await open(scenarios['database-failing'], { size: small });
      const { page } = show;
      await page.getByRole('button', { name: 'Delivery' }).click();
      await page.getByRole('button', { name: 'Copy statements' }).click();
      await page.getByRole('button', { name: 'Copied', exact: true }).waitFor();
      assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^CREATE TABLE IF NOT EXISTS bridge_outbox_watermark/);
      await page.getByRole('button', { name: 'Try the database now' }).click();
      assert.ok(show.bridge.asked.some(({ method, args }) => method === 'command' && args[0] === 'retry-database'));
      await close(show);
    });
  });

  test('the live region speaks of states, not of numbers', async () => {
    const show = await open(scenarios.connected);
    const spoken = show.page.locator('p.off-screen[role="status"]');
    const before = await spoken.textContent();
    const { overview } = scenarios.connected;
    await show.bridge.push({ type: 'overview', overview: { ...overview, now: overview.now + 250, rowsToday: 10_482, sums: overview.sums === null ? null : { ...overview.sums, delta: 7 } } });
    await show.page.getByText('10,482').waitFor();
    assert.equal(await spoken.textContent(), before);
    await show.bridge.turnTo(scenarios.reconnecting);
    await show.page.waitForFunction(() => /Reconnecting\. Nothing listens/.test(document.querySelector('p.off-screen[role="status"]')?.textContent ?? ''));
    await close(show);
  });

  test('the first run leads to a connection in three clicks, and to the demo book in one', async () => {
    const show = await open(scenarios['first-run']);
    await show.page.getByRole('button', { name: 'Continue' }).click();
    await show.page.getByRole('button', { name: 'Later' }).waitFor();
    assert.deepEqual(await seriousFindings(show.page), []);
    await show.page.getByRole('button', { name: 'Later' }).click();
    await show.page.getByRole('button', { name: 'Open the dashboard' }).click();
    await show.page.getByRole('heading', { name: 'Net delta' }).waitFor();
    assert.deepEqual(show.bridge.asked.filter(({ method }) => method === 'saveSettings').map(({ args }) => args), [[{ apiMode: 'SOCKET', socketHost: '127.0.0.1', socketPort: 4001 }]]);
    await close(show);

    const demo = await open(scenarios['first-run']);
    await demo.page.getByRole('button', { name: 'Use the demo book' }).click();
    await demo.page.getByRole('heading', { name: 'Net delta' }).waitFor();
    assert.ok(demo.bridge.asked.some(({ method, args }) => method === 'command' && args[0] === 'start-demo'));
    await close(demo);
  });
});
