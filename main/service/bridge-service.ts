import { requestSchemas, type RequestArguments } from '../../preload/request-schemas.ts';
import type { Command, Host, RequestMethod, Result, SettingName, SettingsChange, Update } from '../../preload/contract.ts';
import { assertNever } from '../engine/assert-never.ts';
import type { Clock } from '../engine/clock.ts';
import type { History } from '../engine/delivery/history.ts';
import type { Engine } from '../engine/engine.ts';
import type { Finding, Gateway } from '../engine/gateway/gateway.ts';
import type { Logger } from '../engine/log/logger.ts';
import type { Settings } from '../engine/settings/settings.ts';
import { SettingsError } from '../engine/settings/settings-error.ts';
import type { BridgeState, Snapshot } from '../engine/state.ts';
import { findDatabase, findGateway, sameIdentity } from './check-connection.ts';
import { readHistory } from './history-view.ts';
import type { HostPort } from './host-port.ts';
import { OverviewMaker } from './overview.ts';
import type { SettingsDesk } from './settings-desk.ts';
import { UpdateFeed } from './update-feed.ts';

/** One window, or one browser tab: updates go to its listener while it is visible. */
export interface Attachment {
  /** Invisible at first. Becoming visible sends a fresh overview at once; nothing is sent while invisible. */
  setVisible(visible: boolean): void;
  /** Nothing is sent from now on. Idempotent. */
  detach(): void;
}

/** What a host (desktop application, dashboard's server) asks in the name of its windows. */
export interface BridgeService {
  readonly state: BridgeState;
  /** As `Engine.sums`, and as in the window's overview. */
  sums(): Snapshot | null;
  /** Calls `listener` after each change of the state until the returned function is called; for the tray, visible or not. */
  subscribe(listener: (state: BridgeState) => void): () => void;
  /**
   * Answers one request of preload/contract.ts.
   *
   * @param args the request's arguments, as they came from outside: an array, parsed here.
   * @returns always resolves; what is wrong with the request or went wrong with it is `{ ok: false, message }`.
   */
  answer(method: RequestMethod, args: unknown): Promise<Result<unknown>>;
  /** Changes the system's "open at login", for the tray; every window is told. Always resolves. */
  setOpenAtLogin(enabled: boolean): Promise<Result<null>>;
  /** Updates for one window; a listener that throws is detached. */
  attach(listener: (update: Update) => void): Attachment;
}

export interface BridgeServiceParts {
  readonly engine: Engine;
  readonly history: History;
  readonly desk: SettingsDesk;
  readonly host: HostPort;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For "Test connection": a gateway of its own, beside the engine's. */
  readonly openGateway: (settings: Settings) => Gateway;
}

type Answers = { readonly [Method in RequestMethod]: (...args: RequestArguments<Method>) => Result<unknown> | Promise<Result<unknown>> };

/** The bridge as windows see it, over whatever carries their requests. */
export function createBridgeService(parts: BridgeServiceParts): BridgeService {
  const { engine, history, desk, host, clock, logger } = parts;
  const overviews = new OverviewMaker({ engine, history, clock, timeZone: host.timeZone, settings: () => desk.settings });
  const tests = new ConnectionTests(parts);

  const answers: Answers = {
    host: () => good(describeHost(host, desk)),
    overview: () => good(overviews.make()),
    legs: () => good(engine.legs()),
    history: (range) => good(readHistory(history, range, clock.now(), desk.settings.resetWindows)),
    log: ({ limit, before, statuses, search }) =>
      good(history.logs({ limit, ...(before === undefined ? {} : { before }), ...(statuses === undefined ? {} : { statuses }), ...(search === undefined ? {} : { search }) })),
    settings: async () => good(await desk.view()),
    saveSettings: async (change, password) => good(await desk.save(change, password)),
    testConnection: (what, change, password) => tests.run(what, change, password),
    command: (command) => runCommand(parts, command),
  };

  return {
    get state() {
      return engine.state;
    },
    sums: () => engine.sums(),
    subscribe: (listener) => engine.subscribe(listener),
    async answer(method, args) {
      // A method that is none cannot come from our own hosts; from outside it is one more thing that is not understood.
      if (!Object.hasOwn(requestSchemas, method)) return bad(`The bridge knows no request "${String(method).slice(0, 50)}".`);
      const parsed = requestSchemas[method].safeParse(args);
      if (!parsed.success) return bad(`The request "${method}" was not understood: ${parsed.error.issues[0]?.message ?? 'wrong arguments'}.`);
      try {
        // The schema of a method and its answer belong together; TypeScript cannot follow the pair through the key.
        return await (answers[method] as (...args: readonly unknown[]) => Promise<Result<unknown>>)(...(parsed.data as readonly unknown[]));
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (!(error instanceof SettingsError)) logger.error({ method }, `a window's request failed: ${message}`);
        return bad(message);
      }
    },
    setOpenAtLogin: (enabled) =>
      desk.setOpenAtLogin(enabled).then(
        () => good(null),
        (error: unknown) => bad(`Open at login could not be changed: ${error instanceof Error ? error.message : String(error)}.`),
      ),
    attach(listener) {
      const ends: (() => void)[] = [];
      const detach = (): void => ends.splice(0).forEach((end) => end());
      const feed = new UpdateFeed({
        clock,
        overview: () => overviews.make(),
        newestLogId: () => history.logs({ limit: 1 })[0]?.id ?? 0,
        logsAfter: (id, limit) => history.logsAfter(id, limit),
        send: listener,
        onFault: (error) => {
          detach();
          logger.error({}, `a window cannot be told any more: ${error instanceof Error ? error.message : String(error)}`);
        },
      });
      ends.push(
        engine.subscribe(() => feed.stateChanged()),
        desk.subscribe((view) => feed.settingsChanged(view)),
        () => feed.detach(),
      );
      return { setVisible: (visible) => feed.setVisible(visible), detach };
    },
  };
}

