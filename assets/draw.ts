import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright';
import { icnsTypes, packIcns } from './icns.ts';

/*
 * `npm run assets`: draws the pictures of the menu bar and of the application from their SVG sources, with a Chromium
 * (CHROMIUM_PATH, or the command "chromium"). The pictures are committed; run it after a source was changed.
 *
 * Template images are black and alpha, 16 points wide; macOS tints them. Electron picks the @2x file on fine screens by its name.
 */

const folder = import.meta.dirname;
const trayNames = ['connected', 'reconnecting', 'reset-window'] as const;

const browser = await chromium.launch({ executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  const page = await browser.newPage();
  for (const name of trayNames) await drawTrayImages(page, name);
  await drawIcon(page);
} finally {
  await browser.close();
}

async function drawTrayImages(page: Page, name: string): Promise<void> {
  const svg = join('tray', `${name}.svg`);
  writeFileSync(join(folder, 'tray', `${name}Template.png`), await draw(page, svg, 16));
  writeFileSync(join(folder, 'tray', `${name}Template@2x.png`), await draw(page, svg, 32));
}

async function drawIcon(page: Page): Promise<void> {
  const pictures = new Map<number, Buffer>();
  for (const side of new Set<number>(Object.values(icnsTypes))) pictures.set(side, await draw(page, join('icon', 'icon.svg'), side));
  writeFileSync(join(folder, 'icon', 'icon.icns'), packIcns(pictures));
  const largest = pictures.get(1024);
  if (largest !== undefined) writeFileSync(join(folder, 'icon', 'icon.png'), largest);
}

/** The SVG as a PNG of `side` by `side` pixels on nothing. */
async function draw(page: Page, svg: string, side: number): Promise<Buffer> {
  const source = readFileSync(join(folder, svg)).toString('base64');
  await page.setViewportSize({ width: side, height: side });
  await page.setContent(
    `<style>body{margin:0}img{display:block}</style><img width="${side}" height="${side}" src="data:image/svg+xml;base64,${source}">`,
  );
  return page.screenshot({ omitBackground: true, clip: { x: 0, y: 0, width: side, height: side } });
}
