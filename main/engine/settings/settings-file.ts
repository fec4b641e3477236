import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Ms } from '../clock.ts';
import { SETTING_NAMES, SETTING_RULES, type SettingName, type SettingValues } from './schema.ts';
import { maskValue, SettingsError, type SettingsProblem } from './settings-error.ts';

/** What the Settings panel stores: any of the settings, never the password (that lives in the Keychain or the environment). */
export type StoredSettings = { readonly [Name in SettingName]?: SettingValues[Name] | undefined };

/** Turns a document of one version into one of the next. */
export type Migration = (document: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;

const VERSION = 1;

/** By the version that they start from; version 1 is the first. */
const MIGRATIONS: Readonly<Record<number, Migration>> = {};

/** The settings file inside the user's data folder. */
export function settingsFilePath(userDataFolder: string): string {
  return join(userDataFolder, 'settings.json');
}

/**
 * Parses the text of a settings file, of this version or an older one.
 *
 * @param file its path, for problems.
 * @throws SettingsError naming every wrong field, also when the file is no JSON or of a newer version.
 */
export function parseSettingsFile(text: string, file: string, version = VERSION, migrations = MIGRATIONS): StoredSettings {
  const document = migrate(parseJson(text, file), file, version, migrations);
  const { version: _, ...values } = document;
  const problems: SettingsProblem[] = [];
  const stored: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    const rule = isSettingName(name) ? SETTING_RULES[name] : undefined;
    // The value of an unknown key is not shown: it could be a password that somebody wrote there.
    if (rule === undefined) problems.push({ variable: name, value: null, allowed: `one of ${SETTING_NAMES.join(', ')}`, file });
    else {
      const parsed = rule.schema.safeParse(value);
      if (parsed.success) stored[name] = parsed.data;
      else problems.push({ variable: name, value: maskValue(JSON.stringify(value)), allowed: allowedOf(rule.allowed, parsed.error), file });
    }
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return stored;
}

/** The text of a settings file of this version. */
export function formatSettingsFile(settings: StoredSettings): string {
  return `${JSON.stringify({ version: VERSION, ...settings }, null, 2)}\n`;
}

/**
 * Replaces the settings file in one step: after a crash it holds either the old or the new settings, never half of them.
 * Readable by its owner only. Refuses values that the rules refuse, so that what was saved can be read again.
 */
export function saveSettingsFile(path: string, settings: StoredSettings): void {
  const text = formatSettingsFile(settings);
  parseSettingsFile(text, path);
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.new`;
  try {
    writeFileSync(temporary, text, { mode: 0o600, flush: true });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(folder);
}

/** Moves a broken settings file out of the way, for a person to look at; returns where it is now. */
export function keepBrokenFileAside(path: string, now: Ms): string {
  const stamp = new Date(now).toISOString().replaceAll(':', '-');
  const aside = join(dirname(path), `settings.broken-${stamp}.json`);
  renameSync(path, aside);
  return aside;
}

/** The text of a file; undefined when there is none. Throws for every other reason (rights, a folder of that name). */
export function readTextFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseJson(text: string, file: string): Readonly<Record<string, unknown>> {
  const problem = { variable: file, value: null, allowed: 'a JSON object with a version, as the Settings panel writes it', file: null };
  let document: unknown;
  try {
    document = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    // The parser's message quotes the text around the fault, and a password may stand there against our advice.
    throw new SettingsError([{ ...problem, allowed: `${problem.allowed} (${/position \d+|end of JSON input/.exec(String(error))?.[0] ?? 'not JSON'})` }]);
  }
  const parsed = z.looseObject({ version: z.int().min(1) }).safeParse(document);
  if (!parsed.success) throw new SettingsError([problem]);
  return parsed.data;
}

function migrate(
  document: Readonly<Record<string, unknown>>,
  file: string,
  version: number,
  migrations: Readonly<Record<number, Migration>>,
): Readonly<Record<string, unknown>> {
  const found = Number(document['version']);
  if (found > version) {
    throw new SettingsError([{ variable: 'version', value: String(found), allowed: `at most ${version}: a newer bridge wrote this file`, file }]);
  }
  let migrated = document;
  for (let step = found; step < version; step++) {
    const migration = migrations[step];
    if (migration === undefined) throw new Error(`no migration of settings from version ${step}`);
    migrated = { ...migration(migrated), version: step + 1 };
  }
  return migrated;
}

/** What is allowed, and for a list what exactly is wrong in it. */
function allowedOf(allowed: string, error: z.ZodError): string {
  const custom = error.issues.find((issue) => issue.code === 'custom' && issue.path.length > 0);
  return custom === undefined ? allowed : `${allowed}; ${custom.message}`;
}

function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTING_RULES, name);
}

/** Makes the rename itself survive a power cut; file systems that cannot sync a folder (Windows) do without. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
