import type { BrowserWindow, BrowserWindowConstructorOptions, NativeTheme, Rectangle } from 'electron';
import type { Clock } from '../engine/clock.ts';
import { updateChannel } from '../../preload/contract.ts';
import type { Attachment, BridgeService } from '../service/bridge-service.ts';
import { windowUrl } from './app-protocol.ts';
import { minimumSize } from './window-bounds.ts';

/** As --ground in the window's own styles: what is seen before the first paint. */
const grounds = { dark: '#0e1115', light: '#f5f6f8' } as const;
/** A window that crashes again so soon after it was loaded anew will crash once more. */
const crashAgainMs = 60_000;

export interface WindowParts {
  readonly create: (options: BrowserWindowConstructorOptions) => BrowserWindow;
  readonly service: Pick<BridgeService, 'attach'>;
  readonly theme: Pick<NativeTheme, 'shouldUseDarkColors' | 'on'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Absolute path of the built preload. */
  readonly preload: string;
  readonly bounds: { readonly initial: () => Rectangle; readonly save: (bounds: Rectangle) => void };
  /** Brings the application before others where showing a window is not enough (macOS). */
  readonly activate: () => void;
  /** Tells that the window crashed twice; resolves true when it shall be opened again. */
  readonly askToReopen: () => Promise<boolean>;
  readonly developerTools: boolean;
}

/**
 * The dashboard's window: made when it is first shown, hidden when it is closed, fed while it is visible.
 */
export class DashboardWindow {
  readonly #parts: WindowParts;
  #window: BrowserWindow | undefined;
  #attachment: Attachment | undefined;
  #crashedAt: number | undefined;
  #leaving = false;
  /** Waits for the end of full screen to be hidden. */
  #hiding = false;

  constructor(parts: WindowParts) {
    this.#parts = parts;
    parts.theme.on('updated', () => this.#window?.setBackgroundColor(this.#ground()));
  }

  /** Contents of the window while there is one. */
  get contents(): BrowserWindow['webContents'] | undefined {
    return this.#window?.webContents;
  }

  /** Shows it in front; makes it where there is none, and loads its page again where that crashed. */
  show(): void {
    const window = this.#window;
    if (window === undefined) return this.#open(windowUrl);
    if (window.webContents.isCrashed()) load(window, windowUrl);
    this.#bringToFront(window);
  }

  /** Hides it when it is in front, else brings it there. */
  toggle(): void {
    const window = this.#window;
    if (window !== undefined && window.isVisible() && !window.isMinimized() && window.isFocused()) this.#hide(window);
    else this.show();
  }

  /** Shows it with Settings open: the page reads "#settings", at its start as well as later, and takes it away again. */
  showSettings(): void {
    const window = this.#window;
    if (window === undefined) return this.#open(`${windowUrl}#settings`);
    // Only the part behind # differs, so this loads the page again only where it crashed.
    load(window, `${windowUrl}#settings`);
    this.#bringToFront(window);
  }

  /** From now on closing closes; hides it. */
  leave(): void {
    this.#leaving = true;
    this.#attachment?.detach();
    if (this.#window !== undefined) this.#hide(this.#window);
  }

  #open(url: string): void {
    const window = this.#parts.create(this.#options());
    this.#window = window;
    this.#attachment = this.#parts.service.attach((update) => {
      // Sending to a page that is gone throws, and a listener that throws would be detached for good.
      if (!window.isDestroyed() && !window.webContents.isCrashed()) window.webContents.send(updateChannel, update);
    });
    this.#follow(window);
    window.once('ready-to-show', () => this.#bringToFront(window));
    load(window, url);
  }

  #bringToFront(window: BrowserWindow): void {
    if (this.#leaving) return;
    this.#hiding = false;
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
    this.#parts.activate();
  }

  /** Out of full screen first, which takes a moment: hidden in it, a window leaves a black Space behind on macOS. */
  #hide(window: BrowserWindow): void {
    if (!window.isFullScreen()) return window.hide();
    this.#hiding = true;
    window.once('leave-full-screen', () => {
      if (this.#hiding) window.hide();
    });
    window.setFullScreen(false);
  }

  #options(): BrowserWindowConstructorOptions {
    const { preload, bounds, developerTools } = this.#parts;
    return {
      ...bounds.initial(),
      minWidth: minimumSize.width,
      minHeight: minimumSize.height,
      show: false,
      title: 'IBKR Trading Bridge',
      backgroundColor: this.#ground(),
      autoHideMenuBar: true,
      webPreferences: { preload, sandbox: true, contextIsolation: true, nodeIntegration: false, webviewTag: false, spellcheck: false, devTools: developerTools },
    };
  }

  #follow(window: BrowserWindow): void {
    const noteVisibility = (): void => this.#attachment?.setVisible(window.isVisible() && !window.isMinimized());
    window.on('show', noteVisibility);
    window.on('hide', noteVisibility);
    window.on('minimize', noteVisibility);
    window.on('restore', noteVisibility);
    const saveBounds = (): void => this.#parts.bounds.save(window.getNormalBounds());
    window.on('resized', saveBounds);
    window.on('moved', saveBounds);
    window.on('close', (event) => {
      saveBounds();
      if (this.#leaving) return;
      event.preventDefault();
      this.#hide(window);
    });
    window.webContents.on('render-process-gone', (_event, { reason }) => {
      if (reason !== 'clean-exit' && !this.#leaving) void this.#recover(window);
    });
  }

  /** Loads a crashed page again, once; when it crashes again soon, a person decides. The bridge itself goes on meanwhile. */
  async #recover(window: BrowserWindow): Promise<void> {
    const now = this.#parts.clock.monotonic();
    const again = this.#crashedAt !== undefined && now - this.#crashedAt < crashAgainMs;
    this.#crashedAt = now;
    if (again && !(await this.#parts.askToReopen())) this.#hide(window);
    else window.webContents.reload();
  }

  #ground(): string {
    return this.#parts.theme.shouldUseDarkColors ? grounds.dark : grounds.light;
  }
}

/** A load that another one overtakes rejects; one that fails is told by did-fail-load and by a window that stays empty. */
function load(window: BrowserWindow, url: string): void {
  void window.loadURL(url).catch(() => undefined);
}
