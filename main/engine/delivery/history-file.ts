import Database from 'better-sqlite3';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Ms } from '../clock.ts';

/**
 * The open file. Each statement is prepared once: SQLite's own memory for one that is prepared anew with every row is only
 * given back when the garbage collector finds it, which it does not see growing.
 */
export class HistoryDatabase {
  readonly #db: Database.Database;
  readonly #statements = new Map<string, Database.Statement>();
  readonly #inTransaction: (work: () => void) => void;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#inTransaction = db.transaction((work: () => void) => work());
  }

  /** The statement of this text; what was asked of it before (`raw`, `pluck`) still holds. */
  prepare(sql: string): Database.Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, (statement = this.#db.prepare(sql)));
    return statement;
  }

  /** All of `work`, or nothing of it when it throws. */
  transaction(work: () => void): void {
    this.#inTransaction(work);
  }

  close(): void {
    this.#db.close();
  }
}

/** Columns of which the history keeps lowest, highest and newest values. */
export const HISTORY_COLUMNS = ['delta', 'gamma', 'vega', 'theta', 'underlying'] as const;

const bands = HISTORY_COLUMNS.flatMap((name) => [`${name}_low REAL`, `${name}_high REAL`, `${name}_last REAL`]).join(', ');

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS sample(at INTEGER PRIMARY KEY, ${HISTORY_COLUMNS.map((name) => `${name} REAL`).join(', ')}) STRICT;
  CREATE TABLE IF NOT EXISTS minute(at INTEGER PRIMARY KEY, newest_at INTEGER NOT NULL, ${bands}) STRICT;
  CREATE TABLE IF NOT EXISTS gap(
    start INTEGER NOT NULL, stop INTEGER NOT NULL, kind TEXT NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY(start, kind)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS book(since INTEGER PRIMARY KEY, account TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS log(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, status TEXT NOT NULL, message TEXT NOT NULL) STRICT;`;

/**
 * Opens the local history; it is derived data, so nothing here may stop the bridge: a damaged file is moved aside, and
 * where no file can be opened the history lives in memory until the bridge stops.
 */
export function openHistoryFile(path: string, now: Ms): HistoryDatabase {
  try {
    return openAt(path);
  } catch (error) {
    return isDamage(error) ? openAfresh(path, now) : openAt(':memory:');
  }
}

function openAfresh(path: string, now: Ms): HistoryDatabase {
  try {
    moveAside(path, now);
    return openAt(path);
  } catch {
    return openAt(':memory:'); // The folder does not let us rename: the next start tries again.
  }
}

class DamagedHistoryError extends Error {}

function isDamage(error: unknown): boolean {
  return error instanceof DamagedHistoryError || (error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code));
}

function openAt(path: string): HistoryDatabase {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  const db = new Database(path, { timeout: 0 });
  try {
    // As for the outbox: 2 MB instead of better-sqlite3's 16. A chart of 30 days costs 8 ms more of reading for it.
    db.pragma('cache_size = -2000');
    db.pragma('journal_mode = WAL');
    // A power cut may cost the newest minutes of a chart, never a row: those are in the outbox.
    db.pragma('synchronous = OFF');
    db.exec(SCHEMA);
    if (db.pragma('quick_check(1)', { simple: true }) !== 'ok') throw new DamagedHistoryError('the history is damaged');
    return new HistoryDatabase(db);
  } catch (error) {
    db.close();
    throw error;
  }
}

function moveAside(path: string, now: Ms): void {
  const stamp = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, `${path}.corrupt-${stamp}${suffix}`);
  }
}
