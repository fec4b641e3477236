import { existsSync, openSync, readFileSync, writeSync } from 'node:fs';

/**
 * What a process that is going to be killed has been promised: one line before each append, one after it. Opened with
 * O_APPEND and written without a buffer of our own, so that every line survives kill -9.
 */
export class OracleWriter {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'a');
  }

  /** Row `n` is about to be handed over. */
  intend(n: number): void {
    writeSync(this.#file, `I ${n}\n`);
  }

  /** Row `n` was accepted: from now on it may not be lost. */
  accepted(n: number): void {
    writeSync(this.#file, `A ${n}\n`);
  }
}

export interface Oracle {
  readonly intended: ReadonlySet<number>;
  readonly accepted: ReadonlySet<number>;
  /** The number after the newest one that was ever intended. */
  readonly next: number;
}

/** Reads what all the killed processes wrote; a torn last line counts as not written. */
export function readOracle(path: string): Oracle {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
  const numbers = (mark: string): Set<number> => new Set(lines.filter((line) => line.startsWith(mark)).map((line) => Number(line.slice(2))));
  const intended = numbers('I ');
  let newest = 0;
  for (const n of intended) newest = Math.max(newest, n);
  return { intended, accepted: numbers('A '), next: newest + 1 };
}
