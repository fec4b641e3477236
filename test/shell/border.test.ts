import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { IpcMain, IpcMainInvokeEvent, WebFrameMain } from 'electron';
import { answerRequest } from '../../main/shell/app-protocol.ts';
import { answerWindow } from '../../main/shell/ipc.ts';
import { guardContents, guardSession } from '../../main/shell/security.ts';
import { contentSecurityPolicy } from '../../preload/content-security-policy.ts';
import { channelOf, requestMethods, updateChannel } from '../../preload/contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'bridge-protocol-'));
const site = join(folder, 'renderer');
mkdirSync(join(site, 'assets'), { recursive: true });
writeFileSync(join(site, 'index.html'), '<!doctype html>');
writeFileSync(join(site, 'assets', 'app.js'), 'export {};');
writeFileSync(join(site, 'notes.txt'), 'not a file of the window');
writeFileSync(join(folder, 'secret.js'), 'secret');
mkdirSync(join(folder, 'renderer-of-another'));
writeFileSync(join(folder, 'renderer-of-another', 'secret.js'), 'secret');
after(() => rmSync(folder, { recursive: true, force: true }));

async function get(url: string, method = 'GET'): Promise<{ readonly status: number; readonly type: string | null; readonly body: string; readonly policy: string | null }> {
  const response = await answerRequest({ url, method }, site);
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text(), policy: response.headers.get('content-security-policy') };
}

test('the window gets its own files with their types and the policy', async () => {
  const page = { status: 200, type: 'text/html; charset=utf-8', body: '<!doctype html>', policy: contentSecurityPolicy };
  assert.deepEqual(await get('app://bridge/index.html'), page);
  assert.deepEqual(await get('app://bridge/'), page);
  assert.deepEqual(await get('app://bridge/index.html?x=1#settings'), page);
  assert.deepEqual(await get('app://bridge/assets/app.js'), { status: 200, type: 'text/javascript; charset=utf-8', body: 'export {};', policy: contentSecurityPolicy });
});

test('nothing outside of the folder is served, however the address is written', async () => {
  const addresses = [
    'app://bridge/../secret.js',
    'app://bridge/..%2fsecret.js',
    'app://bridge/%2e%2e/secret.js',
    'app://bridge/%2e%2e%2fsecret.js',
    'app://bridge/assets/..%2f..%2fsecret.js',
    'app://bridge/..%2frenderer-of-another%2fsecret.js',
    `app://bridge/${encodeURIComponent(join(folder, 'secret.js'))}`,
    `app://bridge//${join(folder, 'secret.js')}`,
    'app://other/index.html',
    'app://bridge/%00index.html',
    'app://bridge/%zz.js',
    'app://bridge/assets',
    'app://bridge/missing.js',
    'app://bridge/notes.txt',
  ];
  for (const address of addresses) assert.deepEqual({ address, ...(await get(address)) }, { address, status: 404, type: null, body: '', policy: contentSecurityPolicy });
  assert.equal((await get('app://bridge/index.html', 'POST')).status, 405);
});

test('the policy has no exceptions', () => {
  assert.doesNotMatch(contentSecurityPolicy, /unsafe|\*|data:|blob:|https?:/);
  assert.match(contentSecurityPolicy, /default-src 'none'/);
});

type Handler = Parameters<IpcMain['handle']>[1];

function border(): { readonly ask: (channel: string, senderFrame: unknown, ...args: unknown[]) => unknown; readonly channels: () => string[]; readonly asked: unknown[]; readonly mainFrame: WebFrameMain; close: () => void } {
  const handlers = new Map<string, Handler>();
  const asked: unknown[] = [];
  const mainFrame = { origin: 'app://bridge' } as WebFrameMain;
  let open = true;
  answerWindow(
    { handle: (channel, handler) => void handlers.set(channel, handler) },
    { answer: (method, args) => (asked.push([method, args]), Promise.resolve({ ok: true, value: 'answered' })) },
    () => (open ? { mainFrame } : undefined),
  );
  return {
    ask: (channel, senderFrame, ...args) => handlers.get(channel)?.({ senderFrame } as IpcMainInvokeEvent, ...args),
    channels: () => [...handlers.keys()],
    asked,
    mainFrame,
    close: () => (open = false),
  };
}

