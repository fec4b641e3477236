import type Electron from 'electron';
import { EventEmitter } from 'node:events';
import { app } from './app.ts';
import { emitPreventable } from './preventable.ts';
import { WebContents } from './web-contents.ts';

type Part = Pick<
  Electron.BrowserWindow,
  | 'close'
  | 'focus'
  | 'getNormalBounds'
  | 'hide'
  | 'isDestroyed'
  | 'isFocused'
  | 'isFullScreen'
  | 'isMinimized'
  | 'isVisible'
  | 'loadURL'
  | 'minimize'
  | 'restore'
  | 'setBackgroundColor'
  | 'setFullScreen'
  | 'show'
>;

export const windows: BrowserWindow[] = [];

/** A window whose contents are a page of Chromium; what it looks like on a desktop is a set of flags. */
export class BrowserWindow extends EventEmitter implements Part {
  readonly options: Electron.BrowserWindowConstructorOptions;
  readonly webContents: WebContents;
  /** On macOS a window that is hidden in full screen leaves its Space behind. */
  leftBlackSpace = false;
  #visible: boolean;
  #fullScreen = false;
  #minimized = false;
  #focused = false;
  #destroyed = false;
  #ready = false;

  constructor(options: Electron.BrowserWindowConstructorOptions = {}) {
    super();
    this.options = options;
    this.#visible = options.show !== false;
    const { preload, sandbox, contextIsolation, nodeIntegration } = options.webPreferences ?? {};
    if (preload === undefined) throw new Error('the stand-in needs a preload');
    if (sandbox !== true || contextIsolation !== true || nodeIntegration === true) throw new Error('the stand-in runs sandboxed, isolated pages only');
    this.webContents = new WebContents(preload);
    this.webContents.on('did-finish-load', () => {
      if (this.#ready) return;
      this.#ready = true;
      this.emit('ready-to-show', {});
    });
    windows.push(this);
    app.addWindow(() => this.#tryClose());
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url);
  }

  show(): void {
    const changed = !this.#visible;
    this.#visible = true;
    this.#focused = true;
    if (changed) this.emit('show', {});
  }

  hide(): void {
    const changed = this.#visible;
    this.leftBlackSpace ||= this.#fullScreen;
    this.#visible = false;
    this.#focused = false;
    if (changed) this.emit('hide', {});
  }

  focus(): void {
    this.#focused = this.#visible;
  }

  /** Another application comes to the front. */
  blur(): void {
    this.#focused = false;
  }

  minimize(): void {
    this.#minimized = true;
    this.emit('minimize', {});
  }

  restore(): void {
    this.#minimized = false;
    this.emit('restore', {});
  }

  /** Takes a moment, as on macOS. */
  setFullScreen(flag: boolean): void {
    setImmediate(() => {
      this.#fullScreen = flag;
      this.emit(flag ? 'enter-full-screen' : 'leave-full-screen');
    });
  }

  close(): void {
    this.#tryClose();
  }

  isVisible(): boolean {
    return this.#visible;
  }

  isMinimized(): boolean {
    return this.#minimized;
  }

  isFocused(): boolean {
    return this.#focused;
  }

  isFullScreen(): boolean {
    return this.#fullScreen;
  }

  isDestroyed(): boolean {
    return this.#destroyed;
  }

  getNormalBounds(): Electron.Rectangle {
    const { x = 0, y = 0, width = 800, height = 600 } = this.options;
    return { x, y, width, height };
  }

  setBackgroundColor(): void {}

  #tryClose(): boolean {
    if (this.#destroyed) return true;
    if (emitPreventable(this, 'close')) return false;
    this.#destroyed = true;
    this.webContents.close();
    windows.splice(windows.indexOf(this), 1);
    this.emit('closed', {});
    if (windows.length === 0 && !app.emit('window-all-closed')) app.quit();
    return true;
  }
}
