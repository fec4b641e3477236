import { app } from './app.ts';
import { BrowserWindow } from './browser-window.ts';
import { answerController } from './controlled.ts';
import { dialog } from './dialog.ts';
import { ipcMain } from './ipc-main.ts';
import { Menu } from './menu.ts';
import { nativeImage } from './native-image.ts';
import { Notification } from './notification.ts';
import { protocol } from './protocol.ts';
import { safeStorage } from './safe-storage.ts';
import { session } from './session.ts';
import { nativeTheme, powerMonitor, powerSaveBlocker, screen, shell } from './system.ts';
import { Tray } from './tray.ts';
import { utilityProcess } from './utility-process.ts';

/*
 * The module "electron" as far as the application uses it, in plain Node: windows are pages of a real Chromium.
 *
 * Each part is typed against electron.d.ts, so that a use that Electron does not know does not compile.
 */
export {
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

answerController();
