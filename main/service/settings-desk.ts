import type { PasswordChange, SaveResult, SettingName, SettingsChange, SettingsView } from '../../preload/contract.ts';
import { sleep, type Clock, type Ms } from '../engine/clock.ts';
import { describeSettings } from '../engine/settings/describe-settings.ts';
import { loadSettings, type LoadedSettings, type SettingsSources } from '../engine/settings/load-settings.ts';
import type { Logger } from '../engine/log/logger.ts';
import { parseSettingsFile, saveSettingsFile, settingsFilePath, type StoredSettings } from '../engine/settings/settings-file.ts';
import type { Settings } from '../engine/settings/settings.ts';
import type { HostPort } from './host-port.ts';
import { lockedBy, tryChange, type FieldErrors, type TriedChange } from './settings-change.ts';
import { viewSettings, whyUnsupported } from './settings-view.ts';

export interface SettingsDeskParts {
  readonly sources: SettingsSources;
  readonly host: HostPort;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Throws when the settings describe a gateway that cannot be made; dials nothing. */
  readonly tryGateway: (settings: Settings) => void;
}

/**
 * The settings in force and every way to change them while the bridge runs: the Settings panel and SIGHUP.
 *
 * One change at a time; a change takes effect as a whole or not at all. The password goes to the host's store, never into
 * the file and never into a view.
 */
export class SettingsDesk {
  readonly #parts: SettingsDeskParts;
  #loaded: LoadedSettings;
  /** The newest password that the host's store gave or took, and the database that it is for. */
  #known: { readonly password: string | null; readonly database: string } | undefined;
  #passwordUnread = false;
  #warnings: readonly string[] = [];
  /** Where the outbox really is: it cannot move while the bridge runs. */
  readonly #bufferPath: string;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #listeners = new Set<(view: SettingsView, settings: Settings) => void>();

  private constructor(parts: SettingsDeskParts, loaded: LoadedSettings) {
    this.#parts = parts;
    this.#loaded = loaded;
    this.#bufferPath = loaded.settings.bufferPath;
  }

  static async open(parts: SettingsDeskParts, loaded: LoadedSettings): Promise<SettingsDesk> {
    const desk = new SettingsDesk(parts, loaded);
    await desk.#readPassword();
    desk.#tellPreferences();
    return desk;
  }

  get loaded(): LoadedSettings {
    return this.#loaded;
  }

  /** The settings as the engine takes them, with the stored password where the environment gives none. */
  get settings(): Settings {
    return this.#complete(this.#loaded, this.#password);
  }

  /** Calls `listener` after each change until the returned function is called. */
  subscribe(listener: (view: SettingsView, settings: Settings) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  view(): Promise<SettingsView> {
    return viewSettings({ loaded: this.#loaded, host: this.#parts.host, warnings: this.#warnings, bufferPath: this.#bufferPath });
  }

  /** Saves and applies, or changes nothing and says what is wrong at which field. Rejects when nothing could be written. */
  save(change: SettingsChange, password?: PasswordChange): Promise<SaveResult> {
    return this.#inTurn(async () => {
      const tried = await this.#try(change, password);
      if (!tried.ok) return { saved: false, errors: tried.errors };
      await this.#store(change, tried.stored, password);
      await this.#adopt(tried.loaded, password);
      if (change.openAtLogin !== undefined) this.#setLoginItem(change.openAtLogin);
      return { saved: true, settings: await this.#tell('settings were saved') };
    });
  }

  /** What the engine would be told after this change, for "Test connection"; nothing is changed. */
  async try(change: SettingsChange, password?: PasswordChange): Promise<{ readonly ok: true; readonly settings: Settings } | { readonly ok: false; readonly errors: FieldErrors }> {
    const errors = await this.#judgePassword(password);
    const tried = tryChange(this.#base(), change);
    if (!tried.ok || errors !== undefined) return { ok: false, errors: { ...(tried.ok ? {} : tried.errors), ...errors } };
    return { ok: true, settings: this.#complete(tried.loaded, password === undefined ? this.#password : password.kind === 'set' ? password.password : null) };
  }

  /**
   * Reads all layers again, as a start would, except that a broken file stays where it is: there are settings to go on with.
   *
   * @throws SettingsError when they are wrong: the old settings stay in force.
   */
  reload(): Promise<void> {
    return this.#inTurn(async () => {
      const { keepBrokenFile: _, ...sources } = this.#parts.sources;
      const loaded = loadSettings(sources);
      this.#parts.tryGateway(loaded.settings);
      await this.#adopt(loaded);
      await this.#tell('settings were read again');
    });
  }

  /** Asks the host's store once more for the password where the last time failed: its Keychain may be unlocked by now. */
  async readPasswordAgain(): Promise<void> {
    if (!this.#passwordUnread) return;
    await this.#inTurn(async () => {
      await this.#readPassword();
      if (!this.#passwordUnread) await this.#tell('the stored database password was read');
    });
  }

  /**
   * Changes the system's "open at login" beside Settings, as the tray's menu does, and tells every window.
   *
   * @throws what the system says against it.
   */
  setOpenAtLogin(enabled: boolean): Promise<void> {
    return this.#inTurn(async () => {
      this.#parts.host.loginItem?.set(enabled);
      await this.#tell('open at login was changed');
    });
  }

