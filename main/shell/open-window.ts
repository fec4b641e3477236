import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../engine/clock.ts';
import type { BridgeService } from '../service/bridge-service.ts';
import type { ElectronParts } from './electron-parts.ts';
import { replaceFile } from './file.ts';
import type { Place } from './place.ts';
import { DashboardWindow } from './window.ts';
import { fitBounds, parseBounds } from './window-bounds.ts';

/** The dashboard's window with Electron behind it; nothing is on the screen before it is shown. */
export function openWindow(electron: ElectronParts, { dataFolder, demo, root }: Place, service: BridgeService): DashboardWindow {
  const { app, BrowserWindow, nativeTheme, screen } = electron;
  const boundsFile = join(dataFolder, 'window.json');
  return new DashboardWindow({
    create: (options) => {
      const window = new BrowserWindow(options);
      if (demo) markTitle(window);
      return window;
    },
    service,
    theme: nativeTheme,
    clock: systemClock,
    preload: join(root, 'dist', 'preload', 'preload.cjs'),
    bounds: {
      initial: () => fitBounds(parseBounds(readText(boundsFile)), workAreas(screen)),
      save: (bounds) => void replaceFile(boundsFile, JSON.stringify(bounds)).catch(() => undefined), // a place to open at, worth no error
    },
    activate: () => {
      if (process.platform === 'darwin') app.focus({ steal: true });
    },
    askToReopen: () => askToReopen(electron),
    developerTools: !app.isPackaged,
  });
}

/** The page names the state in its title; the demo's says in addition that its numbers are nobody's portfolio. */
function markTitle(window: Electron.BrowserWindow): void {
  window.on('page-title-updated', (event, title) => {
    event.preventDefault();
    window.setTitle(`${title} (demo)`);
  });
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // as if nothing had been saved
  }
}

function workAreas(screen: ElectronParts['screen']): Electron.Rectangle[] {
  const main = screen.getPrimaryDisplay();
  return [main, ...screen.getAllDisplays().filter(({ id }) => id !== main.id)].map(({ workArea }) => workArea);
}

async function askToReopen({ dialog }: ElectronParts): Promise<boolean> {
  const { response } = await dialog.showMessageBox({
    type: 'error',
    message: 'The window of IBKR Trading Bridge crashed twice.',
    detail: 'The bridge itself goes on: rows are written as before. Open the window again, or later from the menu bar.',
    buttons: ['Open again', 'Not now'],
    defaultId: 0,
    cancelId: 1,
  });
  return response === 0;
}
