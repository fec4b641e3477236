import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BridgeApi, RequestMethod, Result, Update } from '../../preload/contract.ts';
import { openHistory, type History } from '../../main/engine/delivery/history.ts';
import { openDelivery } from '../../main/engine/delivery/durable-delivery.ts';
import type { DatabaseTarget, Delivery } from '../../main/engine/delivery/delivery.ts';
import { Engine } from '../../main/engine/engine.ts';
import type { Logger } from '../../main/engine/log/logger.ts';
import { loadSettings, type SettingsSources } from '../../main/engine/settings/load-settings.ts';
import { readTextFile, settingsFilePath } from '../../main/engine/settings/settings-file.ts';
import type { Settings } from '../../main/engine/settings/settings.ts';
import { createBridgeService, type BridgeService } from '../../main/service/bridge-service.ts';
import type { DesktopPreferences, ExternalAddress, HostPort } from '../../main/service/host-port.ts';
import { SettingsDesk } from '../../main/service/settings-desk.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { ScriptedGateway } from '../support/scripted-gateway.ts';

/** A desktop host that remembers what it was asked, and fails where a test says so. */
export class RecordedHost implements HostPort {
  kind: HostPort['kind'] = 'desktop';
  readonly version = '1.2.3';
  readonly platform = 'darwin';
  timeZone = 'America/New_York';
  readonly opened: ExternalAddress[] = [];
  readonly preferences: DesktopPreferences[] = [];
  password: string | null = null;
  storeWorks = true;
  storeAvailable = true;
  loginStatus: ReturnType<NonNullable<HostPort['loginItem']>['status']> = 'not-registered';
  quits = 0;
  demos = 0;

  readonly passwords: HostPort['passwords'] = {
    available: () => Promise.resolve(this.storeAvailable),
    stored: () => this.#store(() => this.password !== null),
    get: () => this.#store(() => this.password),
    set: (password) => this.#store(() => void (this.password = password)),
    clear: () => this.#store(() => void (this.password = null)),
  };

  readonly loginItem: HostPort['loginItem'] = {
    status: () => this.loginStatus,
    set: (enabled) => void (this.loginStatus = enabled ? 'requires-approval' : 'not-registered'),
  };

  applyPreferences(preferences: DesktopPreferences): void {
    this.preferences.push(preferences);
  }

  openExternal(address: ExternalAddress): Promise<Result<null>> {
    this.opened.push(address);
    return Promise.resolve({ ok: true, value: null });
  }

  startDemo(): Promise<Result<null>> {
    this.demos += 1;
    return Promise.resolve({ ok: true, value: null });
  }

  quit(): Promise<Result<null>> {
    this.quits += 1;
    return Promise.resolve({ ok: true, value: null });
  }

  #store<T>(work: () => T): Promise<T> {
    return this.storeWorks ? Promise.resolve(work()) : Promise.reject(new Error('the keychain is locked'));
  }
}

export interface ServiceStandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly host?: RecordedHost;
  /** Text of settings.json before the start. */
  readonly file?: string;
  readonly wall?: number;
  readonly clock?: ManualClock;
  readonly readFile?: (path: string) => string | undefined;
}

/** The service on a real outbox, history and settings file, with a gateway, a host and a clock that the test owns. */
export class ServiceStand {
  readonly folder = mkdtempSync(join(tmpdir(), 'service-stand-'));
  readonly clock: ManualClock;
  readonly gateway: ScriptedGateway;
  readonly host: RecordedHost;
  readonly logged: string[] = [];
  /** Every database that delivery was pointed at while running. */
  readonly targets: (DatabaseTarget | null)[] = [];
  /** How often delivery was asked to try at once. */
  probes = 0;
  /** Every gateway that the settings asked for, by what it was made from. */
  readonly gatewaySettings: Settings[] = [];
  engine!: Engine;
  history!: History;
  desk!: SettingsDesk;
  service!: BridgeService;
  sources!: SettingsSources;

  private constructor(options: ServiceStandOptions) {
    this.clock = options.clock ?? new ManualClock(options.wall);
    this.gateway = new ScriptedGateway(this.clock);
    this.host = options.host ?? new RecordedHost();
  }

  static async open(options: ServiceStandOptions = {}): Promise<ServiceStand> {
    const stand = new ServiceStand(options);
    if (options.file !== undefined) writeFileSync(settingsFilePath(stand.folder), options.file);
    await stand.#compose(options);
    return stand;
  }