  async #try(change: SettingsChange, password: PasswordChange | undefined): Promise<TriedChange> {
    const passwordErrors = await this.#judgePassword(password);
    const tried = tryChange(this.#base(), change);
    const errors = { ...(tried.ok ? this.#gatewayErrors(tried.loaded.settings) : tried.errors), ...passwordErrors };
    return tried.ok && Object.keys(errors).length === 0 ? tried : { ok: false, errors };
  }

  #base(): Parameters<typeof tryChange>[0] {
    const { sources, host } = this.#parts;
    return { sources, loaded: this.#loaded, stored: this.#readStored(), unsupported: (name: SettingName) => whyUnsupported(host, name) };
  }

  /** Read anew each time: a person may have edited the file, and what is not ours must not be lost. */
  #readStored(): StoredSettings {
    const { readFile } = this.#parts.sources;
    const path = this.#path();
    const text = readFile(path);
    return text === undefined ? {} : parseSettingsFile(text, path);
  }

  #path(): string {
    const { userDataFolder } = this.#parts.sources;
    if (userDataFolder === null) throw new Error('there is no folder to save settings in');
    return settingsFilePath(userDataFolder);
  }

  #gatewayErrors(settings: Settings): FieldErrors {
    try {
      this.#parts.tryGateway(settings);
      return {};
    } catch (error) {
      return { apiMode: error instanceof Error ? error.message : String(error) };
    }
  }

  async #judgePassword(password: PasswordChange | undefined): Promise<FieldErrors | undefined> {
    if (password === undefined) return undefined;
    const locked = lockedBy(this.#loaded.origins.dbPassword);
    if (locked !== null) return { password: `Cannot be changed here: set by ${locked}.` };
    if (!(await this.#parts.host.passwords.available())) {
      return { password: 'No password can be stored here: set DB_PASS or DB_PASS_FILE in the environment.' };
    }
    if (password.kind === 'clear') return undefined;
    if (password.password === '') return { password: 'Must not be empty.' };
    // PostgreSQL's protocol ends a text with it.
    return password.password.includes('\0') ? { password: 'Must not hold a NUL character.' } : undefined;
  }

  /** The password first, because the file can be replaced in one step and the store can be put back. */
  async #store(change: SettingsChange, stored: StoredSettings, password: PasswordChange | undefined): Promise<void> {
    const { passwords } = this.#parts.host;
    // One that cannot be read any more (another machine, a new key) must not keep a new one out.
    const before = password === undefined ? null : await passwords.get().catch(() => null);
    if (password !== undefined) await (password.kind === 'set' ? passwords.set(password.password) : passwords.clear());
    try {
      if (Object.keys(change).length > 0) saveSettingsFile(this.#path(), stored);
    } catch (error) {
      if (password !== undefined) await (before === null ? passwords.clear() : passwords.set(before));
      throw error;
    }
  }

  async #adopt(loaded: LoadedSettings, password?: PasswordChange): Promise<void> {
    this.#loaded = loaded;
    // What the store has just taken need not be asked of it.
    if (password !== undefined) this.#know(password.kind === 'set' ? password.password : null);
    else await this.#readPassword();
    this.#tellPreferences();
  }

  /** The known password of the database in force; one of another database is not sent to this one. */
  get #password(): string | null {
    return this.#known?.database === identityOf(this.#loaded.settings.database) ? this.#known.password : null;
  }

  #know(password: string | null): void {
    this.#warnings = this.#loaded.warnings;
    this.#passwordUnread = false;
    this.#known = { password, database: identityOf(this.#loaded.settings.database) };
  }

  /** A store that does not answer costs at most a password that was never read, not the bridge: rows wait in the outbox, and the view says why. */
  async #readPassword(): Promise<void> {
    const { logger } = this.#parts;
    this.#warnings = this.#loaded.warnings;
    this.#passwordUnread = false;
    // The system may ask a person for a password that nobody needs yet.
    if (lockedBy(this.#loaded.origins.dbPassword) !== null || this.#loaded.settings.database === null) return;
    try {
      const answer = await this.#askStore();
      if (answer !== null) this.#know(answer.password);
    } catch (error) {
      this.#passwordUnread = true;
      const warning = `the stored database password could not be read: ${error instanceof Error ? error.message : String(error)}`;
      this.#warnings = [...this.#warnings, warning];
      logger.warn({}, warning);
    }
  }

  /** Null where the host stores no passwords. A store that waits for a person is not waited for: its answer is taken over when it comes. */
  async #askStore(): Promise<{ readonly password: string | null } | null> {
    const { host, clock } = this.#parts;
    const read = async (): Promise<{ readonly password: string | null } | null> => ((await host.passwords.available()) ? { password: await host.passwords.get() } : null);
    const answer = read();
    const patience = new AbortController();
    const late = async (): Promise<never> => {
      await sleep(clock, storePatienceMs, patience.signal);
      // An answer that is a failure after all changes nothing: the warning stands, and the next trial asks again.
      if (!patience.signal.aborted) void answer.then(() => this.readPasswordAgain()).catch(() => undefined);
      throw new Error('the system has not answered; it may be asking for permission');
    };
    try {
      return await Promise.race([answer, late()]);
    } finally {
      patience.abort();
    }
  }

  #tellPreferences(): void {
    const { menuBarTitle, keepAwake } = this.#loaded.values;
    this.#parts.host.applyPreferences({ menuBarTitle, keepAwake });
  }

  #setLoginItem(enabled: boolean): void {
    try {
      this.#parts.host.loginItem?.set(enabled);
    } catch (error) {
      this.#warnings = [...this.#warnings, `open at login could not be changed: ${error instanceof Error ? error.message : String(error)}`];
    }
  }

  async #tell(what: string): Promise<SettingsView> {
    const { settings } = this;
    this.#parts.logger.info({ settings: describeSettings(settings, this.#loaded.origins) }, what);
    const view = await this.view();
    for (const listener of [...this.#listeners]) listener(view, settings);
    return view;
  }

  #complete({ settings, origins }: LoadedSettings, password: string | null): Settings {
    const { database } = settings;
    const given = database === null || password === null || lockedBy(origins.dbPassword) !== null;
    return { ...settings, bufferPath: this.#bufferPath, database: given ? database : { ...database, password } };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined); // whoever asked is told; the next one goes on from what is
    return result;
  }
}

/** A start at login must not wait for somebody to come and allow the Keychain. */
const storePatienceMs: Ms = 3_000;

/** Tells databases apart by whom a password is shown to. */
function identityOf(database: Settings['database']): string {
  return database === null ? '' : JSON.stringify([database.host, database.port, database.database, database.user]);
}
