import { crc32 } from 'node:zlib';
import type { Statement } from 'better-sqlite3';
import type { Ms } from '../clock.ts';
import type { SqliteDatabase } from './outbox-file.ts';
import { encodeRecord, entryTimestamp, KIND_NUMBER, type OutboxRow } from './record.ts';

/** A row as it lies in the file; `rec` may be damaged, the columns were checked against it when the file was opened. */
export interface StoredRecord {
  readonly id: number;
  readonly epoch: string;
  readonly eseq: number;
  readonly kind: number;
  readonly ts: Ms;
  readonly rec: string;
}

/** A row that PostgreSQL refused for its content (or that was damaged here), with the reason. */
export interface DeadRow extends StoredRecord {
  readonly sqlstate: string;
  readonly reason: string;
  readonly at: Ms;
}

/** Consecutive rows of one process start: `id = base + eseq`. */
export interface StoredSpan {
  readonly epoch: string;
  readonly base: number;
  readonly first: number;
  readonly last: number;
}

export function toStoredRecord(row: OutboxRow): StoredRecord {
  const { id, epoch, eseq, entry } = row;
  return { id, epoch, eseq, kind: KIND_NUMBER[entry.kind], ts: entryTimestamp(entry), rec: encodeRecord(row) };
}

const COLUMNS = 'id, lower(hex(epoch)) AS epoch, eseq, kind, ts_ms AS ts, rec';

/** The outbox file's statements; every method is one synchronous SQLite call that may throw a SqliteError. */
export class OutboxStore {
  readonly db: SqliteDatabase;
  readonly #insert: Statement;
  readonly #range: Statement;
  readonly #setState: Statement;

  constructor(db: SqliteDatabase) {
    this.db = db;
    this.#insert = db.prepare('INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?)');
    this.#range = db.prepare(`SELECT ${COLUMNS} FROM outbox WHERE id > ? AND id <= ? ORDER BY id LIMIT ?`);
    this.#setState = db.prepare('INSERT INTO state VALUES (?, ?) ON CONFLICT(k) DO UPDATE SET v = excluded.v');
  }

