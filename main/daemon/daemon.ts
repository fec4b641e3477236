import { systemClock } from '../engine/clock.ts';
import { openBridge, type Bridge } from '../engine/bridge.ts';
import { OutboxInUseError } from '../engine/delivery/outbox-file.ts';
import { createJsonLogger, type Logger } from '../engine/log/logger.ts';
import { describeSettings } from '../engine/settings/describe-settings.ts';
import type { LoadedSettings } from '../engine/settings/load-settings.ts';
import { describeSettingsError, SettingsError } from '../engine/settings/settings-error.ts';
import { statusLine } from './status-line.ts';
import { Terminal } from './terminal.ts';

/** How long SIGTERM and SIGINT deliver what waits before they leave the rest to the next start. */
const drainMs = 10_000;
const refreshMs = 250;

/**
 * Runs the engine until a signal ends it; resolves with the exit code.
 *
 * `reload` reads the settings again on SIGHUP. `statusEveryMs` logs the status line where no terminal shows it.
 */
export async function runDaemon(loaded: LoadedSettings, reload: () => LoadedSettings, statusEveryMs?: number): Promise<number> {
  const terminal = new Terminal(process.stdout);
  const logger = terminal.live ? terminalLogger(terminal) : createJsonLogger();
  const bridge = open(loaded, logger);
  if (bridge === undefined) return 1;
  for (const warning of loaded.warnings) logger.warn({}, warning);
  logger.info({ settings: describeSettings(loaded.settings, loaded.origins) }, 'settings in force');
  guard(bridge, logger);
  const refresh = showStatus(bridge, terminal, logger, statusEveryMs);
  bridge.engine.start();
  process.on('SIGHUP', () => applyReloaded(bridge, reload, logger));
  const signal = await nextSignal();
  clearInterval(refresh);
  logger.info({ signal }, 'stopping: delivering what waits');
  process.once('SIGINT', () => process.exit(130));
  await bridge.stop(drainMs, `signal ${signal}`);
  const { waiting } = bridge.engine.state.delivery;
  logger.info({ waiting }, waiting === 0 ? 'stopped' : `stopped; ${waiting} rows wait in the outbox for the next start`);
  terminal.end();
  return 0;
}

function open({ settings }: LoadedSettings, logger: Logger): Bridge | undefined {
  try {
    return openBridge({ settings, clock: systemClock, logger, random: Math.random });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof OutboxInUseError) logger.error({}, message);
    else logger.error({}, `could not start: ${message}`);
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

function applyReloaded(bridge: Bridge, reload: () => LoadedSettings, logger: Logger): void {
  try {
    const { settings, origins } = reload();
    bridge.engine.apply(settings);
    logger.info({ settings: describeSettings(settings, origins) }, 'settings were read again');
  } catch (error) {
    const message = error instanceof SettingsError ? describeSettingsError(error) : String(error);
    logger.error({}, `the new settings are wrong, the old ones stay in force: ${message}`);
  }
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
