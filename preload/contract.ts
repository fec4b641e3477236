/**
 * THE BORDER between the bridge and what a person sees: one method per intention, results as data.
 *
 * Only types and constants live here, because the renderer imports it; the zod schemas that judge its requests are in
 * request-schemas.ts, which the renderer must not load (zod evaluates code, and its content-security policy forbids that).
 */
import type { BridgeState, Finding, LegRow, Ms, Severity, Snapshot } from './engine-types.ts';

export type * from './engine-types.ts';

/** What every request answers: a failure crosses the border as data, with words for people. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

/** Everything that the window shows at once except legs, log and history; sent whole, at most four times a second. */
export interface Overview {
  readonly state: BridgeState;
  /** The sums as they are at this moment (the rows come every poll interval only), also while they warm up; those of the last row while not connected, null before it. */
  readonly sums: Snapshot | null;
  /** The sender's wall clock when this was made: ages are `now` minus an instant, whatever the window's clock says. */
  readonly now: Ms;
  readonly pollIntervalMs: Ms;
  /** The reset window that holds `now` or the next one; null without any. */
  readonly resetWindow: { readonly start: Ms; readonly end: Ms } | null;
  /** Rows of portfolio_greeks written since local midnight. */
  readonly rowsToday: number;
  /** Net Greeks at the first row since local midnight, for "+12 today"; null where there is none. */
  readonly dayStart: Greeks | null;
  /** Wall-clock instant of the newest market-data tick; null before the first one. */
  readonly lastTickAt: Ms | null;
}

export interface Greeks {
  readonly delta: number | null;
  readonly gamma: number | null;
  readonly vega: number | null;
  readonly theta: number | null;
}

export type GreekName = keyof Greeks;

/** What does not change while the window lives. */
export interface Host {
  /** The desktop application, or the daemon's dashboard in a browser. */
  readonly kind: 'desktop' | 'browser';
  readonly version: string;
  readonly platform: string;
  /** IANA zone in which local times are shown. */
  readonly timeZone: string;
  /** Nothing was ever configured: the window begins with the three steps of the first run. */
  readonly firstRun: boolean;
}

export interface LogEntry {
  /** Grows with each entry; the order in which they happened. */
  readonly id: number;
  readonly at: Ms;
  readonly status: Severity;
  readonly message: string;
}

export const historyRanges = ['15m', '1h', '6h', '1d', '7d', '30d'] as const;
export type HistoryRange = (typeof historyRanges)[number];

/**
 * The local history of one range, down-sampled to at most 600 buckets that keep minima and maxima.
 *
 * All arrays of a series have the length of `at`. A bucket without a row is absent from `at`; where two neighbours are
 * further apart than a bucket, `gaps` tells why.
 */
export interface HistorySeries {
  readonly range: HistoryRange;
  readonly from: Ms;
  readonly to: Ms;
  /** Width of a bucket; a row's own instant is exact where the width is at most the poll interval. */
  readonly bucketMs: Ms;
  /** Instant of the newest row in each bucket, ascending. */
  readonly at: readonly Ms[];
  readonly greeks: Readonly<Record<GreekName, Band>>;
  readonly gaps: readonly HistoryGap[];
  readonly resetWindows: readonly { readonly from: Ms; readonly to: Ms }[];
}

/** Lowest, highest and newest value of each bucket; null where the sums were not known. */
export interface Band {
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
  readonly last: readonly (number | null)[];
}

export interface HistoryGap {
  readonly from: Ms;
  readonly to: Ms;
  readonly code: string;
  readonly text: string;
}

export interface LogQuery {
  /** Entries before this id, newest first; absent: from the newest. */
  readonly before?: number;
  readonly limit: number;
  /** Only these; absent: all. */
  readonly statuses?: readonly Severity[];
  /** Part of the message, any case. */
  readonly search?: string;
}

/** One field of Settings: its value, where it comes from, and whether it can be changed here. */
export interface SettingField {
  readonly value: unknown;
  readonly origin: 'environment' | 'dot-env' | 'settings-file' | 'default';
  /** "IB_CLIENT_ID in the environment"; the field is read-only with this reason. Null: it can be changed. */
  readonly lockedBy: string | null;
}

