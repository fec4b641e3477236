import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { NotRunError } from './experiment.ts';

/** What a process did to files, in order, and what it said on its standard output in between. */
export type Operation =
  | { readonly kind: 'write'; readonly file: string; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly file: string; readonly size: number }
  | { readonly kind: 'sync'; readonly file: string }
  | { readonly kind: 'remove'; readonly file: string }
  | { readonly kind: 'said'; readonly text: string };

/** Runs a command under strace and returns what it did to the files whose name begins with `prefix`. */
export function traceWrites(command: readonly string[], prefix: string, tracePath: string): readonly Operation[] {
  requireStrace();
  const calls = 'pwrite64,write,fsync,fdatasync,ftruncate,unlink';
  const run = spawnSync('strace', ['-f', '-y', '-xx', '-s', '100000', '-e', `trace=${calls}`, '-o', tracePath, ...command], { encoding: 'utf8', timeout: 120_000 });
  if (run.status !== 0) throw new Error(`the traced process ended with ${run.status}: ${run.stderr}`);
  return joinUnfinished(readFileSync(tracePath, 'latin1').split('\n')).flatMap((line) => parseLine(line, prefix) ?? []);
}

export function requireStrace(): void {
  try {
    execFileSync('strace', ['-V'], { stdio: 'ignore' });
  } catch {
    throw new NotRunError('strace (Debian package strace), and the right to trace');
  }
}

/** With several threads a call may be torn over two lines of the trace: it counts where it ended. */
function joinUnfinished(lines: readonly string[]): string[] {
  const begun = new Map<string, string>();
  return lines.flatMap((line) => {
    const [, pid = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const unfinished = /^(.*) <unfinished \.\.\.>$/.exec(rest);
    if (unfinished !== null) {
      begun.set(pid, unfinished[1] ?? '');
      return [];
    }
    const resumed = /^<\.\.\. \w+ resumed>\s?(.*)$/.exec(rest);
    return [resumed === null ? rest : `${begun.get(pid) ?? ''}${resumed[1] ?? ''}`];
  });
}

function parseLine(line: string, prefix: string): Operation | null {
  const [, call = '', descriptor = '', path = '', rest = ''] = /^(\w+)\((\d+)<([^>]*)>(.*)$/.exec(line) ?? [];
  if (/ = -1 /.test(line.slice(-80))) return null;
  if (call === 'write' && descriptor === '1') return { kind: 'said', text: unhex(rest).toString() };
  const file = basename(decodePath(path));
  if (line.startsWith('unlink(')) {
    const removed = basename(unhex(line).toString());
    return removed.startsWith(prefix) ? { kind: 'remove', file: removed } : null;
  }
  if (!file.startsWith(prefix)) return null;
  const numbers = rest.replaceAll(/"[^"]*"/g, '').match(/\d+/g)?.map(Number) ?? [];
  if (call === 'pwrite64') return { kind: 'write', file, offset: numbers[1] ?? 0, bytes: unhex(rest) };
  if (call === 'ftruncate') return { kind: 'truncate', file, size: numbers[0] ?? 0 };
  if (call === 'fsync' || call === 'fdatasync') return { kind: 'sync', file };
  return null;
}

function unhex(text: string): Buffer {
  const [, quoted = ''] = /"([^"]*)"/.exec(text) ?? [];
  return Buffer.from(quoted.replaceAll('\\x', ''), 'hex');
}

function decodePath(path: string): string {
  return path.includes('\\x') ? Buffer.from(path.replaceAll('\\x', ''), 'hex').toString() : path;
}

/** How a disk forgets what was not flushed. */
export type Loss = 'all' | 'random' | 'torn' | 'prefix';

/** A disk on which a trace is played: what was flushed lies on it, the rest is on its way. */
export class Disk {
  readonly #operations: readonly Operation[];
  readonly #files = new Map<string, DiskFile>();
  #position = 0;

  constructor(operations: readonly Operation[]) {
    this.#operations = operations;
  }

  /** Plays everything before operation `cut`. */
  advanceTo(cut: number): void {
    for (; this.#position < cut; this.#position += 1) {
      const operation = this.#operations[this.#position];
      if (operation === undefined || operation.kind === 'said') continue;
      const file = this.#files.get(operation.file) ?? new DiskFile();
      this.#files.set(operation.file, file);
      if (operation.kind === 'sync') file.flush();
      else if (operation.kind === 'remove') this.#files.delete(operation.file);
      else file.pending.push(operation);
    }
  }

  /** The files as they lie on the disk if the power fails now. */
  afterPowerLoss(loss: Loss, random: () => number): ReadonlyMap<string, Buffer> {
    return new Map([...this.#files].map(([name, file]) => [name, file.afterLoss(loss, random)]));
  }
}

type Change = Extract<Operation, { kind: 'write' | 'truncate' }>;

class DiskFile {
  #bytes = Buffer.alloc(0);
  pending: Change[] = [];

  flush(): void {
    for (const change of this.pending) this.#bytes = apply(this.#bytes, change);
    this.pending = [];
  }

  afterLoss(loss: Loss, random: () => number): Buffer {
    let bytes = Buffer.from(this.#bytes);
    const keep = Math.floor(random() * (this.pending.length + 1));
    this.pending.forEach((change, index) => {
      if (loss === 'prefix' && index < keep) bytes = apply(bytes, change);
      if (loss === 'random' && random() < 0.5) bytes = apply(bytes, change);
      if (loss === 'torn' && random() < 0.7) bytes = apply(bytes, change.kind === 'write' ? torn(change, random) : change);
    });
    return bytes;
  }
}

function apply(bytes: Buffer<ArrayBuffer>, change: Change): Buffer<ArrayBuffer> {
  const size = change.kind === 'truncate' ? change.size : Math.max(bytes.length, change.offset + change.bytes.length);
  const resized = size === bytes.length ? bytes : Buffer.concat([bytes.subarray(0, size), Buffer.alloc(Math.max(0, size - bytes.length))]);
  if (change.kind === 'write') change.bytes.copy(resized, change.offset);
  return resized;
}

/** Only the first sectors of 512 bytes of a write reached the platter. */
function torn(operation: Extract<Operation, { kind: 'write' }>, random: () => number): typeof operation {
  const sectors = Math.ceil(operation.bytes.length / 512);
  return { ...operation, bytes: operation.bytes.subarray(0, 512 * Math.floor(random() * (sectors + 1))) };
}

export function writeFiles(folder: string, files: ReadonlyMap<string, Buffer>): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
}
