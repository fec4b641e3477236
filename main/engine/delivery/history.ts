import type { Statement } from 'better-sqlite3';
import type { Clock, Ms } from '../clock.ts';
import type { Severity } from '../state.ts';
import type { LogRow } from './delivery.ts';
import { HISTORY_COLUMNS, openHistoryFile, type HistoryDatabase } from './history-file.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Full resolution: a local day of 25 hours (the night clocks go back) and some. */
const SAMPLES_KEPT_MS = 26 * HOUR_MS;
const MINUTES_KEPT_MS = 90 * 24 * HOUR_MS;
const LOGS_KEPT = 50_000;

/** One poll's sums; null is "not known". */
export interface HistorySample {
  readonly timestamp: Ms;
  readonly delta: number | null;
  readonly gamma: number | null;
  readonly vega: number | null;
  readonly theta: number | null;
  readonly underlyingPrice: number | null;
}

/** A time without rows, or a reset window; by default the code "reset-window" tells which. */
export interface HistoryGap {
  readonly from: Ms;
  readonly to: Ms;
  readonly code: string;
  readonly text: string;
  readonly kind?: 'gap' | 'reset-window';
}

export type HistoryColumn = 'delta' | 'gamma' | 'vega' | 'theta' | 'underlyingPrice';

/** Lowest, highest and newest value of each bucket; null where the value was not known. */
export interface HistoryBand {
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
  readonly last: readonly (number | null)[];
}

/** Buckets without a row are absent; all arrays have the length of `at`. */
export interface HistorySeries {
  readonly bucketMs: Ms;
  /** Instant of the newest row in each bucket, ascending. */
  readonly at: readonly Ms[];
  readonly bands: Readonly<Record<HistoryColumn, HistoryBand>>;
}

export interface HistoryLogEntry {
  /** Grows with each entry. */
  readonly id: number;
  readonly at: Ms;
  readonly status: Severity;
  readonly message: string;
}

export interface HistoryLogQuery {
  /** Entries before this id; absent: from the newest. */
  readonly before?: number;
  readonly limit: number;
  readonly statuses?: readonly Severity[];
  /** Part of the message, any case. */
  readonly search?: string;
}

/** Where the history of an outbox lies: the same folder, "<name>.history.sqlite". */
export function historyPath(bufferPath: string): string {
  return `${bufferPath.replace(/\.(sqlite|db)$/, '')}.history.sqlite`;
}

/**
 * What the charts and the log feed of the window read: every sample of the last day, minutes of the last 90 days, gaps
 * and the newest 50,000 log rows. Derived data: losing the file loses no row, and no method ever throws.
 */
