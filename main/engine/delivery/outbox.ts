import { randomBytes } from 'node:crypto';
import type { Clock, Ms } from '../clock.ts';
import { ackedId, newestSettledIds, type EpochSpan } from './epoch-span.ts';
import type { FaultHook } from './fault-point.ts';
import type { SalvageReport } from './outbox-salvage.ts';
import { OutboxStorage, type StorageOptions } from './outbox-storage.ts';
import { toStoredRecord, type DeadRow, type OutboxStore, type StoredRecord } from './outbox-store.ts';
import { cleanEntry, decodeRecord, KIND_NUMBER, type Entry, type OutboxRow } from './record.ts';

export const RETENTION_MS = 7 * 24 * 3_600_000;
const PRUNE_LIMIT = 5_000;

/** What the shipper has to do next, in order; chosen only after a reconcile. */
export type Work =
  | RowsToSend
  /** Rows that exist neither here nor in PostgreSQL: destroyed by damage, or lost on both sides. */
  | { readonly kind: 'gap'; readonly epoch: string; readonly expected: number; readonly through: number }
  /** A row whose record does not fit its checksum. */
  | { readonly kind: 'damaged'; readonly epoch: string; readonly expected: number; readonly record: StoredRecord };

export interface RowsToSend {
  readonly kind: 'rows';
  readonly epoch: string;
  /** The eseq before the first row. */
  readonly expected: number;
  readonly rows: readonly OutboxRow[];
}

export interface OutboxListener {
  notDurable(reason: string): void;
  durableAgain(rows: number): void;
  salvaged(report: SalvageReport): void;
}

export interface OutboxOptions extends StorageOptions {
  /** Source of the epoch; node:crypto by default. */
  readonly random?: (bytes: number) => Buffer;
}

export interface LastRecorded {
  readonly greeksAt: Ms | null;
  readonly firstLogAt: Ms | null;
  readonly logAt: Ms | null;
  readonly logMessage: string | null;
}

/**
 * The durable queue in front of PostgreSQL (delivery.md 2.1):
 *
 * I1 A row is accepted when `append` returns; from then on it survives process and power loss.
 * I2 PostgreSQL holds a prefix (per epoch) of the accepted rows, minus dead ones; its watermark names that prefix.
 * I4 What is settled here is a cache of that watermark: losing it costs a re-read, never a duplicate; it never runs ahead.
 * I5 Nothing is dropped silently: every row ends in PostgreSQL, in `dead`, or here.
 */
export class Outbox {
  readonly #clock: Clock;
  readonly #random: (bytes: number) => Buffer;
  readonly #fault: FaultHook | undefined;
  readonly #storage: OutboxStorage;
  readonly #lastRecorded: LastRecorded;
  #spans: EpochSpan[];
  #current: EpochSpan;
  #waiting: number;
  #dead: number;
  #sink: number | null;
  /** Read while the server was busy with the rows before it. */
  #ahead: RowsToSend | null = null;
  /** What is in the file; differs from memory while progress is unsaved. */
  #saved: { acked: number; sink: number | null };

