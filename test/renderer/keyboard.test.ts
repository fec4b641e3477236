import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { scenarios, type ScenarioName } from './fixtures/scenarios.ts';
import { chromiumPath, large, openStage, settle, small, type Stage } from './stage.ts';

const executable = chromiumPath();

describe('the keyboard', { concurrency: 3, skip: executable === undefined ? 'no Chromium was found' : false }, () => {
  let stage: Stage;
  before(async () => {
    stage = await openStage(executable ?? '');
  });
  after(() => stage.close());

  for (const [name, size] of [['partial-coverage', large], ['database-failing', small], ['account-choice', large], ['first-run', small]] as const satisfies readonly (readonly [ScenarioName, typeof small | typeof large])[]) {
    test(`reaches every control: ${name}`, async () => {
      const show = await stage.open(scenarios[name], { size });
      await settle(show);
      const { page } = show;
      // The tabs that are not chosen are reached with the arrow keys, radio buttons of one group too.
      const names = await page.evaluate(() => {
        const all = [...document.querySelectorAll('button, input, [role="slider"], .scroll')].filter((element) => !element.matches(':disabled, [role="tab"][aria-selected="false"], [type="radio"]:not(:checked)'));
        all.forEach((element, index) => element.setAttribute('data-walk', String(index)));
        return all.map((element) => element.getAttribute('aria-label') ?? element.textContent ?? element.tagName);
      });
      const reached = new Map<string, boolean>();
      for (let step = 0; step < names.length + 10; step += 1) {
        await page.keyboard.press('Tab');
        const at = await page.evaluate(() => {
          const element = document.activeElement;
          const ring = element === null ? null : getComputedStyle(element.closest('.choice') ?? element);
          return { walk: element?.getAttribute('data-walk') ?? null, ring: ring !== null && ring.outlineStyle !== 'none' && Number.parseFloat(ring.outlineWidth) >= 2 };
        });
        if (at.walk !== null) reached.set(at.walk, at.ring);
      }
      assert.deepEqual(names.filter((_, index) => !reached.has(String(index))), [], 'never focused');
      assert.deepEqual(names.filter((_, index) => reached.get(String(index)) === false), [], 'focused without a ring');
      assert.deepEqual(await show.faults(), []);
      await show.close();
    });
  }

  test('the arrow keys turn the tabs of the small window', async () => {
    const show = await stage.open(scenarios.connected, { size: small });
    await settle(show);
    await show.page.getByRole('tab', { name: 'Legs' }).focus();
    await show.page.keyboard.press('ArrowRight');
    await show.page.getByRole('region', { name: 'Entries of the log' }).waitFor();
    await show.page.keyboard.press('ArrowRight');
    await show.page.getByRole('region', { name: 'Delivery details' }).waitFor();
    await show.close();
  });
});