/** Values that Settings may change; every one is optional in a change. Names as in settings.json. */
export interface SettingValues {
  readonly apiMode: 'SOCKET' | 'PORTAL';
  readonly socketHost: string;
  readonly socketPort: number;
  readonly clientId: number;
  readonly account: string;
  readonly gatewayUrl: string;
  /** SHA-256 fingerprint that pins the certificate of a Client Portal Gateway on another host; null: none. */
  readonly gatewayFingerprint: string | null;
  /** Whether the bridge may end another session of the same user when it opens its own. */
  readonly gatewayCompete: boolean;
  readonly pollIntervalSeconds: number;
  readonly dbHost: string | null;
  readonly dbPort: number;
  readonly dbName: string;
  readonly dbUser: string | null;
  readonly resetWindows: readonly { readonly timeZone: string; readonly start: string; readonly resume: string; readonly days?: readonly string[] }[];
  readonly underlyingSymbol: string | null;
  /** The desktop application's own. */
  readonly openAtLogin: boolean;
  readonly menuBarTitle: boolean;
  readonly keepAwake: boolean;
}

export type SettingName = keyof SettingValues;
export type SettingsChange = { readonly [Name in SettingName]?: SettingValues[Name] };

export interface SettingsView {
  readonly fields: Readonly<Record<SettingName, SettingField>>;
  /** Whether a database password is stored, never the password. */
  readonly password: { readonly stored: boolean; readonly lockedBy: string | null; readonly available: boolean };
  readonly bufferPath: string;
  readonly resetWindowPresets: readonly { readonly name: string; readonly windows: SettingValues['resetWindows'] }[];
  /** The login item as the system reports it; `requires-approval` needs a hint. */
  readonly loginItem: 'enabled' | 'not-registered' | 'requires-approval' | 'not-found' | 'unsupported';
  /** What a person should know: a broken settings file that was kept aside. */
  readonly warnings: readonly string[];
}

/** Nothing is changed when `errors` has an entry: each stands at its field. */
export type SaveResult =
  | { readonly saved: true; readonly settings: SettingsView }
  | { readonly saved: false; readonly errors: Readonly<Partial<Record<SettingName | 'password', string>>> };

/** A new password, or its removal; it goes one way and is never read back. */
export type PasswordChange = { readonly kind: 'set'; readonly password: string } | { readonly kind: 'clear' };

export const commands = ['reconnect', 'pause', 'resume', 'retry-database', 'open-login', 'open-login-items', 'start-demo', 'quit'] as const;
/** `open-login` opens the Client Portal login page; `start-demo` connects to the simulator's demo book. */
export type Command = (typeof commands)[number];

/** What arrives by itself while the window is visible. */
export type Update =
  | { readonly type: 'overview'; readonly overview: Overview }
  | { readonly type: 'log'; readonly entries: readonly LogEntry[] }
  | { readonly type: 'settings'; readonly settings: SettingsView };

/** What the renderer sees as `window.bridge`; the preload builds it over IPC, the dashboard over HTTP and server-sent events. */
export interface BridgeApi {
  host(): Promise<Result<Host>>;
  overview(): Promise<Result<Overview>>;
  legs(): Promise<Result<readonly LegRow[]>>;
  history(range: HistoryRange): Promise<Result<HistorySeries>>;
  log(query: LogQuery): Promise<Result<readonly LogEntry[]>>;
  settings(): Promise<Result<SettingsView>>;
  saveSettings(change: SettingsChange, password?: PasswordChange): Promise<Result<SaveResult>>;
  /** Tries the values of the form before they are saved. */
  testConnection(what: 'gateway' | 'database', change: SettingsChange, password?: PasswordChange): Promise<Result<readonly Finding[]>>;
  command(command: Command): Promise<Result<null>>;
  /** Calls `listener` with each update until the returned function is called. */
  subscribe(listener: (update: Update) => void): () => void;
}

/** Methods that ask and are answered; their channel is `bridge:<method>`. */
export const requestMethods = [
  'host',
  'overview',
  'legs',
  'history',
  'log',
  'settings',
  'saveSettings',
  'testConnection',
  'command',
] as const satisfies readonly (keyof BridgeApi)[];
export type RequestMethod = (typeof requestMethods)[number];

export const channelOf = (method: RequestMethod): `bridge:${RequestMethod}` => `bridge:${method}`;
/** Main to renderer. */
export const updateChannel = 'bridge:update';