  async #compose({ env = {}, readFile = readTextFile }: ServiceStandOptions): Promise<void> {
    const { clock, folder, host } = this;
    this.sources = {
      env: { BRIDGE_BUFFER_PATH: join(folder, 'buffer.sqlite'), ...env },
      workingDirectory: folder,
      userDataFolder: folder,
      homeDirectory: folder,
      userName: 'trader',
      readFile,
    };
    const logger = this.#logger();
    const openGateway = (settings: Settings): ScriptedGateway => {
      if (settings.socket.host === 'impossible.example') throw new Error('this gateway cannot be made');
      this.gatewaySettings.push(settings);
      return this.gateway;
    };
    this.desk = await SettingsDesk.open({ sources: this.sources, host, logger, clock, tryGateway: openGateway }, loadSettings(this.sources));
    this.history = openHistory(join(folder, 'history.sqlite'), clock);
    const delivery = this.#recordTargets(openDelivery({ bufferPath: this.desk.settings.bufferPath, target: null, clock }));
    const recorder = {
      recordSnapshot: ({ at, ...sums }: Parameters<ConstructorParameters<typeof Engine>[0]['recorder']['recordSnapshot']>[0]) =>
        this.history.appendSample({ timestamp: at, ...sums }),
      recordGap: () => undefined,
      recordLog: (row: Parameters<History['appendLog']>[0]) => this.history.appendLog(row),
      recordBook: (account: string, at: number) => this.history.appendBook(account, at),
    };
    this.engine = new Engine({ settings: this.desk.settings, clock, delivery, recorder, logger, random: () => 0.5, openGateway });
    this.desk.subscribe((_view, settings) => this.engine.apply(settings));
    this.service = createBridgeService({ engine: this.engine, history: this.history, desk: this.desk, host, clock, logger, openGateway });
  }

  /** Asks as a window does, with what a window's JSON would have become; fails the test where the answer is a failure. */
  async ask<Method extends RequestMethod>(method: Method, ...args: Parameters<BridgeApi[Method]>): Promise<ValueOf<Method>> {
    const answer = await this.service.answer(method, structuredClone(args));
    if (!answer.ok) throw new Error(`${method} was answered: ${answer.message}`);
    return answer.value as ValueOf<Method>;
  }

  /** Brings a session up whose one leg is priced. */
  async connect(delta = 0.5): Promise<void> {
    this.gateway.onOpen = (session) => {
      session.book = [leg];
      session.ready();
      session.price(leg.conId, { delta, gamma: 0.01, vega: 2, theta: -3, underlyingPrice: 6_000 });
    };
    this.engine.start();
    await this.clock.advance(200);
  }

  /** A window whose updates are kept. */
  attach(): { readonly updates: Update[]; readonly setVisible: (visible: boolean) => void; readonly detach: () => void } {
    const updates: Update[] = [];
    const attachment = this.service.attach((update) => void updates.push(update));
    return { updates, setVisible: (visible) => attachment.setVisible(visible), detach: () => attachment.detach() };
  }

  kind(): string {
    return this.engine.state.connection.kind;
  }

  /** Text of settings.json; undefined when there is none. */
  file(): string | undefined {
    return readTextFile(settingsFilePath(this.folder));
  }

  /** Everything that lies in the folder, as one text. */
  everythingOnDisk(): string {
    return ['settings.json', 'buffer.sqlite', 'buffer.sqlite-wal', 'history.sqlite', 'history.sqlite-wal']
      .map((name) => {
        try {
          return readFileSync(join(this.folder, name), 'latin1');
        } catch {
          return ''; // not every one of them is always there
        }
      })
      .join('');
  }

  async close(): Promise<void> {
    const stopped = this.engine.stop(0);
    await this.clock.advance(10);
    await stopped;
    this.history.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #logger(): Logger {
    const line = (fields: object, message: string): void => void this.logged.push(`${JSON.stringify(fields)} ${message}`);
    return { info: line, warn: line, error: line };
  }

  #recordTargets(delivery: Delivery): Delivery {
    const setTarget = (target: DatabaseTarget | null): void => void this.targets.push(target);
    return {
      setTarget,
      appendGreeks: (row) => delivery.appendGreeks(row),
      appendLog: (row) => delivery.appendLog(row),
      lastRecorded: () => delivery.lastRecorded(),
      state: () => delivery.state(),
      start: (listener) => delivery.start(listener),
      probeNow: () => void (this.probes += 1),
      stop: (deadlineMs) => delivery.stop(deadlineMs),
    };
  }
}

type ValueOf<Method extends RequestMethod> = Extract<Awaited<ReturnType<BridgeApi[Method]>>, { ok: true }>['value'];

const leg = {
  conId: 1,
  kind: 'OPT' as const,
  secType: 'OPT',
  symbol: 'SPX',
  localSymbol: 'SPXW',
  expiry: '20260320',
  strike: 6_000,
  right: 'C' as const,
  multiplier: 100,
  currency: 'USD',
  position: 2,
};
