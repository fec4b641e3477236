import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { Menu, MenuItemConstructorOptions, NativeImage } from 'electron';
import type { TrayAction, TrayView } from '../../main/shell/tray-view.ts';
import { TrayIcon, type TrayParts } from '../../main/shell/tray.ts';

const view: TrayView = {
  image: 'connected',
  tooltip: 'connected',
  title: '',
  menu: [
    { kind: 'words', label: 'Connected' },
    { kind: 'separator' },
    { kind: 'action', label: 'Pause', action: 'pause', enabled: true },
    { kind: 'action', label: 'Open at login', action: 'open-at-login', enabled: false, checked: true },
  ],
};

/** A tray that writes down what is done to it. */
class RecordingTray extends EventEmitter {
  readonly calls: string[] = [];
  menu: MenuItemConstructorOptions[] = [];
  setImage = (image: NativeImage | string): void => void this.calls.push(`image ${String(image)}`);
  setToolTip = (text: string): void => void this.calls.push(`tooltip ${text}`);
  setTitle = (text: string, options?: Electron.TitleOptions): void => void this.calls.push(`title ${text} in ${options?.fontType ?? 'any'}`);
  popUpContextMenu = (menu?: Menu): void => void (this.menu = menu as unknown as MenuItemConstructorOptions[]);
  destroy = (): void => void this.calls.push('destroyed');
}

function stand(): { readonly tray: RecordingTray; readonly icon: TrayIcon; readonly acted: TrayAction[]; readonly toggles: () => number; show: (change: Partial<TrayView>) => void } {
  const tray = new RecordingTray();
  const acted: TrayAction[] = [];
  let toggles = 0;
  let now = view;
  const icon = new TrayIcon({
    tray: tray as unknown as TrayParts['tray'],
    images: { connected: 'full', reconnecting: 'arc', 'reset-window': 'crescent' } as unknown as TrayParts['images'],
    buildMenu: (template) => template as unknown as Menu,
    view: () => now,
    toggleWindow: () => (toggles += 1),
    act: (action) => void acted.push(action),
  });
  return { tray, icon, acted, toggles: () => toggles, show: (change) => icon.show((now = { ...now, ...change })) };
}

test('only what changed reaches the menu bar', () => {
  const { tray, show } = stand();
  show({});
  assert.deepEqual(tray.calls.splice(0), ['image full', 'tooltip connected', 'title  in monospacedDigit']);
  show({});
  assert.deepEqual(tray.calls.splice(0), []);
  show({ title: '\u0394 +1.000' });
  assert.deepEqual(tray.calls.splice(0), ['title \u0394 +1.000 in monospacedDigit']);
  show({ image: 'reset-window', tooltip: 'reset window' });
  assert.deepEqual(tray.calls.splice(0), ['image crescent', 'tooltip reset window']);
});

test('a left click toggles the window and opens no menu', () => {
  const { tray, toggles } = stand();
  tray.emit('click');
  assert.equal(toggles(), 1);
  assert.deepEqual(tray.menu, []);
});

test('a right click opens the menu of this moment, and its lines act', () => {
  const { tray, acted } = stand();
  tray.emit('right-click');
  const [words, separator, pause, login] = tray.menu;
  assert.deepEqual(words, { label: 'Connected', enabled: false });
  assert.deepEqual(separator, { type: 'separator' });
  assert.deepEqual({ ...login, click: undefined }, { label: 'Open at login', enabled: false, type: 'checkbox', checked: true, click: undefined });
  pause?.click?.({} as Electron.MenuItem, undefined, {} as Electron.KeyboardEvent);
  assert.deepEqual(acted, ['pause']);
});

test('a removed icon is left alone', () => {
  const { tray, icon, show } = stand();
  icon.remove();
  show({ image: 'reconnecting' });
  assert.deepEqual(tray.calls, ['destroyed']);
});
