import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import type { LoginItemSettings } from 'electron';
import { openExternalAddress } from '../../main/shell/external.ts';
import { KeepAwake } from '../../main/shell/keep-awake.ts';
import { loginItemOf } from '../../main/shell/login-item.ts';
import { choosePlace } from '../../main/shell/place.ts';
import { followPower } from '../../main/shell/power.ts';

function loginApp(isPackaged = true): { readonly app: Parameters<typeof loginItemOf>[0]; status: LoginItemSettings['status']; readonly asked: unknown[] } {
  const stand = { status: 'not-registered' as LoginItemSettings['status'], asked: [] as unknown[] };
  const app = {
    isPackaged,
    getLoginItemSettings: () => ({ status: stand.status }) as LoginItemSettings,
    setLoginItemSettings: (settings: unknown) => void stand.asked.push(settings),
  };
  return Object.assign(stand, { app });
}

test('open at login is asked of the system and read back, as the system says it', () => {
  const stand = loginApp();
  const item = loginItemOf(stand.app, 'darwin');
  item?.set(true);
  assert.deepEqual(stand.asked, [{ openAtLogin: true }]);
  assert.equal(item?.status(), 'not-registered', 'not what was wished');
  stand.status = 'requires-approval';
  assert.equal(item?.status(), 'requires-approval');
});

test('a checkout and other systems have no login item', () => {
  assert.equal(loginItemOf(loginApp(false).app, 'darwin'), null);
  assert.equal(loginItemOf(loginApp().app, 'linux'), null);
});

test('keep awake holds one blocker while it is on', () => {
  const held = new Set<number>();
  let next = 0;
  const keepAwake = new KeepAwake({ start: (kind) => (assert.equal(kind, 'prevent-app-suspension'), held.add((next += 1)), next), stop: (id) => held.delete(id) });
  const counts = [true, true, false, false, true].map((wanted) => (keepAwake.apply(wanted), held.size));
  assert.deepEqual(counts, [1, 1, 0, 0, 1]);
});

test('0 is a number of a blocker too', () => {
  const held = new Set<number>();
  const keepAwake = new KeepAwake({ start: () => (held.add(0), 0), stop: (id) => held.delete(id) });
  keepAwake.apply(true);
  keepAwake.apply(false);
  assert.equal(held.size, 0);
});

test('sleep pauses, waking and unlocking resume, a shutdown quits', () => {
  const monitor = new EventEmitter();
  const told: string[] = [];
  followPower(
    monitor as unknown as Parameters<typeof followPower>[0],
    { pause: (by) => void told.push(`pause ${by}`), resume: (by) => void told.push(`resume ${by}`) },
    { quit: () => void told.push('quit'), unlocked: () => void told.push('unlocked') },
  );
  monitor.emit('suspend');
  monitor.emit('resume');
  monitor.emit('unlock-screen');
  let prevented = false;
  monitor.emit('shutdown', { preventDefault: () => (prevented = true) });
  assert.deepEqual(told, ['pause sleep', 'resume sleep', 'resume sleep', 'unlocked', 'quit']);
  assert.equal(prevented, true, 'the system waits for the drain');
  monitor.emit('shutdown');
  assert.equal(told.at(-1), 'quit', 'also where the event comes without its object');
});

test('only the login page of the gateway and the login items can be opened outside', async () => {
  const opened: string[] = [];
  const shell = { openExternal: (url: string) => (opened.push(url), Promise.resolve()) };
  assert.deepEqual(await openExternalAddress(shell, { kind: 'portal-login', url: 'https://localhost:5001' }, 'darwin'), { ok: true, value: null });
  assert.deepEqual(await openExternalAddress(shell, { kind: 'login-items' }, 'darwin'), { ok: true, value: null });
  assert.deepEqual(opened.splice(0), ['https://localhost:5001', 'x-apple.systempreferences:com.apple.LoginItems-Settings.extension']);
  assert.equal((await openExternalAddress(shell, { kind: 'portal-login', url: 'file:///etc/passwd' }, 'darwin')).ok, false);
  assert.equal((await openExternalAddress(shell, { kind: 'login-items' }, 'linux')).ok, false);
  assert.deepEqual(opened, []);
  const broken = { openExternal: () => Promise.reject(new Error('no browser')) };
  assert.deepEqual(await openExternalAddress(broken, { kind: 'portal-login', url: 'https://localhost:5001' }, 'darwin'), { ok: false, message: 'https://localhost:5001 could not be opened: no browser' });
});

function placeFor(switches: readonly string[]): ReturnType<typeof choosePlace> & { readonly userData: string | undefined } {
  const set = new Map<string, string>();
  const paths: Readonly<Record<string, string>> = { appData: '/home/x/Application Support', userData: '/given' };
  const app = {
    commandLine: { hasSwitch: (name: string) => switches.includes(name) },
    getPath: (name: string) => paths[name] ?? '',
    setPath: (name: string, path: string) => void set.set(name, path),
    getAppPath: () => '/app',
    setName: () => undefined,
  };
  return { ...choosePlace(app as unknown as Parameters<typeof choosePlace>[0]), userData: set.get('userData') };
}

test('the demo lives in a folder of its own, apart from the trader\u2019s', () => {
  const trader = join('/home/x/Application Support', 'IBKR Trading Bridge');
  assert.deepEqual(placeFor([]), { dataFolder: trader, demo: false, root: '/app', userData: trader });
  assert.deepEqual(placeFor(['demo']), { dataFolder: join(trader, 'demo'), demo: true, root: '/app', userData: join(trader, 'demo') });
  assert.equal(placeFor(['user-data-dir']).dataFolder, '/given');
});
