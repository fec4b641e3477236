import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { seriousFindings } from './axe.ts';
import { findClipped } from './clipped.ts';
import { scenarios, type ScenarioName } from './fixtures/scenarios.ts';
import { chromiumPath, large, openStage, settle, small, type Stage } from './stage.ts';

/*
 * Every state of the bridge and of the window, in light and dark, large and small: nothing clipped, nothing that axe calls
 * serious, nothing refused by the content-security policy, no request that leaves the window's own files.
 *
 * SCREENSHOT_DIR keeps a picture of each.
 */

const executable = chromiumPath();
const folder = process.env['SCREENSHOT_DIR'];
const schemes = ['light', 'dark'] as const;
const sizes = [['large', large], ['small', small]] as const;

describe('the window in every state', { concurrency: 3, skip: executable === undefined ? 'no Chromium was found' : false }, () => {
  let stage: Stage;
  before(async () => {
    stage = await openStage(executable ?? '');
    if (folder !== undefined) mkdirSync(folder, { recursive: true });
  });
  after(() => stage.close());

  for (const name of Object.keys(scenarios) as ScenarioName[]) {
    test(name, async () => {
      const show = await stage.open(scenarios[name]);
      await settle(show);
      const found: string[] = [];
      for (const [sizeName, size] of sizes) {
        await show.page.setViewportSize(size);
        await settle(show);
        found.push(...(await findClipped(show.page)).map((text) => `${sizeName}: ${text}`));
        for (const colorScheme of schemes) {
          await show.page.emulateMedia({ colorScheme });
          if (folder !== undefined) await show.page.screenshot({ path: join(folder, `${name}-${colorScheme}-${sizeName}.png`) });
          // Colours differ by scheme and layout by size; two of the four see both.
          if ((colorScheme === 'light') === (sizeName === 'large')) found.push(...(await seriousFindings(show.page)).map((text) => `${sizeName} ${colorScheme}: ${text}`));
        }
      }
      found.push(...(await show.faults()));
      await show.close();
      assert.deepEqual(found, []);
    });
  }
});
