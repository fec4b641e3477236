import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tmpfs, TmpfsError } from '../support/tmpfs.ts';
import { between, NotRunError, type Experiment, type Setup } from './experiment.ts';
import { fillOutbox } from './filled-outbox.ts';
import { appendInjured, writerCommand, type Injured, type Injury } from './injured-outbox.ts';
import { requireStrace, traceWrites, type Operation } from './write-trace.ts';

const rows = 40;
/** More than the write-ahead log holds before the next checkpoint, so that a limit can be met by the checkpoint alone. */
const rowsBefore = 8_000;
/** More than the 200 after which the log is folded into the file. */
const rowsPastCheckpoint = 230;
const pageBytes = 4_096;
/** Which of the two SQLite takes is decided where it is built. */
const flush = 'fsync,fdatasync';
const withoutLimit = 'prlimit --pid $PPID --fsize=unlimited:';

const newFolder = (folder: string): string => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  return join(folder, 'outbox.sqlite');
};

/** While developing only some of the instants are tried. */
const stride = (setup: Setup): number => Math.max(1, Math.round(1 / setup.share));
const share = <T>(setup: Setup, all: readonly T[]): readonly T[] => all.filter((_, index) => index % stride(setup) === 0);

/** One call of the process fails, from the first one to the last that it makes. */
function* oneFailingCall(setup: Setup, folder: string): Generator<Injured> {
  for (const [call, error] of [['pwrite64', 'EIO'], ['pwrite64', 'ENOSPC'], [flush, 'EIO']] as const) {
    for (let n = 1; ; n += stride(setup)) {
      const result = appendInjured(newFolder(folder), { name: `${call} ${error} at ${n}`, inject: ['-e', `inject=${call}:error=${error}:when=${n}`] }, rows);
      if (result.failures === 0 && n === 1) throw new Error(`the process never calls ${call}`);
      if (result.failures === 0) break;
      yield result;
    }
  }
}

/**
 * The kernel's own limit on the size of a file (RLIMIT_FSIZE): the write that crosses it is cut short at that byte, the rest fails with
 * EFBIG. At every second cut the limit is lifted before the last rows.
 */
function* shortByLimit(setup: Setup, folder: string): Generator<Injured> {
  const undisturbed = traceWrites(writerCommand(newFolder(folder), rows), 'outbox.sqlite', join(folder, 'trace'));
  for (const [index, { bytes }] of share(setup, cuts(undisturbed, setup.random)).entries()) yield appendInjured(newFolder(folder), limited(bytes, index % 2 === 1), rows);
}

/** The same where the log is folded into a file that is larger than it: the write of a checkpoint is cut. */
function* shortInCheckpoint(setup: Setup, folder: string): Generator<Injured> {
  const before = join(folder, 'before');
  const freshCopy = (): string => {
    const outbox = newFolder(join(folder, 'state'));
    cpSync(before, outbox);
    return outbox;
  };
  newFolder(folder);
  fillOutbox(before, rowsBefore);
  const undisturbed = traceWrites(writerCommand(freshCopy(), rowsPastCheckpoint, rowsBefore + 1), 'outbox.sqlite', join(folder, 'trace'));
  const ofFile = Array.from({ length: 4 }, () => cuts(undisturbed, setup.random).filter(({ file }) => file === 'outbox.sqlite')).flat();
  for (const [index, { bytes }] of share(setup, ofFile).entries()) yield appendInjured(freshCopy(), limited(bytes, index % 2 === 1), rowsPastCheckpoint, rowsBefore + 1);
}

function limited(bytes: number, lifted: boolean): Injury {
  const under = ['prlimit', `--fsize=${bytes}:`];
  return lifted ? { name: `short write at byte ${bytes}, mended`, under, mend: withoutLimit } : { name: `short write at byte ${bytes}`, under, lasts: true };
}

interface Cut {
  readonly file: string;
  readonly bytes: number;
}

/** A byte in the middle of each write that reaches farther into its file than everything before it: a limit there meets no other. */
function cuts(operations: readonly Operation[], random: () => number): readonly Cut[] {
  let farthest = 0;
  return operations.flatMap((operation) => {
    if (operation.kind !== 'write') return [];
    const begin = Math.max(farthest, operation.offset);
    const end = operation.offset + operation.bytes.length;
    farthest = Math.max(farthest, end);
    return end - begin < 2 ? [] : [{ file: operation.file, bytes: Math.floor(between(random, begin + 1, end)) }];
  });
}

/** A disk that is full in the middle of a write, at every page from the first to the last that is needed: a page of the log lies across two of the disk's. */
function* shortOnFullDisk(setup: Setup): Generator<Injured> {
  for (let pages = 2, mended = false; ; pages += stride(setup), mended = !mended) {
    using disk = new Tmpfs(String(pages * pageBytes));
    const name = `a disk of ${pages} pages`;
    const afterwards = (): void => disk.resize('64m');
    const trouble = mended ? { name: `${name}, mended`, mend: `mount -o remount,size=64m ${disk.path}` } : { name, lasts: true };
    const result = appendInjured(join(disk.path, 'outbox.sqlite'), { ...trouble, afterwards }, rows);
    if (result.failures === 0) return;
    yield result;
  }
}

function requirePrlimit(): void {
  if (spawnSync('prlimit', ['--version']).status !== 0) throw new NotRunError('prlimit (Debian package util-linux)');
}

interface Sum {
  readonly runs: number;
  readonly failures: number;
  readonly shortWrites: number;
  readonly told: number;
  readonly problems: readonly string[];
}

function sum(results: Iterable<Injured>): Sum {
  let total: Sum = { runs: 0, failures: 0, shortWrites: 0, told: 0, problems: [] };
  for (const { failures, shortWrites, told, problem } of results) {
    total = {
      runs: total.runs + 1,
      failures: total.failures + failures,
      shortWrites: total.shortWrites + shortWrites,
      told: total.told + told,
      problems: problem === null ? total.problems : [...total.problems, problem],
    };
  }
  return total;
}

export const w6: Experiment = {
  id: 'W6',
  title: 'EIO and ENOSPC on the n-th write, EIO on the n-th flush of the outbox, for every n; every write cut short at some byte, by a limit and by a full disk',
  target: 'every n: the row is durable, or the bridge says that it is not',
  run: (setup) => {
    requireStrace();
    requirePrlimit();
    const folder = mkdtempSync(join(tmpdir(), 'bridge-injection-'));
    try {
      const full = sum(shortOnFullDisk(setup));
      const errors = sum(oneFailingCall(setup, join(folder, 'state')));
      const cut = sum(shortByLimit(setup, join(folder, 'cut')));
      const checkpoint = sum(shortInCheckpoint(setup, join(folder, 'checkpoint')));
      const all = [errors, cut, checkpoint, full];
      const problems = all.flatMap((each) => each.problems);
      const told = all.reduce((rowsTold, each) => rowsTold + each.told, 0);
      const bites = [cut, checkpoint, full].every(({ shortWrites }) => shortWrites > 0);
      return Promise.resolve({
        reached: problems.length === 0 && bites,
        figure: `${errors.runs} injected errors, short writes: ${cut.shortWrites} in the log, ${checkpoint.shortWrites} in a checkpoint, ${full.shortWrites} on a full disk (${all.reduce((runs, each) => runs + each.runs, 0)} runs); ${told} rows told to be in memory only, ${problems.length} problems${problems.length > 0 ? `: ${problems[0]}` : ''}`,
      });
    } catch (error) {
      if (error instanceof TmpfsError) throw new NotRunError(error.message);
      throw error;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
