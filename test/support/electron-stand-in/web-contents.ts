import type Electron from 'electron';
import { EventEmitter } from 'node:events';
import type { Frame, Page } from 'playwright';
import { app } from './app.ts';
import { openBrowser } from './browser.ts';
import { invoke } from './ipc-main.ts';
import { emitPreventable } from './preventable.ts';
import { deliverFunction, invokeBinding, preloadScript } from './preload-runner.ts';
import { recorded } from './recorded.ts';
import { addNavigationGuard, toChromium, toElectron, toElectronOrigin } from './routes.ts';

type Part = Pick<Electron.WebContents, 'send' | 'reload' | 'isCrashed' | 'isDestroyed' | 'loadURL' | 'getURL' | 'setWindowOpenHandler'>;

/** Event names as in Electron: did-finish-load, render-process-gone, will-navigate. */
export class WebContents extends EventEmitter implements Part {
  readonly #preload: string;
  readonly #frames = new Map<Frame, object>();
  #page: Promise<Page> | undefined;
  #current: Page | undefined;
  #url = '';
  #crashed = false;
  /** Addresses that we load ourselves are no navigation of the page. */
  #loading = false;
  #openHandler: (details: Electron.HandlerDetails) => { readonly action: string } = () => ({ action: 'allow' });

  constructor(preload: string) {
    super();
    this.#preload = preload;
    addNavigationGuard((request) => {
      if (this.#loading || request.frame().page() !== this.#current) return false;
      const url = toElectron(request.url());
      const main = request.frame() === this.#current.mainFrame();
      return emitPreventable(this, main ? 'will-navigate' : 'will-frame-navigate', { url, isMainFrame: main });
    });
    app.emit('web-contents-created', {}, this);
  }

  get mainFrame(): Electron.WebFrameMain {
    if (this.#current === undefined) throw new Error('nothing was loaded yet');
    return this.#frame(this.#current.mainFrame());
  }

  getURL(): string {
    return this.#url;
  }

  async loadURL(url: string): Promise<void> {
    // Chromium gives a crashed page a new process on the next load; Playwright gives it up, so it gets a new page.
    const dead = this.#crashed ? this.#current : undefined;
    if (dead !== undefined) this.#page = undefined;
    this.#crashed = false;
    const page = await this.#open();
    this.#url = url;
    await this.#load(() => page.goto(toChromium(url), { waitUntil: 'load' }));
    await dead?.close().catch(() => undefined);
  }

  reload(): void {
    void this.#reload();
  }

  send(channel: string, ...args: unknown[]): void {
    if (this.isDestroyed()) throw new Error('Object has been destroyed');
    const cloned = structuredClone(args);
    // Nobody listens while a page is on its way, and nobody hears of it: as in Electron.
    void this.#current
      ?.evaluate(([name, to, what]) => (window as unknown as Record<string, (...of: unknown[]) => void>)[name]?.(to, what), [deliverFunction, channel, cloned] as const)
      .catch(() => undefined);
  }

  setWindowOpenHandler(handler: Parameters<Part['setWindowOpenHandler']>[0]): void {
    this.#openHandler = handler;
  }

  isCrashed(): boolean {
    return this.#crashed;
  }

  isDestroyed(): boolean {
    return this.#current?.isClosed() === true && !this.#crashed;
  }

  /** Kills the page's process. */
  async crash(): Promise<void> {
    await this.#current?.goto('chrome://crash').catch(() => undefined); // the page dies of it
  }

  close(): void {
    void this.#current?.close().catch(() => undefined); // with the browser, or before it
  }

  async #reload(): Promise<void> {
    if (this.#crashed) return this.loadURL(this.#url);
    const page = await this.#open();
    await this.#load(() => page.reload());
  }

  async #load(load: () => Promise<unknown>): Promise<void> {
    this.#loading = true;
    try {
      await load();
    } finally {
      this.#loading = false;
    }
    this.emit('did-finish-load', {});
  }

  #open(): Promise<Page> {
    this.#page ??= this.#newPage();
    return this.#page;
  }

  async #newPage(): Promise<Page> {
    const context = await openBrowser();
    const page = await context.newPage();
    this.#current = page;
    await page.exposeBinding(invokeBinding, ({ frame }, channel: string, args: unknown[]) => invoke(this.#invokeEvent(frame), channel, args));
    await page.addInitScript({ content: preloadScript(this.#preload) });
    page.on('popup', (popup) => this.#onPopup(popup));
    page.on('crash', () => {
      this.#crashed = true;
      this.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 5 });
    });
    return page;
  }

  #onPopup(popup: Page): void {
    const url = toElectron(popup.url());
    if (this.#openHandler({ url } as Electron.HandlerDetails).action !== 'deny') return;
    recorded.deniedWindows.push(url);
    void popup.close().catch(() => undefined);
  }

  #invokeEvent(frame: Frame): Electron.IpcMainInvokeEvent {
    return { type: 'frame', processId: 0, frameId: 0, sender: this, senderFrame: this.#frame(frame) } as unknown as Electron.IpcMainInvokeEvent;
  }

  /** The same object for the same frame, because the application compares them. */
  #frame(frame: Frame): Electron.WebFrameMain {
    const known = this.#frames.get(frame) ?? {
      get url(): string {
        return toElectron(frame.url());
      },
      get origin(): string {
        return toElectronOrigin(frame.url());
      },
    };
    this.#frames.set(frame, known);
    return known as Electron.WebFrameMain;
  }
}
