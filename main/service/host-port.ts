import type { Result, SettingsView, SettingValues } from '../../preload/contract.ts';

/**
 * What the service needs from the program that it lives in: the desktop application, or the daemon with its dashboard.
 *
 * Everything that only one of them can do answers with words instead of throwing; the window shows them.
 */
export interface HostPort {
  readonly kind: 'desktop' | 'browser';
  readonly version: string;
  readonly platform: string;
  /** IANA zone of local midnight and of the times that the window shows. */
  readonly timeZone: string;
  /** Where the database password lives. */
  readonly passwords: PasswordStore;
  /** The system's "open at login"; null: this host has none. */
  readonly loginItem: LoginItem | null;
  /** Called with the values in force at start and after each change of them: tray title, power-save blocker. */
  applyPreferences(preferences: DesktopPreferences): void;
  /** Opens one of a fixed list of addresses outside the window. */
  openExternal(address: ExternalAddress): Promise<Result<null>>;
  /** Connects to the simulator's demo book. */
  startDemo(): Promise<Result<null>>;
  /** Begins to end the program; answers before it is gone. */
  quit(): Promise<Result<null>>;
}

/** One password, kept where the system keeps secrets. Every method may reject; the message must not hold the password. */
export interface PasswordStore {
  /** Whether a password can be stored here at all (the daemon: never, it takes DB_PASS from the environment). */
  available(): Promise<boolean>;
  stored(): Promise<boolean>;
  /** null: none is stored. */
  get(): Promise<string | null>;
  set(password: string): Promise<void>;
  clear(): Promise<void>;
}

export interface LoginItem {
  /** As the system reports it, read anew each time: a person may change it in the system's own settings. */
  status(): SettingsView['loginItem'];
  set(enabled: boolean): void;
}

export type DesktopPreferences = Pick<SettingValues, 'menuBarTitle' | 'keepAwake'>;

/** What may be opened outside the window; nothing that the window sends can be one of them by itself. */
export type ExternalAddress =
  /** The Client Portal Gateway's login page, from the settings in force. */
  | { readonly kind: 'portal-login'; readonly url: string }
  /** The system's own settings of what opens at login. */
  | { readonly kind: 'login-items' };
