import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { initialState } from '../../main/engine/state.ts';
import type { ElectronParts } from '../../main/shell/electron-parts.ts';
import { openTray, type TrayContext } from '../../main/shell/open-tray.ts';
import { Menu } from '../support/electron-stand-in/menu.ts';
import { nativeImage } from '../support/electron-stand-in/native-image.ts';
import { Tray, trays } from '../support/electron-stand-in/tray.ts';

const delivery = { database: 'none', breaker: 'closed', nextProbeAt: null, waiting: 0, delivered: 0, dead: 0, lastDelivery: null, drain: null, durable: true, cause: null } as const;

/** Opens a tray on this system; returns it, and how often the window was toggled. */
function stand(context: TestContext, platform: NodeJS.Platform): { readonly tray: Tray; readonly toggles: () => number } {
  let toggles = 0;
  const opened = openTray(
    { Menu, nativeImage, Tray } as unknown as ElectronParts,
    {
      place: { root: join(import.meta.dirname, '..', '..'), dataFolder: '', demo: false },
      host: { platform, timeZone: 'UTC', preferences: { menuBarTitle: false, keepAwake: false }, loginItem: null, followPreferences: () => undefined },
      service: { state: initialState('SOCKET', '127.0.0.1:4001', delivery), sums: () => null, subscribe: () => () => undefined },
      window: { toggle: () => (toggles += 1) },
    } as unknown as TrayContext,
  );
  context.after(() => opened.remove());
  const tray = [...trays].at(-1);
  assert.ok(tray);
  return { tray, toggles: () => toggles };
}

test('on a Mac a quick second click counts as well: the window is opened and hidden again', (context) => {
  const { tray, toggles } = stand(context, 'darwin');
  tray.clickTwice();
  assert.equal(toggles(), 2);
});

test('elsewhere nothing is said about double clicks: only macOS knows how to ignore them', (context) => {
  const { tray, toggles } = stand(context, 'linux');
  tray.clickTwice();
  assert.equal(toggles(), 1);
});
