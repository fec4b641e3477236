/** One wrong setting, ready to be shown: secrets are masked before they get here. */
export interface SettingsProblem {
  /** Environment variable, "name in settings.json", or the file that cannot be read. */
  readonly variable: string;
  /** What it says, masked; null where there is no value to show. */
  readonly value: string | null;
  /** What it may be, after "allowed:". */
  readonly allowed: string;
  /** File in which it says so; null: the environment itself. */
  readonly file: string | null;
}

/** Settings that the bridge must not start with; names every wrong one, not only the first. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly problems: readonly SettingsProblem[];

  constructor(problems: readonly SettingsProblem[]) {
    super(problems.map(describeProblem).join('; '));
    this.problems = problems;
  }
}

/** The error for a terminal: a heading and two lines for each wrong setting. */
export function describeSettingsError(error: SettingsError): string {
  const count = error.problems.length;
  const heading = count === 1 ? 'One setting is wrong; nothing was started:' : `${count} settings are wrong; nothing was started:`;
  const lines = error.problems.map((problem) => {
    const where = problem.file === null ? '' : `  (in ${problem.file})`;
    return `  ${nameAndValue(problem)}${where}\n    allowed: ${problem.allowed}`;
  });
  return [heading, ...lines].join('\n');
}

function describeProblem(problem: SettingsProblem): string {
  const where = problem.file === null ? '' : ` in ${problem.file}`;
  return `${nameAndValue(problem)}${where} (allowed: ${problem.allowed})`;
}

function nameAndValue({ variable, value }: SettingsProblem): string {
  return value === null ? variable : `${variable}=${value}`;
}

/**
 * A value as an error may show it: one line, at most 100 characters, without the user and password of a URL or of
 * "user:password@host" (people paste connection strings into DB_HOST), and without passwords among URL parameters.
 */
export function maskValue(text: string): string {
  const masked = text
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1***@')
    .replace(/\b(password|passwd|pass|pwd|secret|token|key)=[^&\s]*/gi, '$1=***');
  const printable = /[\u0000-\u001f\u007f]/.test(masked) || masked !== masked.trim() ? JSON.stringify(masked) : masked;
  return printable.length > 100 ? `${printable.slice(0, 99)}…` : printable;
}
