import type { Bridge } from '../engine/bridge.ts';
import { systemClock } from '../engine/clock.ts';
import { OutboxInUseError } from '../engine/delivery/outbox-file.ts';
import { createJsonLogger, type Logger } from '../engine/log/logger.ts';
import { describeSettings } from '../engine/settings/describe-settings.ts';
import type { LoadedSettings, SettingsSources } from '../engine/settings/load-settings.ts';
import { openService, type OpenedService } from '../service/open-service.ts';
import { createBrowserHost } from './browser-host.ts';
import type { DashboardAddress } from './dashboard-address.ts';
import { DashboardServer } from './dashboard-server.ts';
import { statusLine } from './status-line.ts';
import { Terminal } from './terminal.ts';

/** How long SIGTERM and SIGINT deliver what waits before they leave the rest to the next start. */
const drainMs = 10_000;
const refreshMs = 250;

export interface DaemonOptions {
  readonly loaded: LoadedSettings;
  /** Read again on SIGHUP. */
  readonly sources: SettingsSources;
  readonly version: string;
  /** Logs the status line this often where no terminal shows it. */
  readonly statusEveryMs: number | undefined;
  /** Where the dashboard listens, and where its built window lies; undefined: there is none. */
  readonly dashboard: { readonly address: DashboardAddress; readonly folder: string } | undefined;
}

/** Runs the engine until a signal ends it; resolves with the exit code. */
export async function runDaemon(options: DaemonOptions): Promise<number> {
  const { loaded, statusEveryMs } = options;
  const terminal = new Terminal(process.stdout);
  const logger = terminal.live ? terminalLogger(terminal) : createJsonLogger();
  const opened = await open(options, logger);
  if (opened === undefined) return 1;
  const { bridge } = opened;
  logger.info({ settings: describeSettings(loaded.settings, loaded.origins) }, 'settings in force');
  guard(bridge, logger);
  const refresh = showStatus(bridge, terminal, logger, statusEveryMs);
  bridge.engine.start();
  // What goes wrong is told in the log, and the old settings stay in force.
  process.on('SIGHUP', () => void opened.reload());
  const dashboard = await openDashboard(options, opened, logger);
  const signal = await nextSignal();
  clearInterval(refresh);
  logger.info({ signal }, 'stopping: delivering what waits');
  process.once('SIGINT', () => process.exit(130));
  await dashboard?.close();
  await opened.stop(drainMs, `signal ${signal}`);
  const { waiting } = bridge.engine.state.delivery;
  logger.info({ waiting }, waiting === 0 ? 'stopped' : `stopped; ${waiting} rows wait in the outbox for the next start`);
  terminal.end();
  return 0;
}

async function open({ loaded, sources, version }: DaemonOptions, logger: Logger): Promise<OpenedService | undefined> {
  try {
    return await openService({ sources, loaded, logger, host: createBrowserHost(version) });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof OutboxInUseError) logger.error({}, message);
    else logger.error({}, `could not start: ${message}`);
    return undefined;
  }
}

/** Without its dashboard the bridge goes on: a taken port is no reason not to record. */
async function openDashboard({ dashboard }: DaemonOptions, { service }: OpenedService, logger: Logger): Promise<DashboardServer | undefined> {
  if (dashboard === undefined) return undefined;
  try {
    const server = await DashboardServer.open({ ...dashboard, service, logger });
    logger.info({ dashboard: server.url }, `dashboard: ${server.url}`);
    return server;
  } catch (error) {
    logger.error({}, `there is no dashboard: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** An error that nobody caught becomes a row in api_logs and a new session: months of recording do not end with it. */
function guard(bridge: Bridge, logger: Logger): void {
  const report = (error: unknown): void => {
    logger.error({ stack: error instanceof Error ? error.stack : undefined }, 'unexpected error');
    bridge.engine.reportFault(error);
  };
  process.on('uncaughtException', report);
  process.on('unhandledRejection', report);
}

function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve('SIGTERM'));
    process.once('SIGINT', () => resolve('SIGINT'));
  });
}

function showStatus({ engine }: Bridge, terminal: Terminal, logger: Logger, everyMs: number | undefined): NodeJS.Timeout | undefined {
  const line = (columns?: number): string => statusLine(engine.state, systemClock.now(), columns);
  if (terminal.live) return setInterval(() => terminal.show(line(terminal.columns - 1)), refreshMs);
  return everyMs === undefined ? undefined : setInterval(() => logger.info({ status: true }, line()), everyMs);
}

/** On a terminal a person reads: time, severity, message; details are for the JSON lines. */
function terminalLogger(terminal: Terminal): Logger {
  const line = (severity: string) => (_details: object, message: string): void => {
    terminal.print(`${new Date().toLocaleTimeString('en-GB')}  ${severity.padEnd(7)}  ${message}`);
  };
  return { info: line('info'), warn: line('warning'), error: line('error') };
}
