import Database from 'better-sqlite3';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export type SqliteDatabase = Database.Database;

/** Another process holds the outbox: there is exactly one writer per file. */
export class OutboxInUseError extends Error {
  override readonly name = 'OutboxInUseError';
  readonly path: string;
  constructor(path: string) {
    super(`another bridge (app or daemon) already uses ${path}`);
    this.path = path;
  }
}

/** The outbox cannot be opened for a reason that is neither another process nor damage (rights, a folder in its place, newer version). */
export class OutboxOpenError extends Error {
  override readonly name = 'OutboxOpenError';
}

export interface OutboxFileOptions {
  /** Stands in for a full disk in tests: SQLite answers SQLITE_FULL beyond this many pages of 4,096 bytes. */
  readonly maxPageCount?: number;
  /** Pages that SQLite keeps in memory, 2 MB of them by default; few make a test's reads reach the file. */
  readonly cachePages?: number;
}

/** better-sqlite3 is compiled for 16 MB: with a week of rows on disk they would all be taken, and memory would grow for days. */
const CACHE_PAGES = 512;

const SCHEMA_VERSION = 1;

// State `k`: acked (newest id of which all older ones are settled), sink (identity of the database), schema,
// mark:<ms> (acked at that instant; retention counts from delivery).
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS outbox(
    id INTEGER PRIMARY KEY, epoch BLOB NOT NULL, eseq INTEGER NOT NULL, kind INTEGER NOT NULL, ts_ms INTEGER NOT NULL, rec TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS state(k TEXT PRIMARY KEY, v INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS dead(
    id INTEGER PRIMARY KEY, epoch BLOB, eseq INTEGER, kind INTEGER, ts_ms INTEGER, rec TEXT, sqlstate TEXT, err TEXT, at_ms INTEGER
  ) STRICT;
  INSERT OR IGNORE INTO state VALUES('schema', ${SCHEMA_VERSION});`;

export function sqliteCode(error: unknown): string {
  return error instanceof Database.SqliteError ? error.code : '';
}

export function isCorruption(error: unknown): boolean {
  return error instanceof DamagedFileError || /^SQLITE_(CORRUPT|NOTADB)/.test(sqliteCode(error));
}

/** quick_check found damage, or a row's columns disagree with its own record. */
export class DamagedFileError extends Error {
  override readonly name = 'DamagedFileError';
}

/**
 * Opens the outbox for this process alone, durable to the disk's platter, and checks it.
 *
 * Throws OutboxInUseError at once (no busy wait: the call is synchronous and would freeze the event loop),
 * OutboxOpenError, or an error for which {@link isCorruption} holds.
 */
export function openOutboxFile(path: string, options: OutboxFileOptions = {}): SqliteDatabase {
  let db: SqliteDatabase | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    db = new Database(path, { timeout: 0 });
    takeLock(db, path);
    db.pragma(`cache_size = ${options.cachePages ?? CACHE_PAGES}`);
    makeDurable(db);
    createSchema(db);
    if (options.maxPageCount !== undefined) db.pragma(`max_page_count = ${options.maxPageCount}`);
    verify(db);
    return db;
  } catch (error) {
    closeQuietly(db);
    throw explain(error, path);
  }
}

/** SQLite takes this only before the first page is written; without it a file never becomes smaller, whatever is deleted from it. */
function prepareShrinking(db: SqliteDatabase, path: string): void {
  if (statSync(path).size === 0) db.pragma('auto_vacuum = INCREMENTAL');
}

function takeLock(db: SqliteDatabase, path: string): void {
  // First of all: without it any other pragma may want a -shm file, for which a full disk has no room.
  db.pragma('locking_mode = EXCLUSIVE');
  prepareShrinking(db, path);
  db.pragma('journal_mode = WAL');
  db.exec('BEGIN IMMEDIATE; COMMIT');
}

function makeDurable(db: SqliteDatabase): void {
  // better-sqlite3 is compiled with SQLITE_DEFAULT_WAL_SYNCHRONOUS=1: a re-opened WAL file comes up as NORMAL, which loses
  // committed rows in a power cut. So it is set on every open, and read back.
  db.pragma('synchronous = FULL');
  // fsync on macOS does not reach the platter; F_FULLFSYNC does.
  if (process.platform === 'darwin') db.pragma('fullfsync = 1');
  db.pragma('wal_autocheckpoint = 1000');
  const synchronous = db.pragma('synchronous', { simple: true });
  const journal = db.pragma('journal_mode', { simple: true });
  if (synchronous !== 2 || journal !== 'wal')
    throw new OutboxOpenError(`the outbox is not durable here: synchronous is ${String(synchronous)}, journal ${String(journal)}`);
}

function createSchema(db: SqliteDatabase): void {
  const exists = db.prepare(`SELECT count(*) FROM sqlite_schema WHERE name IN ('outbox', 'state', 'dead')`).pluck().get() === 3;
  if (!exists) {
    db.transaction(() => db.exec(SCHEMA))();
    // Until a checkpoint the tables exist only in the -wal file: a copy of the .sqlite alone would not even have them.
    checkpoint(db);
  }
  const version = db.prepare(`SELECT v FROM state WHERE k = 'schema'`).pluck().get();
  if (typeof version === 'number' && version > SCHEMA_VERSION)
    throw new OutboxOpenError(`the outbox was written by a newer version of the bridge (schema ${version}); update the bridge`);
}

function verify(db: SqliteDatabase): void {
  const verdict = db.pragma('quick_check(1)', { simple: true });
  if (verdict !== 'ok') throw new DamagedFileError(`quick_check: ${String(verdict)}`);
  // SQLite's pages carry no checksum: a flipped bit in a column goes unnoticed, and epoch or eseq decide what is sent.
  const mismatch = db
    .prepare(
      `SELECT count(*) FROM outbox WHERE substr(rec, 1, 180) NOT LIKE
         printf('{"o":1,"e":"%s","i":%d,"s":%d,"k":%d,"t":%d,%%', lower(hex(epoch)), id, eseq, kind, ts_ms)`,
    )
    .pluck()
    .get();
  if (mismatch !== 0) throw new DamagedFileError(`${String(mismatch)} rows disagree with their own record`);
}

/** TRUNCATE, not PASSIVE: a stale WAL that stays in place can be replayed over newer pages after damage (delivery.md 1). */
export function checkpoint(db: SqliteDatabase): void {
  db.pragma('wal_checkpoint(TRUNCATE)');
}

export function closeQuietly(db: SqliteDatabase | undefined | null): void {
  try {
    db?.close();
  } catch {
    // A file that cannot be closed is about to be re-opened or moved aside: that attempt reports its own error.
  }
}

function explain(error: unknown, path: string): unknown {
  const code = sqliteCode(error);
  if (/^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(code)) return new OutboxInUseError(path);
  if (isCorruption(error) || error instanceof OutboxOpenError) return error;
  return new OutboxOpenError(`cannot open the outbox ${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}

/** Makes renames and new files in `path`'s folder survive a power cut. */
export function syncFolder(path: string): void {
  const folder = dirname(path);
  if (process.platform === 'win32' || !existsSync(folder)) return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