export class History {
  readonly #path: string;
  readonly #clock: Clock;
  #db: HistoryDatabase | null;
  #prunedAt: Ms = Number.NEGATIVE_INFINITY;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
    this.#db = openHistoryFile(path, clock.now());
  }

  appendSample(sample: HistorySample): void {
    const values = [sample.delta, sample.gamma, sample.vega, sample.theta, sample.underlyingPrice];
    const at = Math.round(sample.timestamp);
    this.#write((db) => {
      db.prepare('INSERT OR REPLACE INTO sample VALUES (?, ?, ?, ?, ?, ?)').run(at, ...values);
      db.prepare(UPSERT_MINUTE).run({ minute: at - modulo(at, MINUTE_MS), at, ...named(values) });
    });
    this.#prune();
  }

  appendGap(gap: HistoryGap): void {
    const kind = gap.kind ?? (gap.code === 'reset-window' ? 'reset-window' : 'gap');
    this.#write((db) => {
      db.prepare(PUT_GAP).run(Math.round(gap.from), Math.round(gap.to), kind, gap.code, gap.text);
    });
  }

  /** The samples from `at` on are this account's. Where those before are another's, the time between them is a gap. */
  appendBook(account: string, at: Ms): void {
    this.#write((db) => {
      const before = db.prepare('SELECT account FROM book ORDER BY since DESC LIMIT 1').pluck().get();
      if (before === account) return;
      // The first one known is taken for the one that it always was.
      db.prepare('INSERT OR REPLACE INTO book VALUES (?, ?)').run(before === undefined ? 0 : Math.round(at), account);
      const newest = db.prepare('SELECT max(at) FROM sample').pluck().get() as Ms | null;
      if (before === undefined || newest === null) return;
      db.prepare(PUT_GAP).run(newest, Math.max(newest + 1, Math.round(at)), 'gap', 'account-changed', 'the account was changed');
    });
  }

  /** Since when the samples are those of the present account; 0 where there was no other. */
  bookSince(): Ms {
    return (this.#read((db) => db.prepare('SELECT max(since) FROM book').pluck().get(), null) as Ms | null) ?? 0;
  }

  appendLog(row: Pick<LogRow, 'timestamp' | 'status' | 'message'>): void {
    this.#write((db) => {
      const { lastInsertRowid } = db
        .prepare('INSERT INTO log(at, status, message) VALUES (?, ?, ?)')
        .run(Math.round(row.timestamp), row.status, row.message.toWellFormed());
      db.prepare('DELETE FROM log WHERE id <= ?').run(Number(lastInsertRowid) - LOGS_KEPT);
    });
  }

  /** Rows with `from <= at < to` in at most about `maxPoints` buckets, each with its extremes. */
  series(from: Ms, to: Ms, maxPoints = 600): HistorySeries {
    const wanted = Math.max(1, Math.ceil((to - from) / maxPoints));
    const fine = wanted < MINUTE_MS && from >= this.#clock.now() - SAMPLES_KEPT_MS;
    // Whole minutes, so that no bucket holds more of the minute rows than its neighbour.
    const bucketMs = fine ? wanted : Math.ceil(wanted / MINUTE_MS) * MINUTE_MS;
    const rows = this.#read((db) => readBuckets(db.prepare(fine ? FINE_BUCKET : COARSE_BUCKET).raw(), from, to, bucketMs), []);
    return { bucketMs, at: rows.map((cells) => cells[0] as Ms), bands: bandsOf(rows) };
  }

  /** Gaps that reach into the time, oldest first. */
  gaps(from: Ms, to: Ms, kind: 'gap' | 'reset-window' = 'gap'): readonly Required<HistoryGap>[] {
    const sql = `SELECT start AS "from", stop AS "to", code, text, kind FROM gap WHERE kind = ? AND start < ? AND stop > ? ORDER BY start`;
    return this.#read((db) => db.prepare(sql).all(kind, to, from), []) as Required<HistoryGap>[];
  }

  /** Newest first. */
  logs(query: HistoryLogQuery): readonly HistoryLogEntry[] {
    const sql = `SELECT id, at, status, message FROM log WHERE id < :before AND (:statuses IS NULL OR status IN (SELECT value FROM json_each(:statuses)))
                 AND (:search IS NULL OR message LIKE :search ESCAPE '\\') ORDER BY id DESC LIMIT :limit`;
    const parameters = {
      before: query.before ?? Number.MAX_SAFE_INTEGER,
      statuses: query.statuses === undefined ? null : JSON.stringify(query.statuses),
      search: query.search === undefined ? null : `%${query.search.replaceAll(/[\\%_]/g, '\\$&')}%`,
      limit: query.limit,
    };
    return this.#read((db) => db.prepare(sql).all(parameters), []) as HistoryLogEntry[];
  }

  /** Entries after an id, in the order in which they came. */
  logsAfter(id: number, limit: number): readonly HistoryLogEntry[] {
    const sql = 'SELECT id, at, status, message FROM log WHERE id > ? ORDER BY id LIMIT ?';
    return this.#read((db) => db.prepare(sql).all(id, limit), []) as HistoryLogEntry[];
  }

  /** Samples since an instant of the last 26 hours. */
  countSince(at: Ms): number {
    return this.#read((db) => db.prepare('SELECT count(*) FROM sample WHERE at >= ?').pluck().get(at), 0) as number;
  }

  /** The first sample since an instant of the last 26 hours. */
  firstSince(at: Ms): HistorySample | null {
    const sql = `SELECT at AS timestamp, delta, gamma, vega, theta, underlying AS underlyingPrice FROM sample WHERE at >= ? ORDER BY at LIMIT 1`;
    return (this.#read((db) => db.prepare(sql).get(at), null) ?? null) as HistorySample | null;
  }

  close(): void {
    try {
      this.#db?.close();
    } catch {
      // Nothing of value is lost with it.
    }
    this.#db = null;
  }

  #write(work: (db: HistoryDatabase) => void): void {
    this.#read((db) => db.transaction(() => work(db)), undefined);
  }

  /** Any error opens the file anew (a damaged one is moved aside); the call that met it is given up. */
  #read<T>(work: (db: HistoryDatabase) => T, otherwise: T): T {
    if (this.#db === null) return otherwise;
    try {
      return work(this.#db);
    } catch {
      this.close();
      this.#db = openHistoryFile(this.#path, this.#clock.now());
      return otherwise;
    }
  }

  #prune(): void {
    const now = this.#clock.now();
    if (Math.abs(now - this.#prunedAt) < HOUR_MS) return;
    this.#prunedAt = now;
    this.#write((db) => {
      db.prepare('DELETE FROM sample WHERE at < ?').run(now - SAMPLES_KEPT_MS);
      db.prepare('DELETE FROM minute WHERE at < ?').run(now - MINUTES_KEPT_MS);
      db.prepare('DELETE FROM gap WHERE stop < ?').run(now - MINUTES_KEPT_MS);
    });
  }
}

