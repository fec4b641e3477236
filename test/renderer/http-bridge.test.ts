import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright';
import { requestMethods, type RequestMethod, type Update } from '../../preload/contract.ts';
import { until } from '../support/until.ts';
import { readBuiltWindow } from './built-window.ts';
import { findClipped } from './clipped.ts';
import { FakeBridge } from './fake-bridge.ts';
import { scenarios } from './fixtures/scenarios.ts';
import { chromiumPath, launch, listen, watch } from './stage.ts';

const executable = chromiumPath();
const token = 'a-token-of-the-test';
const folder = process.env['SCREENSHOT_DIR'];

/** The dashboard's server as http-bridge.ts expects it, which can fall silent. */
class Host {
  readonly bridge = new FakeBridge(scenarios.connected);
  readonly streams = new Set<ServerResponse>();
  readonly server: Server = createServer((request, response) => void this.#answer(request, response));
  /** What the pages told of being seen. */
  readonly seen: (readonly unknown[])[] = [];
  opened = 0;
  up = true;
  readonly #built = readBuiltWindow();

  drop(): void {
    this.up = false;
    this.streams.forEach((stream) => stream.destroy());
    this.streams.clear();
  }

  push(update: Update): void {
    this.streams.forEach((stream) => stream.write(`data: ${JSON.stringify(update)}\n\n`));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://host').pathname;
    if (!path.startsWith('/api/')) return this.#built.serve(path, response);
    if (!this.up) return void response.destroy();
    if (request.headers.authorization !== `Bearer ${token}`) return void response.writeHead(401).end();
    if (path === '/api/updates') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'x-stream': ++this.opened });
      response.write(': hello\n\n');
      this.streams.add(response);
      return;
    }
    const method = path.slice('/api/'.length) as RequestMethod;
    if (request.method !== 'POST' || !(path === '/api/visibility' || requestMethods.includes(method))) return void response.writeHead(404).end();
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { args } = JSON.parse(body) as { args: readonly unknown[] };
    response.writeHead(200, { 'content-type': 'application/json' });
    if (path === '/api/visibility') {
      this.seen.push(args);
      return void response.end('{"ok":true,"value":null}');
    }
    response.end(JSON.stringify(await this.bridge.answer(method, args)));
  }
}

describe('the dashboard over HTTP', { skip: executable === undefined ? 'no Chromium was found' : false }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launch(executable ?? '');
    if (folder !== undefined) mkdirSync(folder, { recursive: true });
  });
  after(() => browser.close());

  const open = async (host: Host, fragment: string): Promise<{ page: Page; origin: string; faults: () => Promise<readonly string[]> }> => {
    const origin = await listen(host.server);
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
    const page = await context.newPage();
    const faults = await watch(context, page, origin);
    await page.goto(`${origin}/${fragment}`);
    return { page, origin, faults };
  };
  const end = async (page: Page, host: Host): Promise<void> => {
    await page.context().close();
    host.drop();
    host.server.close();
  };

  test('the token leaves the address bar, survives a reload, and the updates arrive', async () => {
    const host = new Host();
    const { page, origin, faults } = await open(host, `#token=${token}`);
    await page.getByRole('heading', { name: 'Connected' }).waitFor();
    assert.equal(page.url(), `${origin}/`);
    await page.reload();
    await page.getByRole('heading', { name: 'Connected' }).waitFor();
    await page.waitForFunction(() => document.querySelector('.chart-box .recharts-surface') !== null);
    await untilStreaming(host);
    const { overview } = scenarios.connected;
    host.push({ type: 'overview', overview: { ...overview, now: overview.now + 250, rowsToday: 10_482 } });
    await page.getByText('10,482').waitFor();
    assert.deepEqual(await faults(), []);
    await end(page, host);
  });

  test('a bridge that is gone is said to be gone, its numbers are dim, and it is found again by itself', async () => {
    const host = new Host();
    const { page } = await open(host, `#token=${token}`);
    await page.getByRole('heading', { name: 'Connected' }).waitFor();
    await untilStreaming(host);
    host.drop();
    await page.getByRole('heading', { name: 'Bridge not answering' }).waitFor();
    await page.getByText('Connection to the bridge lost.').waitFor();
    assert.equal(await page.getByRole('button', { name: /^Delta/ }).getAttribute('data-stale'), 'true');
    assert.deepEqual(await findClipped(page), []);
    if (folder !== undefined) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: join(folder, `bridge-lost-${colorScheme}.png`) });
      }
    }
    host.up = true;
    await page.getByRole('heading', { name: 'Connected' }).waitFor();
    await end(page, host);
  });

  test('a wrong token is refused with what to do, and not tried again', async () => {
    const host = new Host();
    const { page } = await open(host, '#token=wrong');
    await page.getByText('Open the address again that the daemon printed').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Try again' }).count(), 0);
    await end(page, host);
  });

  test('a tab that leaves sight says so, and says when it is back', async () => {
    const host = new Host();
    const { page, faults } = await open(host, `#token=${token}`);
    await page.getByRole('heading', { name: 'Connected' }).waitFor();
    await untilStreaming(host);
    // Headless pages are always in sight: the page is told what a browser would tell it.
    const setVisibility = (state: 'hidden' | 'visible'): Promise<void> =>
      page.evaluate((next) => {
        Object.defineProperty(document, 'visibilityState', { value: next, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, state);
    await page.waitForFunction(() => !/Reading the (history|legs|log)/.test(document.body.innerText));
    await setVisibility('hidden');
    await until(() => host.seen.length === 1, 'the page to say that it is hidden');
    await setVisibility('visible');
    await until(() => host.seen.length === 2, 'the page to say that it is back');
    assert.deepEqual(host.seen, [[1, false], [1, true]]);
    assert.deepEqual(await faults(), []);
    await end(page, host);
  });

  test('updates that are cut in the middle of a character or a line are put together', async () => {
    const host = new Host();
    const { page } = await open(host, `#token=${token}`);
    await page.getByRole('heading', { name: 'Connected' }).waitFor();
    await untilStreaming(host);
    const entry = { id: 9999, at: scenarios.connected.overview.now, status: 'info', message: 'größer als zuvor' } as const;
    const bytes = Buffer.from(`data: ${JSON.stringify({ type: 'log', entries: [entry] })}\r\n\r\n`);
    const cut = bytes.indexOf(0xc3) + 1;
    for (const part of [bytes.subarray(0, cut), bytes.subarray(cut, bytes.length - 3), bytes.subarray(bytes.length - 3)]) {
      for (const stream of host.streams) await new Promise((resolve) => stream.write(part, resolve));
      await page.evaluate(() => new Promise(requestAnimationFrame));
    }
    await page.getByText(entry.message).waitFor();
    await end(page, host);
  });
});

async function untilStreaming(host: Host): Promise<void> {
  for (let turn = 0; host.streams.size === 0; turn += 1) {
    assert.ok(turn < 500, 'nobody asked for updates');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