  /** Throws OutboxInUseError or OutboxOpenError. */
  constructor(options: OutboxOptions, listener: OutboxListener) {
    this.#clock = options.clock;
    this.#random = options.random ?? randomBytes;
    this.#fault = options.faultPoint;
    this.#storage = new OutboxStorage(options, {
      notDurable: (reason) => listener.notDurable(reason),
      durableAgain: (rows) => listener.durableAgain(rows),
      salvaged: (report) => listener.salvaged(report),
      freeRetained: (store) => this.#pruneThrough(store, ackedId(this.#spans, this.#nextId)),
      isSettled: ({ epoch, eseq }) => eseq <= (this.#spans.find((span) => span.epoch === epoch)?.settled ?? 0),
    });
    const { store } = this.#storage;
    const acked = store.readAcked();
    this.#spans = store.spans().map((span) => ({ ...span, settled: clamp(acked - span.base, span.first - 1, span.last), sent: 0 }));
    this.#sink = store.readState('sink');
    this.#saved = { acked, sink: this.#sink };
    this.#current = this.#newSpan(1 + Math.max(acked, store.maxId()));
    this.#waiting = this.#countWaiting();
    this.#dead = store.countDead();
    this.#lastRecorded = readLastRecorded(store);
  }

  /** This process's epoch. */
  get epoch(): string {
    return this.#current.epoch;
  }

  /** Accepted rows that PostgreSQL does not have yet. */
  get waiting(): number {
    return this.#waiting;
  }

  get dead(): number {
    return this.#dead;
  }

  get durable(): boolean {
    return this.#storage.durable;
  }

  /** Identity of the database that rows were delivered to; null before the first one. */
  get sink(): number | null {
    return this.#sink;
  }

  /** Oldest first; the last one is this process's own. */
  get spans(): readonly Readonly<EpochSpan>[] {
    return this.#spans;
  }

  /** What was recorded before this process started. */
  get lastRecorded(): LastRecorded {
    return this.#lastRecorded;
  }

  /**
   * Accepts a row; when it returns the row survives (or `durable` is false).
   * Throws RangeError (timestamp that is no instant) or OutboxFullError; then the row is not accepted.
   */
  append(entry: Entry): void {
    const clean = cleanEntry(entry);
    this.#fault?.('before-append');
    this.#append([clean]);
    this.#fault?.('after-append');
  }

  #append(entries: readonly Entry[]): void {
    const records = this.#number(entries);
    this.#storage.append(records);
    this.#accepted(records.length);
  }

  #number(entries: readonly Entry[]): StoredRecord[] {
    const { epoch, last, base } = this.#current;
    return entries.map((entry, index) => {
      const eseq = last + 1 + index;
      return toStoredRecord({ id: base + eseq, epoch, eseq, entry });
    });
  }

  #accepted(rows: number): void {
    this.#current.last += rows;
    this.#waiting += rows;
  }

  /** Queues rows again under new numbers and marks their old places, in one transaction; false when the disk does not take it. */
  #renumber(rows: readonly OutboxRow[]): boolean {
    // What was read ahead may be one of these, under its old number.
    this.#ahead = null;
    const records = this.#number(rows.map(({ entry }) => entry));
    const done = this.#storage.tryWrite((store) => {
      for (const record of records) store.insert(record);
      for (const row of rows) store.replaceByMoved(toStoredRecord(movedRow(row)));
    });
    if (done) this.#accepted(records.length);
    return done;
  }

  /** The next thing to deliver; null when nothing waits. */
  nextWork(limit: number): Work | null {
    for (const span of this.#spans) {
      if (span.settled >= span.last) continue;
      const ahead = this.#takeAhead(span, limit);
      if (ahead !== null) return ahead;
      const records = this.#storage.range(span.base + span.settled, span.base + span.last, limit);
      return toWork(span, records);
    }
    return null;
  }

  /**
   * Reads what follows `through` while the server works on the rows up to it; only in a backlog of more than `limit`. It
   * counts only if the next work begins exactly there, so not after a reconcile that moved us, and not after a renumbering.
   */
  readAhead(epoch: string, through: number, limit: number): void {
    const span = this.#span(epoch);
    this.#ahead = null;
    if (span.last - through < limit) return;
    try {
      const work = toWork({ ...span, settled: through }, this.#storage.range(span.base + through, span.base + span.last, limit));
      if (work.kind === 'rows') this.#ahead = work;
    } catch {
      return; // `nextWork` meets the same error where it can be reported.
    }
  }

  #takeAhead({ epoch, settled }: EpochSpan, limit: number): RowsToSend | null {
    const ahead = this.#ahead;
    this.#ahead = null;
    return ahead !== null && ahead.epoch === epoch && ahead.expected === settled && ahead.rows.length === limit ? ahead : null;
  }

  /** Notes that a statement with rows up to `eseq` is about to be sent. */
  noteSent(epoch: string, eseq: number): void {
    const span = this.#span(epoch);
    span.sent = Math.max(span.sent, eseq);
  }

  /** PostgreSQL confirmed everything up to `eseq`; `rows` of them lay here. */
  settle(epoch: string, eseq: number, rows: number): void {
    this.#span(epoch).settled = eseq;
    this.#waiting -= rows;
  }

  /** Takes over what PostgreSQL's watermark says, forward or back. */
  place(settled: ReadonlyMap<string, number>): void {
    for (const span of this.#spans) span.settled = settled.get(span.epoch) ?? span.settled;
    this.#waiting = this.#countWaiting();
  }

  /** Remembers which database this is; saved with the next progress. */
  setSink(sink: number): void {
    this.#sink = sink;
  }

  /** Keeps a row aside for good, with the reason; the caller then moves the watermark past it. */
  bury(record: StoredRecord, sqlstate: string, reason: string): void {
    this.#storage.bury({ ...record, sqlstate, reason, at: this.#clock.now() });
    this.#dead += 1;
    this.#fault?.('after-bury');
  }

  deadRows(): readonly DeadRow[] {
    return [...this.#storage.read((store) => store.deadRows()), ...this.#storage.deadInMemory];
  }

  /**
   * Queues dead rows again, under new numbers and with their original timestamps; returns how many.
   * Rows damaged here stay dead. Throws while the disk is full: both halves must happen in one transaction.
   */
  requeue(ids: readonly number[]): number {
    const wanted = new Set(ids);
    const rows = this.deadRows().flatMap((dead) => {
      const row = wanted.has(dead.id) && !this.#isMoved(dead.id) ? decodeRecord(dead.rec) : null;
      return row === null ? [] : [row];
    });
    if (rows.length === 0) return 0;
    if (!this.durable || !this.#renumber(rows)) throw new Error('dead rows cannot be queued again while the outbox cannot be written');
    this.#dead -= rows.length;
    return rows.length;
  }

  /** True for a dead row that was queued again already (its removal from `dead` was lost with a damaged log). */
  #isMoved(id: number): boolean {
    return this.#storage.range(id - 1, id, 1)[0]?.kind === KIND_NUMBER.moved;
  }

  /**
   * Another writer used this process's epoch (a virtual machine resumed twice): continues under a new one
   * and queues what PostgreSQL has not confirmed to us again (delivery.md 2.11). Returns how many rows that are.
   */
  fork(): number {
    const old = this.#current;
    const records = this.#storage.range(old.base + old.settled, old.base + old.last, Number.MAX_SAFE_INTEGER);
    const rows = records.flatMap(({ rec }) => decodeRecord(rec) ?? []);
    this.#current = this.#newSpan(this.#nextId);
    if (!this.durable || !this.#renumber(rows)) this.#append(rows.map(({ entry }) => entry));
    old.settled = old.last;
    this.#waiting = this.#countWaiting();
    this.saveProgress();
    return rows.length;
  }

  /** Rows settled in memory and not yet in the file; losing that costs only a re-read. */
  get unsaved(): number {
    return Math.abs(ackedId(this.#spans, this.#nextId) - this.#saved.acked) + (this.#sink === this.#saved.sink ? 0 : 1);
  }

  /** Writes progress where possible; delivery never waits for it. */
  saveProgress(): void {
    if (this.unsaved === 0) return;
    const acked = ackedId(this.#spans, this.#nextId);
    const sink = this.#sink;
    const done = this.#storage.tryWrite((store) => {
      store.writeAcked(acked);
      if (sink !== null) store.writeState('sink', sink);
      this.#fault?.('in-ack-persist');
    });
    if (done) this.#saved = { acked, sink };
    this.#fault?.('after-ack-persist');
  }

  /** The minute's housekeeping: back to disk from memory, progress, retention, room that it left, write-ahead log. */
  maintain(): void {
    this.#storage.recover();
    this.saveProgress();
    const { acked } = this.#saved;
    const now = this.#clock.now();
    this.#storage.tryWrite((store) => {
      store.mark(nextHour(now), acked);
      this.#pruneThrough(store, Math.min(acked, store.deliveredBefore(now - RETENTION_MS)));
    });
    this.#storage.shrink();
    this.#storage.checkpoint();
  }

  /** Prepares the reserve for a full disk. */
  async ensureBallast(): Promise<void> {
    if (this.durable) await this.#storage.ballast.ensure();
  }

  /** Resolves when nothing is written beside the outbox any more. */
  ballastIdle(): Promise<void> {
    return this.#storage.ballast.idle();
  }

  sizeBytes(): number {
    return this.#storage.read((store) => store.sizeBytes());
  }

  /** Deletes every delivered row that only reconciliation would need (cap reached). */
  pruneDelivered(): void {
    this.#storage.tryWrite((store) => this.#pruneThrough(store, this.#saved.acked));
  }

  /** Forgets finished epochs whose newest row is older than `ageMs`; returns them, so that PostgreSQL may forget them after us. */
  forgetEpochs(ageMs: Ms): readonly string[] {
    const before = this.#clock.now() - ageMs;
    const finished = this.#spans.filter((span) => span !== this.#current && span.settled >= span.last);
    const old = finished.filter((span) => {
      const [newest] = this.#storage.range(span.base + span.last - 1, span.base + span.last, 1);
      return newest === undefined || newest.ts < before;
    });
    if (old.length === 0 || !this.#storage.tryWrite((store) => old.forEach(({ epoch }) => store.deleteEpoch(epoch)))) return [];
    this.#spans = this.#spans.filter((span) => !old.includes(span));
    return old.map(({ epoch }) => epoch);
  }

  /** Saves progress and closes the file; pending rows survive in it. */
  close(): void {
    this.#storage.recover();
    this.saveProgress();
    this.#storage.close();
  }

  get #nextId(): number {
    return this.#current.base + this.#current.last + 1;
  }

  #newSpan(firstId: number): EpochSpan {
    const span = { epoch: this.#random(16).toString('hex'), base: firstId - 1, first: 1, last: 0, settled: 0, sent: 0 };
    this.#spans = [...this.#spans, span];
    return span;
  }

  #span(epoch: string): EpochSpan {
    const span = this.#spans.find((candidate) => candidate.epoch === epoch);
    if (span === undefined) throw new Error(`the outbox knows no epoch ${epoch}`);
    return span;
  }

  #countWaiting(): number {
    const pending = this.#spans.filter((span) => span.settled < span.last);
    return pending.reduce((sum, { base, settled, last }) => sum + this.#storage.count(base + settled, base + last), 0);
  }

  #pruneThrough(store: OutboxStore, throughId: number): void {
    const newestGreeks = store.newest(KIND_NUMBER.greeks).map(({ id }) => id);
    store.prune(throughId, [...newestSettledIds(this.#spans), ...newestGreeks], PRUNE_LIMIT);
  }
}

function toWork(span: EpochSpan, records: readonly StoredRecord[]): Work {
  const { epoch, settled: expected } = span;
  const [first] = records;
  if (first === undefined) return { kind: 'gap', epoch, expected, through: span.last };
  if (first.eseq > expected + 1) return { kind: 'gap', epoch, expected, through: first.eseq - 1 };
  const rows: OutboxRow[] = [];
  for (const record of records) {
    const row = record.eseq === expected + 1 + rows.length ? decodeRecord(record.rec) : null;
    if (row === null || row.id !== record.id || row.epoch !== epoch) break;
    rows.push(row);
  }
  return rows.length > 0 ? { kind: 'rows', epoch, expected, rows } : { kind: 'damaged', epoch, expected, record: first };
}

function movedRow(row: OutboxRow): OutboxRow {
  const timestamp = row.entry.kind === 'moved' ? row.entry.timestamp : row.entry.row.timestamp;
  return { ...row, entry: { kind: 'moved', timestamp } };
}

function readLastRecorded(store: OutboxStore): LastRecorded {
  const greeks = firstIntact(store.newest(KIND_NUMBER.greeks));
  const log = firstIntact(store.newest(KIND_NUMBER.log));
  return {
    greeksAt: greeks?.entry.kind === 'greeks' ? greeks.entry.row.timestamp : null,
    firstLogAt: store.oldest(KIND_NUMBER.log)?.ts ?? null,
    logAt: log?.entry.kind === 'log' ? log.entry.row.timestamp : null,
    logMessage: log?.entry.kind === 'log' ? log.entry.row.message : null,
  };
}

function firstIntact(records: readonly StoredRecord[]): OutboxRow | null {
  return records.map(({ rec }) => decodeRecord(rec)).find((row) => row !== null) ?? null;
}

function nextHour(now: Ms): Ms {
  return Math.ceil(now / 3_600_000) * 3_600_000;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
