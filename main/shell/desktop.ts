import { join } from 'node:path';
import { systemClock } from '../engine/clock.ts';
import { createJsonLogger, type Logger } from '../engine/log/logger.ts';
import { systemSources, type SettingsSources } from '../engine/settings/load-settings.ts';
import { keepBrokenFileAside } from '../engine/settings/settings-file.ts';
import { describeSettingsError, SettingsError } from '../engine/settings/settings-error.ts';
import { openService, type OpenedService } from '../service/open-service.ts';
import { applicationMenu } from './application-menu.ts';
import { serveWindow } from './app-protocol.ts';
import { demoSources, startDemoMarket } from './demo.ts';
import { DesktopHost } from './desktop-host.ts';
import type { ElectronParts } from './electron-parts.ts';
import { answerWindow } from './ipc.ts';
import { LifeCycle } from './life-cycle.ts';
import { Notifications } from './notifications.ts';
import type { Place } from './place.ts';
import { followPower } from './power.ts';
import { guardSession } from './security.ts';
import { openTray } from './open-tray.ts';
import { openWindow } from './open-window.ts';

/** Composes the application and starts the bridge; the parts do the rest by themselves. */
export async function startDesktop(electron: ElectronParts, place: Place): Promise<void> {
  const { app, ipcMain, Menu, powerMonitor, protocol, session } = electron;
  const logger = createJsonLogger();
  const host = new DesktopHost(electron, place);
  const opened = await openService({ sources: await sourcesOf(electron, place), host, logger });
  guardProcess(opened, logger);
  serveWindow(protocol, join(place.root, 'dist', 'renderer'));
  guardSession(session.defaultSession, { developerTools: !app.isPackaged });
  const window = openWindow(electron, place, opened.service);
  answerWindow(ipcMain, opened.service, () => window.contents);
  const tray = openTray(electron, { place, host, service: opened.service, window });
  const lifeCycle = new LifeCycle({
    app,
    clock: systemClock,
    show: () => window.show(),
    leave: () => {
      window.leave();
      tray.remove();
    },
    stop: (deadlineMs) => opened.stop(deadlineMs, 'quit'),
    report: (error) => logger.error({}, `stopping failed: ${String(error)}`),
  });
  followPower(powerMonitor, opened.bridge.engine, {
    quit: () => void lifeCycle.quit(),
    unlocked: () => void opened.service.answer('command', ['retry-database']),
  });
  showAlarms(electron, opened, () => window.show());
  Menu.setApplicationMenu(Menu.buildFromTemplate(applicationMenu(() => window.showSettings())));
  // An icon in the menu bar is the whole application; packaged, LSUIElement says the same from the start.
  if (process.platform === 'darwin') app.setActivationPolicy('accessory');
  // Read the settings again, as the daemon does; without a listener it would end the application.
  process.on('SIGHUP', () => void opened.reload());
  opened.bridge.engine.start();
  if (!wasOpenedAtLogin(app)) window.show();
}

/** At login nobody asked for a window. */
function wasOpenedAtLogin(app: ElectronParts['app']): boolean {
  return process.platform === 'darwin' && app.getLoginItemSettings().wasOpenedAtLogin;
}

/** Says in a dialog why there is no application, and ends; 2: the settings are wrong, as in the daemon. */
export function tellFailedStart({ app, dialog }: Pick<ElectronParts, 'app' | 'dialog'>, error: unknown): void {
  const wrongSettings = error instanceof SettingsError;
  const text = wrongSettings ? describeSettingsError(error) : error instanceof Error ? error.message : String(error);
  dialog.showErrorBox('IBKR Trading Bridge could not start', text);
  app.exit(wrongSettings ? 2 : 1);
}

async function sourcesOf({ utilityProcess }: ElectronParts, { dataFolder, demo, root }: Place): Promise<SettingsSources> {
  const sources: SettingsSources = { ...systemSources(dataFolder), keepBrokenFile: (path) => keepBrokenFileAside(path, systemClock.now()) };
  if (!demo) return sources;
  const fork = (modulePath: string, args: string[]): ReturnType<typeof utilityProcess.fork> =>
    utilityProcess.fork(modulePath, args, { stdio: ['ignore', 'pipe', 'inherit'], serviceName: 'Demo market' });
  return demoSources(sources, dataFolder, await startDemoMarket(fork, join(root, 'dist', 'demo', 'simulators', 'main.js')));
}

/** An error that nobody caught becomes a row in api_logs and a new session: months of recording do not end with it. */
function guardProcess({ bridge }: OpenedService, logger: Logger): void {
  const report = (error: unknown): void => {
    logger.error({ stack: error instanceof Error ? error.stack : undefined }, 'unexpected error');
    bridge.engine.reportFault(error);
  };
  process.on('uncaughtException', report);
  process.on('unhandledRejection', report);
}

function showAlarms({ Notification }: ElectronParts, { service }: OpenedService, open: () => void): void {
  const notifications = new Notifications((options) => (Notification.isSupported() ? new Notification(options) : undefined), open);
  // Not from inside the engine's own work: what fails here must not fail there.
  service.subscribe((state) => setImmediate(() => notifications.update(state.alarms)));
}