/** Opens the local history beside an outbox; never throws. */
export function openHistory(path: string, clock: Clock): History {
  return new History(path, clock);
}

type Cells = readonly (number | null)[];

const UPSERT_MINUTE = `
  INSERT INTO minute VALUES (:minute, :at, ${HISTORY_COLUMNS.map((name) => `:${name}, :${name}, :${name}`).join(', ')})
  ON CONFLICT(at) DO UPDATE SET
    ${HISTORY_COLUMNS.map(
      (name) => `${name}_low = coalesce(min(${name}_low, :${name}), ${name}_low, :${name}),
    ${name}_high = coalesce(max(${name}_high, :${name}), ${name}_high, :${name}),
    ${name}_last = CASE WHEN :at >= newest_at THEN :${name} ELSE ${name}_last END`,
    ).join(',\n    ')},
    newest_at = max(newest_at, :at)`;

const PUT_GAP = 'INSERT OR REPLACE INTO gap VALUES (?, ?, ?, ?, ?)';

const FINE_BUCKET = bucketSql('sample', 's.at', (name) => [`min(${name})`, `max(${name})`, name]);
const COARSE_BUCKET = bucketSql('minute', 's.newest_at', (name) => [`min(${name}_low)`, `max(${name}_high)`, `${name}_last`]);

/** Extremes of one bucket, joined with its newest row; no row where the bucket is empty. */
function bucketSql(table: string, at: string, columns: (name: string) => readonly [string, string, string]): string {
  const extremes = HISTORY_COLUMNS.map((name) => `${columns(name)[0]} AS ${name}_lo, ${columns(name)[1]} AS ${name}_hi`).join(', ');
  const cells = HISTORY_COLUMNS.map((name) => `b.${name}_lo, b.${name}_hi, s.${columns(name)[2]}`).join(', ');
  return `SELECT ${at}, ${cells} FROM (SELECT max(at) AS newest, ${extremes} FROM ${table} WHERE at >= ? AND at < ?) b JOIN ${table} s ON s.at = b.newest`;
}

/**
 * One question for each bucket, which lie on whole multiples of their width. Not one with GROUP BY: SQLite does not see
 * that the buckets come in the order of the table, sorts all of it, and takes twice as long for 30 days, five times for one.
 */
function readBuckets(bucket: Statement, from: Ms, to: Ms, bucketMs: Ms): Cells[] {
  const rows: Cells[] = [];
  for (let start = from - modulo(from, bucketMs); start < to; start += bucketMs) {
    const cells = bucket.get(Math.max(from, start), Math.min(to, start + bucketMs));
    if (cells !== undefined) rows.push(cells as Cells);
  }
  return rows;
}

function bandsOf(rows: readonly Cells[]): HistorySeries['bands'] {
  const band = (index: number): HistoryBand => {
    const column = (offset: number): (number | null)[] => rows.map((cells) => cells[1 + index * 3 + offset] ?? null);
    return { low: column(0), high: column(1), last: column(2) };
  };
  return { delta: band(0), gamma: band(1), vega: band(2), theta: band(3), underlyingPrice: band(4) };
}

function named(values: readonly (number | null)[]): Record<string, number | null> {
  return Object.fromEntries(HISTORY_COLUMNS.map((name, index) => [name, values[index] ?? null]));
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
