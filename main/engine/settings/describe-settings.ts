import { assertNever } from '../assert-never.ts';
import { windowName } from '../supervision/reset-window.ts';
import type { Origin } from './environment.ts';
import type { SettingOrigins } from './load-settings.ts';
import { SETTING_NAMES, SETTING_RULES, type SettingName } from './schema.ts';
import type { Settings } from './settings.ts';

/** The settings in force for the log, by variable or name: "7496 (default)", "*** (from DB_PASS)"; no password, ever. */
export function describeSettings(settings: Settings, origins: SettingOrigins): Readonly<Record<string, string>> {
  const { socket, database } = settings;
  const values: { readonly [Name in Exclude<SettingName, DesktopName>]: string } = {
    apiMode: settings.apiMode,
    socketHost: socket.host,
    socketPort: String(socket.port),
    clientId: String(socket.clientId),
    account: settings.account || 'the only one',
    gatewayUrl: settings.portal.url,
    gatewayFingerprint: settings.portal.certificateFingerprint ?? 'none pinned',
    gatewayCompete: settings.portal.compete ? 'ends other sessions of the user' : 'leaves other sessions of the user alone',
    pollIntervalSeconds: `${settings.pollIntervalMs / 1000} s`,
    bufferPath: settings.bufferPath,
    dbHost: database?.host ?? 'none: local history only',
    dbPort: database === null ? '-' : String(database.port),
    dbName: database?.database ?? '-',
    dbUser: database?.user ?? '-',
    resetWindows: settings.resetWindows.map(windowName).join(', ') || 'none',
    underlyingSymbol: settings.underlyingSymbol ?? 'SPX, else ES, else the only one',
  };
  const lines = SETTING_NAMES.filter((name) => !isDesktopName(name)).map((name) => [SETTING_RULES[name].variable ?? name, `${values[name]} (${describeOrigin(origins[name])})`]);
  const password = database?.password === undefined ? 'none' : '***';
  // Not "DB_PASS": the logger blanks out whatever stands under that name, and "none" is worth knowing.
  return Object.fromEntries([...lines, ['DB_PASS or DB_PASS_FILE', `${password} (${describeOrigin(origins.dbPassword)})`]]);
}

/** What changes nothing about the bridge itself stands in no log. */
const desktopNames = ['openAtLogin', 'menuBarTitle', 'keepAwake'] as const satisfies readonly SettingName[];
type DesktopName = (typeof desktopNames)[number];

function isDesktopName(name: SettingName): name is DesktopName {
  return (desktopNames as readonly SettingName[]).includes(name);
}

/** Where a value comes from, for people: "from IB_CLIENT_ID in /home/trader/.env". */
export function describeOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'environment':
      return `from ${origin.variable}`;
    case 'dot-env':
      return `from ${origin.variable} in ${origin.file}`;
    case 'settings-file':
      return `from ${origin.file}`;
    case 'default':
      return 'default';
    default:
      return assertNever(origin);
  }
}
