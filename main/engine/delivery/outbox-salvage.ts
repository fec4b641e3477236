import Database from 'better-sqlite3';
import { closeSync, copyFileSync, existsSync, fstatSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import type { Ms } from '../clock.ts';
import { closeQuietly, openOutboxFile, syncFolder, type SqliteDatabase } from './outbox-file.ts';
import { OutboxStore, toStoredRecord, type DeadRow } from './outbox-store.ts';
import { CHECKSUM_START, decodeRecord, KIND_NUMBER, RECORD_START, type OutboxRow } from './record.ts';

/** What became of a damaged outbox. */
export interface SalvageReport {
  /** Rows whose record was found intact. */
  readonly recovered: number;
  /** Where the damaged file lies now; never deleted. */
  readonly movedTo: string;
}

const CHUNK_BYTES = 8 * 1024 * 1024;
/** Longer than any record; a record that crosses a chunk's end is found in the overlap. */
const OVERLAP_BYTES = 8 * 1024;
const START = Buffer.from(RECORD_START);
const END = Buffer.from(CHECKSUM_START);
const END_LENGTH = END.length + 8 + 2;

const salvagedPath = (path: string): string => `${path}.salvaged`;
const keptLogPath = (path: string): string => `${path}.kept-log`;

/**
 * Copies a write-ahead log that an unclean end has left, before SQLite opens it: SQLite takes a log with one flipped bit
 * for one that ends there, and deletes it with everything behind. True when a copy was made.
 *
 * Where it fails it is tried once more after `makeRoom`, and then done without: only a damaged log needs the copy, and a
 * full disk must not keep the outbox closed.
 */
export function keepLog(path: string, makeRoom: () => void): boolean {
  const log = `${path}-wal`;
  // An earlier copy is from a start that was cut off: it may hold what the present log has lost.
  if (!existsSync(log) || statSync(log).size === 0 || existsSync(keptLogPath(path))) return false;
  if (copied(log, keptLogPath(path))) return true;
  makeRoom();
  return copied(log, keptLogPath(path));
}

function copied(from: string, to: string): boolean {
  try {
    copyFileSync(from, to);
    return true;
  } catch {
    rmSync(to, { force: true }); // Half a copy would be taken for an earlier one at the next start.
    return false;
  }
}

/** Adds undelivered rows that the kept log holds and the opened file does not; null when nothing was missing. */
export function rescueFromLog(path: string, store: OutboxStore, now: Ms): SalvageReport | null {
  if (!existsSync(keptLogPath(path))) return null;
  const acked = store.readAcked();
  const missing = new Map<number, OutboxRow>();
  for (const row of scanRecords(keptLogPath(path))) if (row.id > acked && !store.has(row.id)) missing.set(row.id, row);
  if (missing.size === 0) {
    forgetKeptLog(path);
    return null;
  }
  store.transact(() => missing.forEach((row) => store.insert(toStoredRecord(row))));
  const movedTo = `${freeName(path, now)}-wal`;
  renameSync(keptLogPath(path), movedTo);
  return { recovered: missing.size, movedTo };
}

export function forgetKeptLog(path: string): void {
  rmSync(keptLogPath(path), { force: true });
}

/**
 * Moves a damaged outbox aside and builds a new one from every record whose checksum fits, found by scanning the raw
 * bytes of the file and of its write-ahead log: that finds far more than SELECT does (delivery.md 2.10).
 *
 * Rows keep their id, epoch and eseq, so PostgreSQL's watermark drops what it has already. The new file is complete
 * before the old one is renamed; a crash in between is continued by {@link finishInterruptedSalvage}.
 */
export function salvageOutbox(path: string, now: Ms): SalvageReport {
  removeDatabase(salvagedPath(path));
  const store = new OutboxStore(openOutboxFile(salvagedPath(path)));
  try {
    const recovered = copyRecords(path, store);
    copyReadableTables(path, store);
    store.db.pragma('wal_checkpoint(TRUNCATE)');
    store.db.close();
    return { recovered, movedTo: moveAside(path, now) };
  } finally {
    closeQuietly(store.db);
  }
}

/** Completes a salvage that a crash cut off between its renames. */
export function finishInterruptedSalvage(path: string, now: Ms): void {
  if (!existsSync(salvagedPath(path)) || existsSync(path)) return;
  moveAside(path, now);
}

function copyRecords(path: string, store: OutboxStore): number {
  const insert = store.db.prepare(
    // Two versions of one id: the older is the row itself, the newer its "moved" mark, which must win.
    `INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE
       SET kind = excluded.kind, rec = excluded.rec WHERE excluded.kind = ${KIND_NUMBER.moved}`,
  );
  store.transact(() => {
    for (const file of [path, `${path}-wal`, keptLogPath(path)]) {
      for (const row of scanRecords(file)) {
        const record = toStoredRecord(row);
        insert.run(record.id, Buffer.from(record.epoch, 'hex'), record.eseq, record.kind, record.ts, record.rec);
      }
    }
  });
  return Number(store.db.prepare('SELECT count(*) FROM outbox').pluck().get());
}

/** Every intact record in a file's raw bytes; the same record may come several times. */
export function* scanRecords(file: string): Generator<OutboxRow> {
  if (!existsSync(file)) return;
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.allocUnsafe(Math.min(size, CHUNK_BYTES + OVERLAP_BYTES));
    for (let position = 0; position < size; position += CHUNK_BYTES) {
      const length = readSync(descriptor, buffer, 0, buffer.length, position);
      yield* recordsIn(buffer.subarray(0, length));
    }
  } finally {
    closeSync(descriptor);
  }
}

