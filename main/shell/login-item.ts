import type { App } from 'electron';
import type { LoginItem } from '../service/host-port.ts';

/** Opening at login on macOS, as the system reports it: a person may refuse it or take it back in System Settings. */
export class MacLoginItem implements LoginItem {
  readonly #app: Pick<App, 'getLoginItemSettings' | 'setLoginItemSettings'>;

  constructor(app: Pick<App, 'getLoginItemSettings' | 'setLoginItemSettings'>) {
    this.#app = app;
  }

  status(): ReturnType<LoginItem['status']> {
    return this.#app.getLoginItemSettings().status;
  }

  set(enabled: boolean): void {
    this.#app.setLoginItemSettings({ openAtLogin: enabled });
  }
}

/** Null where there is none: other systems, and a checkout, where the item would open a bare Electron. */
export function loginItemOf(app: Pick<App, 'isPackaged' | 'getLoginItemSettings' | 'setLoginItemSettings'>, platform: NodeJS.Platform): LoginItem | null {
  return platform === 'darwin' && app.isPackaged ? new MacLoginItem(app) : null;
}
