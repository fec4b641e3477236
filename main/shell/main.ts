import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  nativeImage,
  nativeTheme,
  Notification,
  powerMonitor,
  powerSaveBlocker,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  Tray,
  utilityProcess,
} from 'electron';
import { registerAppScheme } from './app-protocol.ts';
import { startDesktop, tellFailedStart } from './desktop.ts';
import type { ElectronParts } from './electron-parts.ts';
import { guardContents } from './security.ts';
import { choosePlace } from './place.ts';

/*
 * The desktop application. The only file that imports electron by value.
 *
 * Nothing may be awaited at the top: Electron becomes ready only after this module has been evaluated.
 */

const electron: ElectronParts = {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  nativeImage,
  nativeTheme,
  Notification,
  powerMonitor,
  powerSaveBlocker,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  Tray,
  utilityProcess,
};

registerAppScheme(protocol);
guardContents(app);
const place = choosePlace(app);
if (app.requestSingleInstanceLock()) {
  app
    .whenReady()
    .then(() => startDesktop(electron, place))
    .catch((error: unknown) => tellFailedStart(electron, error));
} else {
  // The first one hears of this launch and shows its window.
  app.quit();
}
