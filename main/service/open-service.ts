import type { Bridge } from '../engine/bridge.ts';
import type { Clock } from '../engine/clock.ts';
import type { Logger } from '../engine/log/logger.ts';
import type { LoadedSettings, SettingsSources } from '../engine/settings/load-settings.ts';
import type { Result } from '../../preload/contract.ts';
import type { BridgeService } from './bridge-service.ts';
import type { HostPort } from './host-port.ts';

export interface ServiceOptions {
  /** Where settings come from; `userDataFolder` is also where they are saved. */
  readonly sources: SettingsSources;
  readonly host: HostPort;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Settings that were read already, as a daemon does that must end with exit code 2 on wrong ones. */
  readonly loaded?: LoadedSettings;
}

/** A whole bridge with what a window asks of it; nothing is dialled before `bridge.engine.start()`. */
export interface OpenedService {
  readonly bridge: Bridge;
  readonly service: BridgeService;
  /** The settings in force and where they come from. */
  settings(): LoadedSettings;
  /** Reads the settings again (SIGHUP) and applies them live; wrong ones change nothing and are told in words. */
  reload(): Promise<Result<null>>;
  /** Detaches every window, then ends the bridge as `Bridge.stop` does. */
  stop(deadlineMs: number, reason: string): Promise<void>;
}

/** How to open one: `openService(options)`; see {@link ServiceOptions}. */
export type OpenService = (options: ServiceOptions) => Promise<OpenedService>;