  /** Runs `work` in one durable transaction; an error rolls it back. */
  transact(work: () => void): void {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.db.exec('COMMIT');
    } catch (error) {
      // SQLite has rolled back by itself after SQLITE_FULL and most I/O errors.
      if (this.db.inTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
  }

  insert(record: StoredRecord): void {
    this.#insert.run(record.id, Buffer.from(record.epoch, 'hex'), record.eseq, record.kind, record.ts, record.rec);
  }

  has(id: number): boolean {
    return this.db.prepare('SELECT 1 FROM outbox WHERE id = ?').get(id) !== undefined;
  }

  /** Rows with `afterId < id <= throughId`, in order. */
  range(afterId: number, throughId: number, limit: number): StoredRecord[] {
    return this.#range.all(afterId, throughId, limit) as StoredRecord[];
  }

  count(afterId: number, throughId: number): number {
    return Number(this.db.prepare('SELECT count(*) FROM outbox WHERE id > ? AND id <= ?').pluck().get(afterId, throughId));
  }

  /** Every process start that has rows here, oldest first; one pass over the table. */
  spans(): StoredSpan[] {
    const sql = `SELECT lower(hex(epoch)) AS epoch, id - eseq AS base, min(eseq) AS first, max(eseq) AS last
                 FROM outbox GROUP BY epoch, id - eseq ORDER BY min(id)`;
    return this.db.prepare(sql).all() as StoredSpan[];
  }

  maxId(): number {
    const sql = 'SELECT max(coalesce((SELECT max(id) FROM outbox), 0), coalesce((SELECT max(id) FROM dead), 0))';
    return Number(this.db.prepare(sql).pluck().get());
  }

  newest(kind: number): StoredRecord[] {
    return this.db.prepare(`SELECT ${COLUMNS} FROM outbox WHERE kind = ? ORDER BY id DESC LIMIT 3`).all(kind) as StoredRecord[];
  }

  oldest(kind: number): StoredRecord | undefined {
    return this.db.prepare(`SELECT ${COLUMNS} FROM outbox WHERE kind = ? ORDER BY id LIMIT 1`).get(kind) as StoredRecord | undefined;
  }

  readState(key: string): number | null {
    const value = this.db.prepare('SELECT v FROM state WHERE k = ?').pluck().get(key);
    return typeof value === 'number' ? value : null;
  }

  writeState(key: string, value: number): void {
    this.#setState.run(key, value);
  }

  /** Newest id of which all older ones are settled; 0 where the stored number is damaged: PostgreSQL's watermark knows better. */
  readAcked(): number {
    const acked = this.readState('acked') ?? 0;
    return this.readState('acked_crc') === crc32(String(acked)) ? acked : 0;
  }

  writeAcked(acked: number): void {
    this.writeState('acked', acked);
    this.writeState('acked_crc', crc32(String(acked)));
  }

  insertDead(row: DeadRow): void {
    this.db
      .prepare('INSERT OR IGNORE INTO dead VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(row.id, Buffer.from(row.epoch, 'hex'), row.eseq, row.kind, row.ts, row.rec, row.sqlstate, row.reason, row.at);
  }

  deadRows(): DeadRow[] {
    return this.db.prepare(`SELECT ${COLUMNS}, sqlstate, err AS reason, at_ms AS at FROM dead ORDER BY id`).all() as DeadRow[];
  }

  countDead(): number {
    return Number(this.db.prepare('SELECT count(*) FROM dead').pluck().get());
  }

  /** Puts `moved` records in place of rows that were queued again under new numbers, and takes them out of `dead`. */
  replaceByMoved(record: StoredRecord): void {
    this.db.prepare('UPDATE outbox SET kind = ?, rec = ? WHERE id = ?').run(record.kind, record.rec, record.id);
    this.db.prepare('DELETE FROM dead WHERE id = ?').run(record.id);
  }

  /** Deletes at most `limit` of the rows up to `throughId`, never one of `keep`; returns how many. */
  prune(throughId: number, keep: readonly number[], limit: number): number {
    const sql = `DELETE FROM outbox WHERE id IN
      (SELECT id FROM outbox WHERE id <= ? AND id NOT IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT ?)`;
    return this.db.prepare(sql).run(throughId, JSON.stringify(keep), limit).changes;
  }

  /** Gives free pages beyond `spare` back to the file system, at most `limit` of them; those at the end of the file are moved forward. */
  shrink(spare: number, limit: number): void {
    const pages = Math.min(limit, Number(this.db.pragma('freelist_count', { simple: true })) - spare);
    // Not through `pragma`: it would take the first step only, which is one page.
    if (pages > 0) this.transact(() => this.db.exec(`PRAGMA incremental_vacuum(${pages})`));
  }

  deleteEpoch(epoch: string): void {
    this.db.prepare('DELETE FROM outbox WHERE epoch = ?').run(Buffer.from(epoch, 'hex'));
  }

  /** Remembers what was delivered by `at`, so that retention can count from delivery and not from the row's own timestamp. */
  mark(at: Ms, acked: number): void {
    this.writeState(`mark:${String(at).padStart(16, '0')}`, acked);
  }

  /** Newest id that was delivered by `before`; forgets the marks that it makes needless. */
  deliveredBefore(before: Ms): number {
    const key = `mark:${String(before).padStart(16, '0')}`;
    const newest = this.db.prepare(`SELECT max(k) FROM state WHERE k >= 'mark:' AND k <= ?`).pluck().get(key) as string | null;
    if (newest === null) return 0;
    this.db.prepare(`DELETE FROM state WHERE k >= 'mark:' AND k < ?`).run(newest);
    return this.readState(newest) ?? 0;
  }

  /** Bytes of pages in use. */
  sizeBytes(): number {
    const used = Number(this.db.pragma('page_count', { simple: true })) - Number(this.db.pragma('freelist_count', { simple: true }));
    return used * Number(this.db.pragma('page_size', { simple: true }));
  }
}
