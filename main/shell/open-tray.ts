import { join } from 'node:path';
import { assertNever } from '../engine/assert-never.ts';
import { systemClock } from '../engine/clock.ts';
import type { Command, Result } from '../../preload/contract.ts';
import type { BridgeService } from '../service/bridge-service.ts';
import type { DesktopHost } from './desktop-host.ts';
import type { ElectronParts } from './electron-parts.ts';
import type { Place } from './place.ts';
import { TrayIcon } from './tray.ts';
import { TrayRefresh } from './tray-refresh.ts';
import { viewTray, type TrayAction, type TrayImage } from './tray-view.ts';
import type { DashboardWindow } from './window.ts';

export interface TrayContext {
  readonly place: Place;
  readonly host: DesktopHost;
  readonly service: BridgeService;
  readonly window: DashboardWindow;
}

/** Puts the icon into the menu bar and keeps it true until it is removed. */
export function openTray(electron: ElectronParts, { place, host, service, window }: TrayContext): Pick<TrayIcon, 'remove'> {
  const { Menu, nativeImage, Tray } = electron;
  const image = (name: TrayImage): Electron.NativeImage => {
    const loaded = nativeImage.createFromPath(join(place.root, 'assets', 'tray', `${name}Template.png`));
    loaded.setTemplateImage(true);
    return loaded;
  };
  const images = { connected: image('connected'), reconnecting: image('reconnecting'), 'reset-window': image('reset-window') };
  const view = (): ReturnType<typeof viewTray> =>
    viewTray({
      state: service.state,
      sums: service.sums(),
      now: systemClock.now(),
      timeZone: host.timeZone,
      showTitle: host.preferences.menuBarTitle,
      demo: place.demo,
      loginItem: host.loginItem?.status() ?? 'unsupported',
    });
  const tray = new Tray(images.reconnecting);
  // Otherwise macOS tells of a quick second click as a double click, and it would be lost.
  if (host.platform === 'darwin') tray.setIgnoreDoubleClickEvents(true);
  const icon = new TrayIcon({
    tray,
    images,
    buildMenu: (template) => Menu.buildFromTemplate(template),
    view,
    toggleWindow: () => window.toggle(),
    act: (action) => void act(action, electron, { host, service, window }),
  });
  const refresh = new TrayRefresh({
    clock: systemClock,
    show: () => icon.show(view()),
    moves: () => host.preferences.menuBarTitle && service.state.live,
  });
  service.subscribe(() => refresh.changed());
  host.followPreferences(() => refresh.changed());
  refresh.changed();
  return {
    remove: () => {
      refresh.end();
      icon.remove();
    },
  };
}

async function act(action: TrayAction, { dialog }: ElectronParts, { host, service, window }: Omit<TrayContext, 'place'>): Promise<void> {
  const tellFailure = (answer: Result<unknown>): void => {
    if (!answer.ok) dialog.showErrorBox('IBKR Trading Bridge', answer.message);
  };
  switch (action) {
    case 'open-window':
      return window.show();
    case 'open-settings':
      return window.showSettings();
    case 'open-at-login':
      return tellFailure(await service.setOpenAtLogin(host.loginItem?.status() !== 'enabled'));
    case 'reconnect':
    case 'pause':
    case 'resume':
    case 'open-login':
    case 'open-login-items':
    case 'quit':
      return tellFailure(await service.answer('command', [action satisfies Command]));
    default:
      return assertNever(action);
  }
}
