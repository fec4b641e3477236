import type { z } from 'zod';
import type { SettingName, SettingsChange } from '../../preload/contract.ts';
import { loadSettings, type LoadedSettings, type SettingsSources } from '../engine/settings/load-settings.ts';
import type { Origin } from '../engine/settings/environment.ts';
import { SETTING_NAMES, SETTING_RULES } from '../engine/settings/schema.ts';
import { SettingsError, type SettingsProblem } from '../engine/settings/settings-error.ts';
import { formatSettingsFile, settingsFilePath, type StoredSettings } from '../engine/settings/settings-file.ts';

/** What is wrong, by the field at which it stands; sentences for people. */
export type FieldErrors = Readonly<Partial<Record<SettingName | 'password', string>>>;

/** What a change would make of the settings; nothing is written or applied yet. */
export type TriedChange =
  | { readonly ok: true; readonly loaded: LoadedSettings; readonly stored: StoredSettings }
  | { readonly ok: false; readonly errors: FieldErrors };

/** What the settings are now, and by what they may be changed. */
export interface ChangeBase {
  /** The folder of settings.json among them is not null. */
  readonly sources: SettingsSources;
  readonly loaded: LoadedSettings;
  /** What settings.json holds. */
  readonly stored: StoredSettings;
  /** Why this host cannot change a setting; null: it can. */
  readonly unsupported: (name: SettingName) => string | null;
}

/**
 * Judges a change by the very rules by which settings are read: each value by its own, then all together as a start would.
 *
 * @throws SettingsError for what no field can correct: a .env file or a password file that cannot be read any more.
 */
export function tryChange(base: ChangeBase, change: SettingsChange): TriedChange {
  const errors: Partial<Record<SettingName | 'password', string>> = {};
  const accepted: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(change)) {
    const name = key as SettingName;
    const judged = judge(base, name, value);
    if (judged.kind === 'wrong') errors[name] = judged.message;
    if (judged.kind === 'accepted') accepted[name] = judged.value;
  }
  if (Object.keys(errors).length > 0) return { ok: false, errors };
  const stored: StoredSettings = { ...base.stored, ...accepted };
  return loadTried(base.sources, stored);
}

type Judged = { readonly kind: 'wrong'; readonly message: string } | { readonly kind: 'accepted'; readonly value: unknown } | { readonly kind: 'as-it-is' };

function judge({ loaded, unsupported }: ChangeBase, name: SettingName, value: unknown): Judged {
  const rule = SETTING_RULES[name];
  const parsed = rule.schema.safeParse(tidy(name, value));
  const origin = lockedBy(loaded.origins[name]);
  const locked = origin === null ? unsupported(name) : `set by ${origin}`;
  if (locked !== null) {
    // A form may send every field back; what it does not change is no attempt to change it.
    const same = parsed.success && JSON.stringify(parsed.data) === JSON.stringify(loaded.values[name]);
    return same ? { kind: 'as-it-is' } : { kind: 'wrong', message: `Cannot be changed here: ${locked}.` };
  }
  return parsed.success ? { kind: 'accepted', value: parsed.data } : { kind: 'wrong', message: describeFault(rule.allowed, parsed.error) };
}

/** White space around a text is never meant, and an empty text where there may be nothing means nothing, as in the environment. */
function tidy(name: SettingName, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const text = value.trim();
  return text === '' && SETTING_RULES[name].default === null ? null : text;
}

/** What is exactly wrong in a list, else what is allowed: "Must be a whole number from 1 to 65535." */
function describeFault(allowed: string, error: z.ZodError): string {
  const exact = error.issues.find((issue) => issue.code === 'custom' && issue.path.length > 0)?.message;
  return sentence(exact ?? `must be ${allowed}`);
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Loads as a start would, with `stored` in place of what settings.json says. */
function loadTried(sources: SettingsSources, stored: StoredSettings): TriedChange {
  const { userDataFolder, readFile, keepBrokenFile: _, ...others } = sources;
  const path = userDataFolder === null ? null : settingsFilePath(userDataFolder);
  const text = formatSettingsFile(stored);
  try {
    const loaded = loadSettings({ ...others, userDataFolder, readFile: (file) => (file === path ? text : readFile(file)) });
    return { ok: true, loaded, stored };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const errors = byField(error.problems);
    if (errors === null) throw error;
    return { ok: false, errors };
  }
}

/** The problems at their fields; null when one of them belongs to no field. */
function byField(problems: readonly SettingsProblem[]): FieldErrors | null {
  const errors: Partial<Record<SettingName | 'password', string>> = {};
  for (const { variable, allowed } of problems) {
    const name = SETTING_NAMES.find((each) => each === variable || SETTING_RULES[each].variable === variable);
    if (name === undefined || !isField(name)) return null;
    errors[name] = sentence(`must be ${allowed}`);
  }
  return errors;
}

/** The settings that the Settings panel cannot change. */
const hidden = ['bufferPath'] as const;

/** The settings of the contract, in the order of the rules. */
export const FIELD_NAMES: readonly SettingName[] = SETTING_NAMES.filter(isField);

function isField(name: (typeof SETTING_NAMES)[number]): name is SettingName {
  return !(hidden as readonly string[]).includes(name);
}

/** Why a value of this origin is read-only: "IB_CLIENT_ID in the environment"; null: it is not. */
export function lockedBy(origin: Origin): string | null {
  if (origin.kind === 'environment') return `${origin.variable} in the environment`;
  if (origin.kind === 'dot-env') return `${origin.variable} in ${origin.file}`;
  return null;
}
