import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test, type TestContext } from 'node:test';
import type { MenuItemConstructorOptions } from 'electron';
import { initialState } from '../../main/engine/state.ts';
import { openTray, type TrayContext } from '../../main/shell/open-tray.ts';
import { until } from '../support/until.ts';

/** A menu bar on a Mac, with a service that writes down what it is asked. */
function stand(context: TestContext): { readonly click: (label: string) => void; readonly asked: unknown[]; readonly boxes: string[]; refusal: string | null } {
  const seen = { asked: [] as unknown[], boxes: [] as string[], refusal: null as string | null };
  let menu: readonly MenuItemConstructorOptions[] = [];
  class Tray extends EventEmitter {
    setImage(): void {}
    setToolTip(): void {}
    setTitle(): void {}
    destroy(): void {}
    popUpContextMenu(opened: readonly MenuItemConstructorOptions[]): void {
      menu = opened;
    }
  }
  const trays: Tray[] = [];
  const electron = {
    Menu: { buildFromTemplate: (template: unknown) => template },
    nativeImage: { createFromPath: () => ({ setTemplateImage: () => undefined }) },
    Tray: class extends Tray {
      constructor() {
        super();
        trays.push(this);
      }
    },
    dialog: { showErrorBox: (_title: string, text: string) => void seen.boxes.push(text) },
  };
  const delivery = { database: 'none', breaker: 'closed', nextProbeAt: null, waiting: 0, delivered: 0, dead: 0, lastDelivery: null, drain: null, durable: true, cause: null } as const;
  const answer = (what: unknown): Promise<unknown> => {
    seen.asked.push(what);
    return Promise.resolve(seen.refusal === null ? { ok: true, value: null } : { ok: false, message: seen.refusal });
  };
  const service = {
    state: initialState('SOCKET', '127.0.0.1:4001', delivery),
    sums: () => null,
    subscribe: () => () => undefined,
    answer: (_method: string, args: unknown) => answer(args),
    setOpenAtLogin: (enabled: boolean) => answer({ openAtLogin: enabled }),
  };
  const host = { timeZone: 'UTC', preferences: { menuBarTitle: false, keepAwake: false }, followPreferences: () => undefined, loginItem: { status: () => 'enabled', set: () => assert.fail('past the service, and no window hears of it') } };
  const place = { root: '/app', dataFolder: '/data', demo: false };
  const tray = openTray(electron as unknown as Parameters<typeof openTray>[0], { place, host, service, window: {} } as unknown as TrayContext);
  context.after(() => tray.remove());
  const click = (label: string): void => {
    trays[0]?.emit('right-click');
    menu.find((line) => line.label === label)?.click?.({} as Electron.MenuItem, undefined, {} as Electron.KeyboardEvent);
  };
  return Object.assign(seen, { click });
}

test('open at login goes through the service, which tells the windows', (context) => {
  const { click, asked } = stand(context);
  click('Open at login');
  assert.deepEqual(asked, [{ openAtLogin: false }]);
});

test('what a line of the menu could not do is said in a box', async (context) => {
  const of = stand(context);
  of.refusal = 'the system refuses';
  of.click('Open at login');
  of.click('Quit');
  assert.deepEqual(of.asked, [{ openAtLogin: false }, ['quit']]);
  await until(() => of.boxes.length === 2, 'both boxes');
  assert.deepEqual(of.boxes, ['the system refuses', 'the system refuses']);
});
