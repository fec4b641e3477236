import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { scenarios } from './fixtures/scenarios.ts';
import { chromiumPath, openStage, settle } from './stage.ts';

/* Takes the README's pictures anew: `npm run build && node test/renderer/readme-screenshots.ts`. */

const folder = join(import.meta.dirname, '..', '..', 'assets', 'screenshots');
const executable = chromiumPath();
if (executable === undefined) throw new Error('no Chromium was found');
mkdirSync(folder, { recursive: true });
const stage = await openStage(executable);
for (const [name, state, colorScheme] of [
  ['connected-dark', 'connected', 'dark'],
  ['connected-light', 'connected', 'light'],
  ['reconnecting-dark', 'reconnecting', 'dark'],
] as const) {
  const show = await stage.open(scenarios[state], { colorScheme });
  await settle(show);
  const { page } = show;
  await page.getByRole('columnheader', { name: 'Net vega' }).getByRole('button').click();
  // The light one shows the crosshair in the outage, which tells its cause.
  const plot = await page.locator('.crosshair').boundingBox();
  if (name === 'connected-light' && plot !== null) await page.mouse.move(plot.x + plot.width * 0.42, plot.y + 80);
  else await page.mouse.move(0, 0);
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await show.close();
}
await stage.close();
