import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { DashboardWindow, type WindowParts } from '../../main/shell/window.ts';
import { BrowserWindow } from '../support/electron-stand-in/browser-window.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { until } from '../support/until.ts';

/** A window without a page: the test says when its first paint is ready. */
class PagelessWindow extends BrowserWindow {
  override loadURL(): Promise<void> {
    return Promise.resolve();
  }
}

interface Stand {
  readonly dashboard: DashboardWindow;
  readonly window: PagelessWindow;
}

function openStand(): Stand {
  let window: PagelessWindow | undefined;
  const dashboard = new DashboardWindow({
    create: (options) => (window = new PagelessWindow(options)) as unknown as Electron.BrowserWindow,
    service: { attach: () => ({ detach: () => undefined, setVisible: () => undefined }) },
    theme: Object.assign(new EventEmitter(), { shouldUseDarkColors: false }) as unknown as WindowParts['theme'],
    clock: new ManualClock(),
    preload: 'preload.cjs',
    bounds: { initial: () => ({ x: 0, y: 0, width: 800, height: 600 }), save: () => undefined },
    activate: () => undefined,
    askToReopen: () => Promise.resolve(false),
    developerTools: false,
  });
  dashboard.show();
  assert.ok(window);
  return { dashboard, window };
}

async function openFullScreen(): Promise<Stand> {
  const stand = openStand();
  stand.window.emit('ready-to-show');
  stand.window.setFullScreen(true);
  await once(stand.window, 'enter-full-screen');
  return stand;
}

const crashTwice = ({ window }: Stand): void => {
  window.webContents.reload = () => undefined;
  for (let crash = 1; crash <= 2; crash += 1) window.webContents.emit('render-process-gone', {}, { reason: 'crashed' });
};

const waysToHide: readonly (readonly [string, (stand: Stand) => void])[] = [
  ['closed', ({ window }) => window.close()],
  ['toggled', ({ dashboard }) => dashboard.toggle()],
  ['left by Quit', ({ dashboard }) => dashboard.leave()],
  ['given up after a second crash', crashTwice],
];
for (const [way, hide] of waysToHide) {
  test(`${way} in full screen, it leaves full screen before it is hidden: its Space would stay behind, black`, async () => {
    const stand = await openFullScreen();
    hide(stand);
    await until(() => !stand.window.isVisible(), 'the window hidden');
    assert.deepEqual([stand.window.isFullScreen(), stand.window.leftBlackSpace], [false, false]);
  });
}

test('in full screen again later, it is hidden only when somebody hides it', async () => {
  const { dashboard, window } = await openFullScreen();
  window.close();
  await until(() => !window.isVisible(), 'the window hidden');
  dashboard.show();
  for (const [flag, event] of [[true, 'enter-full-screen'], [false, 'leave-full-screen']] as const) {
    window.setFullScreen(flag);
    await once(window, event);
  }
  assert.equal(window.isVisible(), true);
});

test('its first paint shows it; after Quit it stays hidden', () => {
  const shown = openStand();
  shown.window.emit('ready-to-show');
  assert.equal(shown.window.isVisible(), true);
  const left = openStand();
  left.dashboard.leave();
  left.window.emit('ready-to-show');
  assert.equal(left.window.isVisible(), false);
});
