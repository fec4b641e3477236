import type { Result } from '../../preload/contract.ts';
import { openBridge, type Bridge } from '../engine/bridge.ts';
import { systemClock, type Clock } from '../engine/clock.ts';
import { openGateway } from '../engine/gateway/open-gateway.ts';
import type { Logger } from '../engine/log/logger.ts';
import { loadSettings, type LoadedSettings, type SettingsSources } from '../engine/settings/load-settings.ts';
import { describeSettingsError, SettingsError } from '../engine/settings/settings-error.ts';
import { createBridgeService, type BridgeService } from './bridge-service.ts';
import type { HostPort } from './host-port.ts';
import { SettingsDesk } from './settings-desk.ts';

export interface ServiceOptions {
  /** Where settings come from; `userDataFolder` is also where they are saved. */
  readonly sources: SettingsSources;
  readonly host: HostPort;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Uniform in [0, 1), for jitter. */
  readonly random?: () => number;
  /** Settings that were read already, as a daemon does that must end with exit code 2 on wrong ones. */
  readonly loaded?: LoadedSettings;
}

/** A whole bridge with what a window asks of it. */
export interface OpenedService {
  readonly bridge: Bridge;
  readonly service: BridgeService;
  /** The settings in force and where they come from. */
  settings(): LoadedSettings;
  /** Reads the settings again (SIGHUP) and applies them live; wrong ones change nothing and are told in words. */
  reload(): Promise<Result<null>>;
  /** Ends the bridge as `Bridge.stop` does. */
  stop(deadlineMs: number, reason: string): Promise<void>;
}

/**
 * Opens settings, outbox, local history and engine, and the service on top; nothing is dialled before `bridge.engine.start()`.
 *
 * @throws SettingsError when the settings are wrong; OutboxInUseError when another process holds the outbox.
 */
export async function openService(options: ServiceOptions): Promise<OpenedService> {
  const { sources, host, logger, clock = systemClock, random = Math.random } = options;
  const makeGateway = (settings: LoadedSettings['settings']): ReturnType<typeof openGateway> => openGateway(settings, clock);
  const loaded = options.loaded ?? loadSettings(sources);
  const desk = await SettingsDesk.open({ sources, host, logger, clock, tryGateway: makeGateway }, loaded);
  const bridge = openBridge({ settings: desk.settings, clock, logger, random, warnings: loaded.warnings });
  desk.subscribe((_view, settings) => bridge.engine.apply(settings));
  const service = createBridgeService({ engine: bridge.engine, history: bridge.history, desk, host, clock, logger, openGateway: makeGateway });
  return {
    bridge,
    service,
    settings: () => desk.loaded,
    reload: () => reload(desk, logger),
    stop: (deadlineMs, reason) => bridge.stop(deadlineMs, reason),
  };
}

async function reload(desk: SettingsDesk, logger: Logger): Promise<Result<null>> {
  try {
    await desk.reload();
    return { ok: true, value: null };
  } catch (error) {
    const message = error instanceof SettingsError ? describeSettingsError(error) : String(error);
    logger.error({}, `the new settings are wrong, the old ones stay in force: ${message}`);
    return { ok: false, message };
  }
}