function* recordsIn(bytes: Buffer): Generator<OutboxRow> {
  for (let start = bytes.indexOf(START); start !== -1; start = bytes.indexOf(START, start + 1)) {
    const end = bytes.subarray(start, start + OVERLAP_BYTES).indexOf(END);
    if (end === -1) continue;
    const row = decodeRecord(bytes.toString('utf8', start, start + end + END_LENGTH));
    if (row !== null) yield row;
  }
}

/**
 * Progress, identity and dead rows, as far as SQLite can still read them; the records matter more and came first.
 * Read from a copy: opening the damaged file itself would fold its write-ahead log away.
 */
function copyReadableTables(path: string, store: OutboxStore): void {
  const copy = `${path}.reading`;
  let old: SqliteDatabase | undefined;
  try {
    for (const suffix of ['', '-wal']) if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix);
    old = new Database(copy, { timeout: 0 });
    for (const { k, v } of readableRows<{ k: string; v: number }>(old, 'SELECT k, v FROM state')) store.writeState(k, v);
    const dead = `SELECT id, lower(hex(epoch)) AS epoch, eseq, kind, ts_ms AS ts, rec, sqlstate, err AS reason, at_ms AS at FROM dead`;
    for (const row of readableRows<DeadRow>(old, dead)) store.insertDead(row);
  } catch {
    // Unreadable: delivery starts from PostgreSQL's own watermarks, which is right, only slower.
  } finally {
    closeQuietly(old);
    removeDatabase(copy);
  }
}

function* readableRows<T>(db: SqliteDatabase, sql: string): Generator<T> {
  try {
    for (const row of db.prepare(sql).iterate()) yield row as T;
  } catch {
    return; // The rest of this table lies behind the damage.
  }
}

function moveAside(path: string, now: Ms): string {
  const target = freeName(path, now);
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix);
  }
  // SQLite may have deleted the log when it gave the file up; the copy is the same.
  if (existsSync(keptLogPath(path))) renameSync(keptLogPath(path), `${target}-wal`);
  renameSync(salvagedPath(path), path);
  syncFolder(path);
  return target;
}

function freeName(path: string, now: Ms): string {
  const stamp = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const name = `${path.replace(/\.(sqlite|db)$/, '')}.corrupt-${stamp}`;
  let candidate = name;
  for (let n = 2; existsSync(candidate) || existsSync(`${candidate}-wal`); n += 1) candidate = `${name}-${n}`;
  return candidate;
}

function removeDatabase(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
}
