import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openSurvivors } from './outbox-survivors.ts';

const writer = fileURLToPath(new URL('./power-writer.ts', import.meta.url));

/** What is done to the writes of a process that appends rows. */
export interface Injury {
  readonly name: string;
  /** strace's options that bring an error about. */
  readonly inject?: readonly string[];
  /** The command that sets a limit and then becomes the process. */
  readonly under?: readonly string[];
  /** A shell command that ends the trouble before the last rows. */
  readonly mend?: string;
  /** The trouble lasts until the process ends: rows that were told to be only in memory may be gone. */
  readonly lasts?: boolean;
  /** Called when the process has ended, before its file is opened again. */
  readonly afterwards?: () => void;
}

export interface Injured {
  readonly problem: string | null;
  /** Calls on the outbox's files that failed. */
  readonly failures: number;
  /** Writes of which only the first bytes were written. */
  readonly shortWrites: number;
  /** Rows of which the bridge said that they are only in memory. */
  readonly told: number;
}

/** The command of a process that appends `count` rows from number `first` on. */
export function writerCommand(outbox: string, count: number, first = 1, mend = ''): readonly string[] {
  return [process.execPath, writer, outbox, 'none', String(count), 'full', String(first), mend];
}

/** Appends rows under the injury and opens the file again with the product: what was accepted as durable must be in it. */
export function appendInjured(outbox: string, injury: Injury, count: number, first = 1): Injured {
  const { name, inject = [], under = [], mend = '', lasts = false } = injury;
  const tracePath = `${outbox}.calls`;
  const options = ['-f', '-s', '0', ...['', '-wal', '-journal'].flatMap((suffix) => ['-P', outbox + suffix]), '-e', 'trace=pwrite64,fsync,fdatasync', ...inject, '-o', tracePath];
  const run = spawnSync('strace', [...options, ...under, ...writerCommand(outbox, count, first, mend)], { encoding: 'utf8', timeout: 60_000 });
  const trace = readFileSync(tracePath, 'utf8').split('\n');
  rmSync(tracePath);
  injury.afterwards?.();
  const said = (mark: string): number[] => run.stdout.split('\n').flatMap((line) => (line.startsWith(mark) ? Number(line.slice(2)) : []));
  const promised = [...said('A '), ...(lasts ? [] : said('M '))];
  const problem = refusedAtStart(run.stdout, run.stderr) ? null : (endedBadly(run.status ?? run.signal, run.stderr) ?? missingFrom(outbox, promised));
  return {
    problem: problem === null ? null : `${name}: ${problem}`,
    failures: trace.filter((line) => / = -1 E/.test(line)).length,
    shortWrites: trace.filter(isShort).length,
    told: said('M ').length,
  };
}

function refusedAtStart(stdout: string, stderr: string): boolean {
  return stdout === '' && /OutboxOpenError/.test(stderr);
}

function endedBadly(status: number | string | null, stderr: string): string | null {
  return status === 0 ? null : `the process ended with ${status}: ${stderr.slice(0, 300)}`;
}

function missingFrom(outbox: string, promised: readonly number[]): string | null {
  const survivors = openSurvivors(outbox);
  if (typeof survivors === 'string') return survivors;
  const missing = promised.filter((n) => !survivors.present.has(n));
  return missing.length === 0 ? null : `rows ${missing.join(' ')} were accepted and are not in the file`;
}

function isShort(line: string): boolean {
  const [, asked, written] = /pwrite64\(.*, (\d+), \d+\)\s+= (\d+)$/.exec(line) ?? [];
  return asked !== undefined && Number(written) > 0 && Number(written) < Number(asked);
}
