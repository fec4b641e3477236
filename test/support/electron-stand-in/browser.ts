import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext } from 'playwright';
import { answerRoute } from './routes.ts';

let opening: Promise<BrowserContext> | undefined;
let profile: string | undefined;

/** The Chromium whose pages are the windows; the test connects to it at STAND_IN_DEBUG_PORT. */
export function openBrowser(): Promise<BrowserContext> {
  opening ??= launch();
  return opening;
}

async function launch(): Promise<BrowserContext> {
  profile = mkdtempSync(join(tmpdir(), 'electron-stand-in-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env['CHROMIUM_PATH'] ?? 'chromium',
    viewport: null,
    colorScheme: process.env['STAND_IN_THEME'] === 'dark' ? 'dark' : 'light',
    args: [`--remote-debugging-port=${process.env['STAND_IN_DEBUG_PORT'] ?? '0'}`, '--no-sandbox', '--disable-dev-shm-usage'],
  });
  await context.route('**/*', (route) => answerRoute(route));
  return context;
}

export async function closeBrowser(): Promise<void> {
  await opening?.then((context) => context.close()).catch(() => undefined); // the browser may be gone before us
  if (profile !== undefined) rmSync(profile, { recursive: true, force: true });
}