test('every request of the contract has its handler, and there is no other', () => {
  assert.deepEqual(border().channels(), requestMethods.map(channelOf));
});

test('the main frame of our window is answered', async () => {
  const { ask, asked, mainFrame } = border();
  assert.deepEqual(await ask('bridge:history', mainFrame, '1h'), { ok: true, value: 'answered' });
  assert.deepEqual(asked, [['history', ['1h']]]);
});

test('any other sender is refused, as data, before the service hears of it', async () => {
  const { ask, asked, mainFrame, close } = border();
  const refused = { ok: false, message: 'this page is not the window of the bridge' };
  assert.deepEqual(await ask('bridge:command', { origin: 'app://bridge' }, 'quit'), refused, 'another frame of the same origin');
  assert.deepEqual(await ask('bridge:command', null, 'quit'), refused, 'a frame that is gone');
  Object.assign(mainFrame, { origin: 'https://example.com' });
  assert.deepEqual(await ask('bridge:command', mainFrame, 'quit'), refused, 'our frame with another page');
  Object.assign(mainFrame, { origin: 'app://bridge' });
  close();
  assert.deepEqual(await ask('bridge:command', mainFrame, 'quit'), refused, 'no window at all');
  assert.deepEqual(asked, []);
});

test('the preload names the channels of the contract', () => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'preload', 'preload.cts'), 'utf8');
  for (const channel of [...requestMethods.map(channelOf), updateChannel]) assert.ok(text.includes(`'${channel}'`), channel);
});

type SessionParts = Parameters<typeof guardSession>[0];

function session(developerTools: boolean): { readonly granted: boolean[]; readonly cancels: (url: string) => boolean } {
  const granted: boolean[] = [];
  let filter: (details: { url: string }, answer: (response: { cancel?: boolean }) => void) => void = () => undefined;
  const parts = {
    setPermissionRequestHandler: (handler: (...args: unknown[]) => void) => handler(null, 'clipboard-read', (yes: boolean) => granted.push(yes), {}),
    setPermissionCheckHandler: (handler: (...args: unknown[]) => boolean) => granted.push(handler(null, 'geolocation', 'app://bridge', {})),
    setDevicePermissionHandler: (handler: (...args: unknown[]) => boolean) => granted.push(handler({})),
    webRequest: { onBeforeRequest: (listener: typeof filter) => (filter = listener) },
  };
  guardSession(parts as unknown as SessionParts, { developerTools });
  const cancels = (url: string): boolean => {
    let cancelled: boolean | undefined;
    filter({ url }, ({ cancel }) => (cancelled = cancel));
    return cancelled === true;
  };
  return { granted, cancels };
}

test('no permission is given', () => {
  assert.deepEqual(session(true).granted, [false, false, false]);
});

test('no request leaves the window except to its own files', () => {
  const { cancels } = session(false);
  assert.equal(cancels('app://bridge/assets/app.js'), false);
  for (const url of ['https://example.com/', 'http://127.0.0.1:5001/', 'file:///etc/passwd', 'app://bridge.evil/x.js', 'ws://localhost/', 'devtools://devtools/x', 'data:text/html,x']) assert.equal(cancels(url), true, url);
  assert.equal(session(true).cancels('devtools://devtools/x'), false, 'in a checkout');
});

test('a page goes nowhere and opens nothing', () => {
  type Listener = (event: { preventDefault: () => void }) => void;
  const listeners = new Map<string, Listener>();
  let openHandler: () => { readonly action: string } = () => ({ action: 'allow' });
  const contents = { on: (name: string, listener: Listener) => listeners.set(name, listener), setWindowOpenHandler: (handler: typeof openHandler) => (openHandler = handler) };
  const app = { on: (_name: string, created: (event: unknown, contents: unknown) => void) => created({}, contents) };
  guardContents(app as unknown as Parameters<typeof guardContents>[0]);
  assert.deepEqual(openHandler(), { action: 'deny' });
  for (const name of ['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview']) {
    let prevented = 0;
    listeners.get(name)?.({ preventDefault: () => (prevented += 1) });
    assert.equal(prevented, 1, name);
  }
});