function describeHost({ kind, version, platform, timeZone }: HostPort, { loaded }: SettingsDesk): Host {
  // Where the outbox lies says nothing about where to connect.
  const firstRun = Object.entries(loaded.origins).every(([name, origin]) => name === 'bufferPath' || origin.kind === 'default');
  return { kind, version, platform, timeZone, firstRun };
}

async function runCommand({ engine, desk, host }: BridgeServiceParts, command: Command): Promise<Result<null>> {
  switch (command) {
    case 'reconnect':
      return done(() => engine.reconnectNow());
    case 'pause':
      return done(() => engine.pause('user'));
    case 'resume':
      return done(() => engine.resume('user'));
    case 'retry-database':
      await desk.readPasswordAgain();
      return done(() => engine.retryDatabase());
    case 'open-login':
      return host.openExternal({ kind: 'portal-login', url: desk.settings.portal.url });
    case 'open-login-items':
      return host.openExternal({ kind: 'login-items' });
    case 'start-demo':
      return host.startDemo();
    case 'quit':
      return host.quit();
    default:
      return assertNever(command);
  }
}

type Tested = 'gateway' | 'database';

/** What each test looks at: a wrong field of the other one is no reason not to try. */
const testedNames: Readonly<Record<Tested, readonly SettingName[]>> = {
  gateway: ['apiMode', 'socketHost', 'socketPort', 'clientId', 'account', 'gatewayUrl', 'gatewayFingerprint', 'gatewayCompete'],
  database: ['dbHost', 'dbPort', 'dbName', 'dbUser'],
};

/** "Test connection" with the values of the form, one at a time for each side, beside the running session. */
class ConnectionTests {
  readonly #parts: BridgeServiceParts;
  readonly #running = new Set<Tested>();

  constructor(parts: BridgeServiceParts) {
    this.#parts = parts;
  }

  async run(what: Tested, change: SettingsChange, password: RequestArguments<'testConnection'>[2]): Promise<Result<readonly Finding[]>> {
    // Two at once would take each other's client id.
    if (this.#running.has(what)) return bad(`A test of the ${what} is running already.`);
    this.#running.add(what);
    try {
      return good(await this.#find(what, change, password));
    } finally {
      this.#running.delete(what);
    }
  }

  async #find(what: Tested, change: SettingsChange, password: RequestArguments<'testConnection'>[2]): Promise<readonly Finding[]> {
    const { desk, engine, openGateway } = this.#parts;
    const relevant: SettingsChange = Object.fromEntries(Object.entries(change).filter(([name]) => (testedNames[what] as readonly string[]).includes(name)));
    const tried = await desk.try(relevant, what === 'database' ? password : undefined);
    if (!tried.ok) return Object.entries(tried.errors).map(([name, error]) => ({ subject: fieldLabels[name] ?? name, ok: false, detail: error }));
    if (what === 'database') return findDatabase(tried.settings);
    const running = hasSession(engine.state) && sameIdentity(tried.settings, desk.settings);
    return findGateway(tried.settings, openGateway, running);
  }
}

function hasSession({ connection: { kind } }: BridgeState): boolean {
  return kind === 'connected' || kind === 'degraded' || kind === 'needs-login' || kind === 'connecting';
}

/** Fields as the findings of a check call things. */
const fieldLabels: Readonly<Record<string, string>> = {
  apiMode: 'Mode',
  socketHost: 'Host',
  socketPort: 'Port',
  clientId: 'Client id',
  account: 'Account',
  gatewayUrl: 'Address',
  gatewayFingerprint: 'Certificate',
  gatewayCompete: 'Take over',
  dbHost: 'Database host',
  dbPort: 'Database port',
  dbName: 'Database name',
  dbUser: 'Database user',
  password: 'Password',
};

function done(act: () => void): Result<null> {
  act();
  return { ok: true, value: null };
}

function good<T>(value: T): Result<T> {
  return { ok: true, value };
}

function bad(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}
