import type { SettingName, SettingsChange, SettingsView, SettingValues } from '../../preload/contract.ts';

export type ResetWindows = SettingValues['resetWindows'];

/** The form as a person edits it: what is typed stays text until it is saved. */
export interface Draft {
  readonly apiMode: SettingValues['apiMode'];
  readonly socketHost: string;
  readonly socketPort: string;
  readonly clientId: string;
  readonly account: string;
  readonly gatewayUrl: string;
  readonly gatewayFingerprint: string;
  readonly gatewayCompete: boolean;
  readonly pollIntervalSeconds: string;
  readonly dbHost: string;
  readonly dbPort: string;
  readonly dbName: string;
  readonly dbUser: string;
  readonly resetWindows: ResetWindows;
  readonly underlyingSymbol: string;
  readonly openAtLogin: boolean;
  readonly menuBarTitle: boolean;
  readonly keepAwake: boolean;
}

export type Errors = Readonly<Partial<Record<SettingName | 'password', string>>>;

/** What only one of the modes uses; the form hides the other's. */
export const modeFields: Readonly<Record<Draft['apiMode'], readonly SettingName[]>> = {
  SOCKET: ['socketHost', 'socketPort', 'clientId'],
  PORTAL: ['gatewayUrl', 'gatewayFingerprint', 'gatewayCompete'],
};

export const otherMode = (mode: Draft['apiMode']): Draft['apiMode'] => (mode === 'SOCKET' ? 'PORTAL' : 'SOCKET');

/** What a test of the connection tries; the account, too, must be the gateway's. */
export function testedFields(what: 'gateway' | 'database', mode: Draft['apiMode']): readonly SettingName[] {
  return what === 'gateway' ? ['apiMode', 'account', ...modeFields[mode]] : ['dbHost', 'dbPort', 'dbName', 'dbUser'];
}

/** The saved settings as a form. */
export function draftOf({ fields }: SettingsView): Draft {
  const text = (name: SettingName): string => String(fields[name].value ?? '');
  const flag = (name: SettingName): boolean => fields[name].value === true;
  const windows = fields.resetWindows.value;
  return {
    apiMode: fields.apiMode.value === 'PORTAL' ? 'PORTAL' : 'SOCKET',
    socketHost: text('socketHost'),
    socketPort: text('socketPort'),
    clientId: text('clientId'),
    account: text('account'),
    gatewayUrl: text('gatewayUrl'),
    gatewayFingerprint: text('gatewayFingerprint'),
    gatewayCompete: flag('gatewayCompete'),
    pollIntervalSeconds: text('pollIntervalSeconds'),
    dbHost: text('dbHost'),
    dbPort: text('dbPort'),
    dbName: text('dbName'),
    dbUser: text('dbUser'),
    resetWindows: Array.isArray(windows) ? (windows as ResetWindows) : [],
    underlyingSymbol: text('underlyingSymbol'),
    openAtLogin: flag('openAtLogin'),
    menuBarTitle: flag('menuBarTitle'),
    keepAwake: flag('keepAwake'),
  };
}

/**
 * What of the form, or of these fields of it, differs from the saved settings, as the bridge takes it.
 *
 * Only text that is no number where one is needed is judged here, because it cannot be sent; every other rule is the
 * bridge's own, and its errors come back with the answer.
 */
export function changeOf(draft: Draft, view: SettingsView, names = Object.keys(draft) as readonly SettingName[]): { readonly change: SettingsChange; readonly errors: Errors } {
  const saved = draftOf(view);
  const change: Record<string, unknown> = {};
  const errors: Partial<Record<SettingName, string>> = {};
  for (const name of names) {
    if (view.fields[name].lockedBy !== null || JSON.stringify(draft[name]) === JSON.stringify(saved[name])) continue;
    const value = draft[name];
    if (numeric.has(name)) {
      const number = numberOf(String(value));
      if (number === null) errors[name] = noNumber;
      else change[name] = number;
    } else if (nullable.has(name)) change[name] = String(value).trim() === '' ? null : String(value).trim();
    else change[name] = typeof value === 'string' ? value.trim() : value;
  }
  return { change, errors };
}

export const noNumber = 'A number is needed here.';

/** Digits, perhaps with decimals; null for any other text. */
export function numberOf(text: string): number | null {
  return /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : null;
}

const numeric: ReadonlySet<SettingName> = new Set<SettingName>(['socketPort', 'clientId', 'pollIntervalSeconds', 'dbPort']);
const nullable: ReadonlySet<SettingName> = new Set<SettingName>(['gatewayFingerprint', 'dbHost', 'dbUser', 'underlyingSymbol']);

/** Where the gateway listens, by the program that it is. */
export const portPresets: readonly { readonly port: string; readonly name: string }[] = [
  { port: '7496', name: 'TWS' },
  { port: '7497', name: 'TWS paper' },
  { port: '4001', name: 'IB Gateway' },
  { port: '4002', name: 'IB Gateway paper' },
  { port: '4003', name: 'container' },
  { port: '4004', name: 'container paper' },
];
