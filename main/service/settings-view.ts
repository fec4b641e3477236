import type { SettingField, SettingName, SettingsView } from '../../preload/contract.ts';
import type { LoadedSettings } from '../engine/settings/load-settings.ts';
import { resetWindowPresets } from '../engine/supervision/reset-window.ts';
import type { HostPort } from './host-port.ts';
import { FIELD_NAMES, lockedBy } from './settings-change.ts';

export interface ViewParts {
  readonly loaded: LoadedSettings;
  readonly host: HostPort;
  readonly warnings: readonly string[];
  /** Where the outbox of the running bridge is. */
  readonly bufferPath: string;
}

/** The settings as the window shows them, with the system's own answers read anew; never rejects. */
export async function viewSettings({ loaded, host, warnings, bufferPath }: ViewParts): Promise<SettingsView> {
  const loginItem = host.loginItem?.status() ?? 'unsupported';
  const password = await viewPassword(loaded, host);
  const moved = loaded.settings.bufferPath === bufferPath ? [] : [`the buffer file stays where it is until the next start; then it is ${loaded.settings.bufferPath}`];
  const field = (name: SettingName): SettingField => ({
    value: name === 'openAtLogin' ? opensAtLogin(loginItem, loaded.values.openAtLogin) : loaded.values[name],
    origin: loaded.origins[name].kind,
    lockedBy: lockedBy(loaded.origins[name]) ?? whyUnsupported(host, name),
  });
  return {
    fields: Object.fromEntries(FIELD_NAMES.map((name) => [name, field(name)])) as SettingsView['fields'],
    password: password.view,
    bufferPath,
    resetWindowPresets,
    loginItem,
    warnings: [...warnings, ...moved, ...password.warnings],
  };
}

/** The system's word counts: a person may have switched it off in the system's own settings. */
function opensAtLogin(status: SettingsView['loginItem'], wanted: boolean): boolean {
  if (status === 'unsupported') return wanted;
  return status === 'enabled' || status === 'requires-approval';
}

async function viewPassword({ origins }: LoadedSettings, { passwords }: HostPort): Promise<{ readonly view: SettingsView['password']; readonly warnings: readonly string[] }> {
  const locked = lockedBy(origins.dbPassword);
  try {
    const available = await passwords.available();
    const stored = locked !== null || (available && (await passwords.stored()));
    return { view: { stored, lockedBy: locked, available }, warnings: [] };
  } catch (error) {
    const warning = `the system's store for passwords does not answer: ${error instanceof Error ? error.message : String(error)}`;
    return { view: { stored: locked !== null, lockedBy: locked, available: false }, warnings: [warning] };
  }
}

/** Why this host cannot change a setting; null: it can. */
export function whyUnsupported(host: HostPort, name: SettingName): string | null {
  const desktopOnly = name === 'menuBarTitle' || name === 'keepAwake';
  const missing = name === 'openAtLogin' ? host.loginItem === null : desktopOnly && host.kind !== 'desktop';
  return missing ? 'only the desktop application can do this' : null;
}
