import { homedir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { errorCode, findVariable, gatherVariables, originOf, type Origin, type ReadFile, type VariableLayer } from './environment.ts';
import { SETTING_NAMES, SETTING_RULES, type SettingName, type SettingValues } from './schema.ts';
import { maskValue, SettingsError, type SettingsProblem } from './settings-error.ts';
import { parseSettingsFile, readTextFile, settingsFilePath, type StoredSettings } from './settings-file.ts';
import type { Settings } from './settings.ts';

/** What settings are made from; `systemSources` gathers it from the process. */
export interface SettingsSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  /** Folder of the second .env and of settings.json; null: neither is looked for. */
  readonly userDataFolder: string | null;
  readonly homeDirectory: string;
  /** Name of the user on this machine: the database user where none is set, as psql does. */
  readonly userName: string;
  readonly readFile: ReadFile;
  /** Moves a broken settings file away and returns where to; absent (the daemon): a broken file is an error. */
  readonly keepBrokenFile?: (path: string) => string;
}

export type SettingOrigins = Readonly<Record<SettingName | 'dbPassword', Origin>>;

export interface LoadedSettings {
  readonly settings: Settings;
  /** The same by the names of settings.json, with the desktop application's own. */
  readonly values: SettingValues;
  readonly origins: SettingOrigins;
  /** What a person should know though the start goes on: a broken settings file that was kept aside. */
  readonly warnings: readonly string[];
}

/** The sources of this process; the shell adds `keepBrokenFile`, the daemon does not. */
export function systemSources(userDataFolder: string | null): SettingsSources {
  return {
    env: process.env,
    workingDirectory: process.cwd(),
    userDataFolder,
    homeDirectory: homedir(),
    userName: systemUserName(),
    readFile: readTextFile,
  };
}

/**
 * Settings from environment, .env files, settings file and defaults, in that order of strength (design.md section 8).
 *
 * @throws SettingsError naming every wrong variable at once; then nothing of the settings may be used.
 */
export function loadSettings(sources: SettingsSources): LoadedSettings {
  const { env, workingDirectory, userDataFolder, readFile } = sources;
  const folders = userDataFolder === null ? [workingDirectory] : [workingDirectory, userDataFolder];
  const { layers, problems: unreadable } = gatherVariables(env, folders, readFile);
  const file = readSettingsFile(sources);
  const problems = [...unreadable, ...file.problems];
  const origins: Record<string, Origin> = {};

  function pick<Name extends SettingName>(name: Name): SettingValues[Name] {
    const rule = SETTING_RULES[name];
    const found = rule.variable === null ? undefined : findVariable(layers, rule.variable);
    const stored = file.stored[name];
    origins[name] = { kind: 'default' };
    if (found !== undefined && rule.variable !== null) {
      origins[name] = originOf(rule.variable, found.file);
      const parsed = rule.schema.safeParse(rule.fromText(found.text));
      if (parsed.success) return parsed.data;
      problems.push({ variable: rule.variable, value: maskValue(found.text), allowed: rule.allowed, file: found.file });
    } else if (stored !== undefined && file.path !== null) {
      origins[name] = { kind: 'settings-file', file: file.path };
      return stored as SettingValues[Name];
    }
    return rule.default;
  }

  const values = Object.fromEntries(SETTING_NAMES.map((name) => [name, pick(name)])) as unknown as SettingValues;
  const password = readPassword(layers, sources);
  origins['dbPassword'] = password.origin;
  if (password.problem !== null) problems.push(password.problem);
  if (values.dbHost !== null && values.dbUser === null && sources.userName === '') {
    problems.push({ variable: 'DB_USER', value: null, allowed: `${SETTING_RULES.dbUser.allowed}; it must be set, because this process runs as a user without a name`, file: null });
  }
  if (problems.length > 0) throw new SettingsError(problems);
  const settings = assemble(values, password.password, sources, origins['bufferPath']);
  return { settings, values, origins: origins as SettingOrigins, warnings: file.warnings };
}

