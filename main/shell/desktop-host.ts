import { join } from 'node:path';
import type { Result } from '../../preload/contract.ts';
import type { DesktopPreferences, ExternalAddress, HostPort, LoginItem } from '../service/host-port.ts';
import { demoSwitch } from './demo.ts';
import type { ElectronParts } from './electron-parts.ts';
import { openExternalAddress } from './external.ts';
import { KeepAwake } from './keep-awake.ts';
import { loginItemOf } from './login-item.ts';
import type { Place } from './place.ts';
import { KeychainPassword } from './secrets.ts';

/** What the service asks of the desktop. */
export class DesktopHost implements HostPort {
  readonly kind = 'desktop';
  readonly version: string;
  readonly platform = process.platform;
  readonly timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  readonly passwords: KeychainPassword;
  readonly loginItem: LoginItem | null;
  readonly #electron: ElectronParts;
  readonly #place: Place;
  readonly #keepAwake: KeepAwake;
  #preferences: DesktopPreferences = { menuBarTitle: false, keepAwake: false };
  #onPreferences: () => void = () => undefined;

  constructor(electron: ElectronParts, place: Place) {
    const { app, powerSaveBlocker, safeStorage } = electron;
    this.#electron = electron;
    this.#place = place;
    this.version = app.getVersion();
    this.passwords = new KeychainPassword(safeStorage, join(place.dataFolder, 'database-password.encrypted'), process.platform);
    this.loginItem = loginItemOf(app, process.platform);
    this.#keepAwake = new KeepAwake(powerSaveBlocker);
  }

  get preferences(): DesktopPreferences {
    return this.#preferences;
  }

  /** Calls `listener` after each change; the service tells the first ones before there is a tray. */
  followPreferences(listener: () => void): void {
    this.#onPreferences = listener;
  }

  applyPreferences(preferences: DesktopPreferences): void {
    this.#preferences = preferences;
    this.#keepAwake.apply(preferences.keepAwake);
    this.#onPreferences();
  }

  openExternal(address: ExternalAddress): Promise<Result<null>> {
    return openExternalAddress(this.#electron.shell, address, process.platform);
  }

  /** Starts the application again in the demo's world, apart from the trader's settings, outbox and database. */
  startDemo(): Promise<Result<null>> {
    const { app } = this.#electron;
    if (this.#place.demo) return Promise.resolve({ ok: false, message: 'this is the demo already' });
    app.relaunch({ args: [...process.argv.slice(1), `--${demoSwitch}`] });
    return this.quit();
  }

  quit(): Promise<Result<null>> {
    // After the answer: the window is told before it is gone.
    setImmediate(() => this.#electron.app.quit());
    return Promise.resolve({ ok: true, value: null });
  }
}
