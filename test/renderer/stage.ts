import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright';
import { findBrowser } from '../support/browser.ts';
import { readBuiltWindow } from './built-window.ts';
import { FakeBridge } from './fake-bridge.ts';
import type { Scenario } from './fixtures/scenarios.ts';

export const large = { width: 1440, height: 900 } as const;
export const small = { width: 900, height: 600 } as const;

/** Path of a Chromium that Playwright can start; undefined where there is none (the tests then say that they were not run). */
export function chromiumPath(): string | undefined {
  const found = findBrowser();
  if (found === undefined || found.includes('/')) return found;
  return (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, found)).find((path) => existsSync(path));
}

/** The built window on real Chromium, served with its real content-security policy. */
export interface Stage {
  readonly browser: Browser;
  readonly origin: string;
  open(scenario: Scenario, options?: OpenOptions): Promise<Show>;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly size?: { readonly width: number; readonly height: number };
  readonly colorScheme?: 'light' | 'dark';
  readonly reducedMotion?: 'reduce' | 'no-preference';
}

/** One window in one scenario. */
export interface Show {
  readonly page: Page;
  readonly bridge: FakeBridge;
  /** What must stay empty: requests that left the window's own files, script errors, refusals of the policy. */
  readonly faults: () => Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function openStage(executablePath: string): Promise<Stage> {
  const built = readBuiltWindow();
  const server = createServer((request, response) => {
    built.serve(new URL(request.url ?? '/', 'http://stage').pathname, response);
  });
  const origin = await listen(server);
  const browser = await launch(executablePath);
  return {
    browser,
    origin,
    open: (scenario, options) => openShow(browser, origin, scenario, options),
    close: async () => {
      await browser.close();
      server.close();
    },
  };
}

export function launch(executablePath: string): Promise<Browser> {
  // Chromium refuses its sandbox to root, which is who runs tests in a container.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath, args });
}

export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function openShow(browser: Browser, origin: string, scenario: Scenario, options: OpenOptions = {}): Promise<Show> {
  const context = await browser.newContext({
    viewport: options.size ?? large,
    colorScheme: options.colorScheme ?? 'light',
    reducedMotion: options.reducedMotion ?? 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  const faults = await watch(context, page, origin);
  const bridge = new FakeBridge(scenario);
  await bridge.install(page);
  await page.goto(origin);
  return { page, bridge, faults, close: () => context.close() };
}

/** Collects what a window must never do. */
export async function watch(context: BrowserContext, page: Page, origin: string): Promise<() => Promise<readonly string[]>> {
  const faults: string[] = [];
  context.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`)) faults.push(`request to ${request.url()}`);
  });
  page.on('pageerror', (error) => faults.push(`script error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(`console: ${message.text()}`);
  });
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => window.violations?.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  return async () => [...faults, ...(await page.evaluate(() => window.violations ?? [])).map((violation) => `policy: ${violation}`)];
}

/** Waits until the window shows what its scenario says. */
export async function settle({ page, bridge }: Show): Promise<void> {
  const { answers, host } = bridge.scenario;
  if (answers === 'never') return void (await page.getByText('Asking the bridge').waitFor());
  if (answers !== 'ok') return void (await page.getByRole('button', { name: 'Try again' }).waitFor());
  if (host.firstRun) return void (await page.getByRole('button', { name: 'Continue' }).waitFor());
  await page.locator('.chart-box :is(.recharts-surface, .chart-note p)').first().waitFor();
  await page.waitForFunction(() => !/Reading the (history|legs|log)/.test(document.body.innerText));
  // Two frames: the sizes are measured in one and drawn in the next.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}
