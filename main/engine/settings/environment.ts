import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { SettingsProblem } from './settings-error.ts';

/** Where a value comes from; `variable` and `file` are what the Settings panel shows beside a read-only field. */
export type Origin =
  | { readonly kind: 'environment'; readonly variable: string }
  | { readonly kind: 'dot-env'; readonly variable: string; readonly file: string }
  | { readonly kind: 'settings-file'; readonly file: string }
  | { readonly kind: 'default' };

/** One set of variables: the process environment (`file` null) or a .env file. */
export interface VariableLayer {
  readonly file: string | null;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** Reads the text of a file; undefined when there is none, throws when it is there and cannot be read. */
export type ReadFile = (path: string) => string | undefined;

/**
 * The layers of variables, strongest first: the environment, `.env` of the working directory, `.env` of the user's data folder.
 *
 * A .env file that is there and cannot be read is a problem: going on without it would start with other settings than meant.
 */
export function gatherVariables(
  env: Readonly<Record<string, string | undefined>>,
  folders: readonly string[],
  readFile: ReadFile,
): { readonly layers: readonly VariableLayer[]; readonly problems: readonly SettingsProblem[] } {
  const layers: VariableLayer[] = [{ file: null, variables: env }];
  const problems: SettingsProblem[] = [];
  for (const file of new Set(folders.map((folder) => join(folder, '.env')))) {
    try {
      const text = readFile(file);
      if (text !== undefined) layers.push({ file, variables: parseEnv(text.replace(/^\uFEFF/, '')) });
    } catch (error) {
      problems.push({ variable: file, value: null, allowed: `a file that can be read (${errorCode(error)})`, file: null });
    }
  }
  return { layers, problems };
}

/**
 * The strongest layer that sets a variable. White space around a value is never meant and is cut off (`raw` keeps it, for
 * passwords); an empty value is as good as none, because that is how containers and .env templates leave a variable out.
 */
export function findVariable(
  layers: readonly VariableLayer[],
  variable: string,
  raw = false,
): { readonly text: string; readonly file: string | null } | undefined {
  for (const { file, variables } of layers) {
    const text = raw ? variables[variable] : variables[variable]?.trim();
    if (text !== undefined && text !== '') return { text, file };
  }
  return undefined;
}

export function originOf(variable: string, file: string | null): Origin {
  return file === null ? { kind: 'environment', variable } : { kind: 'dot-env', variable, file };
}

export function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
