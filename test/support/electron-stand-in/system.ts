import type Electron from 'electron';
import { EventEmitter } from 'node:events';
import { recorded } from './recorded.ts';

const display = { id: 1, workArea: { x: 0, y: 25, width: 1_440, height: 875 } } as Electron.Display;

export const screen: Pick<Electron.Screen, 'getPrimaryDisplay' | 'getAllDisplays'> = {
  getPrimaryDisplay: () => display,
  getAllDisplays: () => [display],
};

export const shell: Pick<Electron.Shell, 'openExternal'> = {
  openExternal(url) {
    recorded.opened.push(url);
    return Promise.resolve();
  },
};

class Theme extends EventEmitter implements Pick<Electron.NativeTheme, 'shouldUseDarkColors'> {
  readonly shouldUseDarkColors = process.env['STAND_IN_THEME'] === 'dark';
}
export const nativeTheme = new Theme();

/** The test emits its events. */
export const powerMonitor = new EventEmitter();

const blockers = new Set<number>();
let nextBlocker = 1;

export const powerSaveBlocker: Pick<Electron.PowerSaveBlocker, 'start' | 'stop' | 'isStarted'> = {
  start() {
    blockers.add(nextBlocker);
    return nextBlocker++;
  },
  stop: (id) => blockers.delete(id),
  isStarted: (id) => blockers.has(id),
};

export function blocksPowerSave(): boolean {
  return blockers.size > 0;
}
