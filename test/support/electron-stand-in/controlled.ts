import type Electron from 'electron';
import { closeBrowser } from './browser.ts';
import { windows } from './browser-window.ts';
import { openQuestions } from './dialog.ts';
import type { Command, Observation, TrayItem } from './controls.ts';
import { shownNotifications } from './notification.ts';
import { recorded } from './recorded.ts';
import { blocksPowerSave, powerMonitor } from './system.ts';
import { trays } from './tray.ts';

/** Does what the test asks for over the process's message channel, and answers with what there is to see then. */
export function answerController(): void {
  process.on('message', (message: { readonly id: number; readonly command: Command }) => {
    void perform(message.command)
      .then(() => process.send?.({ type: 'answer', id: message.id, observation: observe() }))
      .catch((error: unknown) => process.send?.({ type: 'answer', id: message.id, error: String(error) }));
  });
  // A test that died must not leave an application and a browser behind.
  process.once('disconnect', () => void closeBrowser().finally(() => process.exit(1)));
}

async function perform(command: Command): Promise<void> {
  const [tray] = trays;
  const [window] = windows;
  switch (command.kind) {
    case 'look':
      return;
    case 'click-tray':
      return void tray?.emit('click', {});
    case 'open-tray-menu':
      return void tray?.emit('right-click', {});
    case 'click-menu':
      return clickMenu(command.label);
    case 'close-window':
      return window?.close();
    case 'minimize-window':
      return window?.minimize();
    case 'blur-window':
      return window?.blur();
    case 'crash-window':
      return window?.webContents.crash();
    case 'answer-question':
      return openQuestions.shift()?.answer(command.button);
    case 'click-notification':
      return void [...shownNotifications][0]?.emit('click', {});
    case 'power':
      return void powerMonitor.emit(command.event);
  }
}

function clickMenu(label: string): void {
  const [tray] = trays;
  const item = (tray?.openMenu?.template as Electron.MenuItemConstructorOptions[] | undefined)?.find((each) => each.label === label);
  if (item === undefined) throw new Error(`the open menu has no "${label}"`);
  if (item.enabled === false) throw new Error(`"${label}" is disabled`);
  item.click?.({} as Electron.MenuItem, undefined, {} as Electron.KeyboardEvent);
}

function observe(): Observation {
  const [tray] = trays;
  const [window] = windows;
  return {
    tray: tray === undefined ? null : { image: tray.image.name, tooltip: tray.tooltip, title: tray.title, menu: items((tray.openMenu?.template ?? []) as Electron.MenuItemConstructorOptions[]) },
    window:
      window === undefined ? null : { visible: window.isVisible() && !window.isMinimized(), focused: window.isFocused(), url: window.webContents.getURL(), crashed: window.webContents.isCrashed() },
    notifications: [...shownNotifications].map(({ title, body }) => ({ title, body })),
    questions: openQuestions.map(({ options }) => options.message),
    blocksPowerSave: blocksPowerSave(),
    opened: recorded.opened,
    relaunches: recorded.relaunches,
    strayRequests: recorded.strayRequests,
    deniedWindows: recorded.deniedWindows,
    applicationMenuRoles: recorded.applicationMenu.flatMap(({ role }) => (role === undefined ? [] : [role])),
  };
}

function items(template: readonly Electron.MenuItemConstructorOptions[]): readonly TrayItem[] {
  return template.map(({ type, label = '', enabled = true, checked = false }) => ({ label: type === 'separator' ? '-' : label, enabled, checked }));
}