/** Values under the names that the engine uses, with paths resolved and seconds as milliseconds. */
function assemble(values: SettingValues, password: string | undefined, sources: SettingsSources, bufferOrigin: Origin | undefined): Settings {
  // A relative path in settings.json cannot mean the working directory: the app's is "/".
  const base = bufferOrigin?.kind === 'settings-file' ? (sources.userDataFolder ?? sources.workingDirectory) : sources.workingDirectory;
  const user = values.dbUser ?? sources.userName;
  return {
    apiMode: values.apiMode,
    socket: { host: values.socketHost, port: values.socketPort, clientId: values.clientId },
    portal: { url: values.gatewayUrl, certificateFingerprint: values.gatewayFingerprint, compete: values.gatewayCompete },
    account: values.account,
    pollIntervalMs: Math.round(values.pollIntervalSeconds * 1000),
    bufferPath: resolvePath(values.bufferPath, base, sources.homeDirectory),
    database: values.dbHost === null ? null : { host: values.dbHost, port: values.dbPort, database: values.dbName, user, password },
    resetWindows: values.resetWindows,
    underlyingSymbol: values.underlyingSymbol,
  };
}

function resolvePath(path: string, base: string, homeDirectory: string): string {
  return /^~[/\\]/.test(path) ? join(homeDirectory, path.slice(2)) : resolve(base, path);
}

interface FileResult {
  readonly path: string | null;
  readonly stored: StoredSettings;
  readonly problems: readonly SettingsProblem[];
  readonly warnings: readonly string[];
}

function readSettingsFile({ userDataFolder, readFile, keepBrokenFile }: SettingsSources): FileResult {
  const nothing: FileResult = { path: null, stored: {}, problems: [], warnings: [] };
  if (userDataFolder === null) return nothing;
  const path = settingsFilePath(userDataFolder);
  try {
    const text = readFile(path);
    return text === undefined ? nothing : { ...nothing, path, stored: parseSettingsFile(text, path) };
  } catch (error) {
    if (!(error instanceof SettingsError)) {
      return { ...nothing, problems: [{ variable: path, value: null, allowed: `a file that can be read (${errorCode(error)})`, file: null }] };
    }
    // A newer bridge's file is not broken: moving it away would lose that bridge's settings.
    const isNewer = error.problems.some((problem) => problem.variable === 'version');
    if (keepBrokenFile === undefined || isNewer) return { ...nothing, problems: error.problems };
    return { ...nothing, warnings: [`the settings file was broken and is kept as ${keepBrokenFile(path)}; defaults are used (${error.message})`] };
  }
}

interface PasswordResult {
  readonly password: string | undefined;
  readonly origin: Origin;
  readonly problem: SettingsProblem | null;
}

/** DB_PASS or the text of the file that DB_PASS_FILE names, without the line end that editors add; both at once is refused, in whichever layers they are. */
function readPassword(layers: readonly VariableLayer[], sources: SettingsSources): PasswordResult {
  const plain = findVariable(layers, 'DB_PASS', true);
  const file = findVariable(layers, 'DB_PASS_FILE');
  if (file === undefined) {
    return { password: plain?.text, origin: plain === undefined ? { kind: 'default' } : originOf('DB_PASS', plain.file), problem: null };
  }
  const origin = originOf('DB_PASS_FILE', file.file);
  const problem = (allowed: string): PasswordResult => ({
    password: undefined,
    origin,
    problem: { variable: 'DB_PASS_FILE', value: maskValue(file.text), allowed, file: file.file },
  });
  if (plain !== undefined) return problem('either DB_PASS or DB_PASS_FILE, not both');
  try {
    const text = sources.readFile(resolvePath(file.text, sources.workingDirectory, sources.homeDirectory));
    const password = text?.replace(/\r?\n$/, '');
    if (password === undefined) return problem('the path of a file with the password (there is no such file)');
    if (password === '') return problem('the path of a file with the password (this one is empty)');
    return { password, origin, problem: null };
  } catch (error) {
    return problem(`the path of a file with the password (it cannot be read: ${errorCode(error)})`);
  }
}

/** Empty where the system knows no name for the user id, as in a container with an arbitrary one. */
function systemUserName(): string {
  try {
    return userInfo().username;
  } catch {
    return ''; // libuv throws ENOENT for a user id without an entry in /etc/passwd
  }
}
