import type { App } from 'electron';
import { join } from 'node:path';
import { demoSwitch } from './demo.ts';

/** Where this instance of the application lives. */
export interface Place {
  /** Settings, password, window bounds and Chromium's own files; the daemon on a Mac looks for settings here too. */
  readonly dataFolder: string;
  /** The demo's world instead of the trader's. */
  readonly demo: boolean;
  /** The application's own files: package.json, dist, assets. */
  readonly root: string;
}

const folderName = 'IBKR Trading Bridge';

/** Decides it, and tells Electron before it is ready; `--user-data-dir` and `--demo` choose another place. */
export function choosePlace(app: Pick<App, 'commandLine' | 'getPath' | 'setPath' | 'getAppPath' | 'setName'>): Place {
  const demo = app.commandLine.hasSwitch(demoSwitch);
  const base = app.commandLine.hasSwitch('user-data-dir') ? app.getPath('userData') : join(app.getPath('appData'), folderName);
  const dataFolder = demo ? join(base, 'demo') : base;
  app.setName(folderName);
  app.setPath('userData', dataFolder);
  return { dataFolder, demo, root: app.getAppPath() };
}
