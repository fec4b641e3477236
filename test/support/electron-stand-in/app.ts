import type Electron from 'electron';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { closeBrowser, openBrowser } from './browser.ts';
import { emitPreventable } from './preventable.ts';
import { recorded } from './recorded.ts';
import { takeSingleInstanceLock } from './single-instance.ts';

type Part = Pick<
  Electron.App,
  | 'commandLine'
  | 'exit'
  | 'focus'
  | 'getAppPath'
  | 'getLoginItemSettings'
  | 'getPath'
  | 'getVersion'
  | 'isPackaged'
  | 'quit'
  | 'relaunch'
  | 'requestSingleInstanceLock'
  | 'setActivationPolicy'
  | 'setLoginItemSettings'
  | 'setName'
  | 'setPath'
  | 'whenReady'
>;

const switches = process.argv.slice(2).filter((argument) => argument.startsWith('--'));

class App extends EventEmitter implements Part {
  readonly isPackaged = false;
  readonly commandLine = {
    hasSwitch: (name: string): boolean => switches.some((text) => text === `--${name}` || text.startsWith(`--${name}=`)),
    getSwitchValue: (name: string): string => switches.find((text) => text.startsWith(`--${name}=`))?.slice(name.length + 3) ?? '',
  } as Electron.CommandLine;
  readonly #paths = new Map<string, string>();
  #windows: readonly (() => boolean)[] = [];

  getAppPath(): string {
    return process.cwd();
  }

  getVersion(): string {
    return (JSON.parse(readFileSync(join(this.getAppPath(), 'package.json'), 'utf8')) as { readonly version: string }).version;
  }

  getPath(name: Parameters<Part['getPath']>[0]): string {
    const given = this.#paths.get(name);
    if (given !== undefined) return given;
    if (name === 'userData' && this.commandLine.hasSwitch('user-data-dir')) return this.commandLine.getSwitchValue('user-data-dir');
    if (name === 'appData') return join(homedir(), '.config');
    throw new Error(`the stand-in knows no path "${name}"`);
  }

  setPath(name: string, path: string): void {
    this.#paths.set(name, path);
  }

  setName(): void {}

  focus(): void {}

  setActivationPolicy(): void {}

  getLoginItemSettings(): Electron.LoginItemSettings {
    return { openAtLogin: false, wasOpenedAtLogin: false, status: 'not-registered', executableWillLaunchAtLogin: false, launchItems: [] };
  }

  setLoginItemSettings(): void {}

  requestSingleInstanceLock(): boolean {
    return takeSingleInstanceLock(this.getPath('userData'), () => this.emit('second-instance', {}, process.argv, process.cwd(), null));
  }

  async whenReady(): Promise<void> {
    await openBrowser();
  }

  relaunch(options?: Electron.RelaunchOptions): void {
    recorded.relaunches.push(options?.args ?? process.argv.slice(1));
  }

  /** A window that `quit` has to close; it says whether it let itself be closed. */
  addWindow(close: () => boolean): void {
    this.#windows = [...this.#windows, close];
  }

  quit(): void {
    if (emitPreventable(this, 'before-quit')) return;
    if (!this.#windows.every((close) => close())) return;
    this.emit('will-quit', {});
    this.exit(0);
  }

  exit(code = 0): void {
    void closeBrowser().finally(() => process.exit(code));
  }
}

export const app = new App();
