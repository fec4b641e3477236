import type { Clock } from '../clock.ts';
import { Ballast } from './ballast.ts';
import type { FaultHook } from './fault-point.ts';
import { checkpoint, closeQuietly, isCorruption, openOutboxFile, OutboxInUseError, sqliteCode, type OutboxFileOptions } from './outbox-file.ts';
import { finishInterruptedSalvage, forgetKeptLog, keepLog, rescueFromLog, salvageOutbox, type SalvageReport } from './outbox-salvage.ts';
import { OutboxStore, type DeadRow, type StoredRecord } from './outbox-store.ts';

export const MEMORY_ROWS_LIMIT = 20_000;

/** While the disk stays full, room is sought this often and not at every append. */
const FREE_SPACE_INTERVAL_MS = 5_000;

/** Half a megabyte, more than an hour of rows: else each hour's room would be given back and asked for again. */
const SPARE_PAGES = 128;
/** Given back at a time: half a megabyte a minute is a hundred times what rows fill, and takes a few milliseconds. */
const SHRINK_PAGES = 128;

/** Neither the disk nor the memory reserve can take another row: the row was not accepted. */
export class OutboxFullError extends Error {
  override readonly name = 'OutboxFullError';
}

/** Rows wait in a file that cannot be read at present; nothing can be delivered before it can. */
export class OutboxUnreadableError extends Error {
  override readonly name = 'OutboxUnreadableError';
}

/** What becomes of the file; told at once, inside the call that found out. */
export interface StorageListener {
  /** Rows are only in memory from now on. */
  notDurable(reason: string): void;
  durableAgain(rows: number): void;
  salvaged(report: SalvageReport): void;
  /** Makes room by deleting delivered rows that are kept for reconciliation only. */
  freeRetained(store: OutboxStore): void;
  /** True when PostgreSQL has the row, or it is dead. */
  isSettled(record: StoredRecord): boolean;
}

export interface StorageOptions extends OutboxFileOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly ballastBytes?: number;
  readonly memoryRowsLimit?: number;
  readonly faultPoint?: FaultHook;
}

/**
 * The outbox file together with what happens when it fails: a full disk, an I/O error, damage. Rows that
 * cannot be written stay in memory, in order, with their numbers, until they can be.
 */
export class OutboxStorage {
  readonly ballast: Ballast;
  readonly #options: StorageOptions;
  readonly #listener: StorageListener;
  #store: OutboxStore | null;
  #memory: StoredRecord[] = [];
  #deadInMemory: DeadRow[] = [];
  #trouble = false;
  /** Monotonic. */
  #freedAt = Number.NEGATIVE_INFINITY;

  /** Throws OutboxInUseError or OutboxOpenError; a damaged file is moved aside and salvaged. */
  constructor(options: StorageOptions, listener: StorageListener) {
    this.#options = options;
    this.#listener = listener;
    this.ballast = new Ballast(options.path, options.ballastBytes);
    finishInterruptedSalvage(options.path, options.clock.now());
    this.#store = this.#open();
  }

  /** The open file; throws while it cannot be opened. */
  get store(): OutboxStore {
    if (this.#store === null) throw new OutboxUnreadableError(`the outbox ${this.#options.path} cannot be opened`);
    return this.#store;
  }

  get durable(): boolean {
    return !this.#trouble;
  }

  get deadInMemory(): readonly DeadRow[] {
    return this.#deadInMemory;
  }

  /** Accepts rows, on disk where possible. Throws OutboxFullError when not even memory may take them. */
  append(records: readonly StoredRecord[]): void {
    if (this.#memory.length === 0 ? this.#write(records) : this.recover() && this.#write(records)) return;
    this.#makeRoomInMemory(records.length);
    this.#memory.push(...records);
  }

  /** Rows with `afterId < id <= throughId`, in order, from the file and then from memory. */
  range(afterId: number, throughId: number, limit: number): StoredRecord[] {
    const firstInMemory = this.#memory[0]?.id ?? Number.MAX_SAFE_INTEGER;
    const stored = afterId + 1 < firstInMemory ? this.read((store) => store.range(afterId, throughId, limit)) : [];
    if (stored.length === limit) return stored;
    const rest = this.#memory.filter(({ id }) => id > afterId && id <= throughId);
    return [...stored, ...rest.slice(0, limit - stored.length)];
  }

  count(afterId: number, throughId: number): number {
    const inMemory = this.#memory.filter(({ id }) => id > afterId && id <= throughId).length;
    return this.read((store) => store.count(afterId, throughId)) + inMemory;
  }

  /** Reads, once more after a repair where the file turns out to be damaged. Throws OutboxUnreadableError. */
  read<T>(work: (store: OutboxStore) => T): T {
    try {
      return work(this.store);
    } catch (error) {
      if (this.#repair(error)) return this.#readRepaired(work);
      throw unreadable(error);
    }
  }

  #readRepaired<T>(work: (store: OutboxStore) => T): T {
    try {
      return work(this.store);
    } catch (error) {
      throw unreadable(error);
    }
  }

  /** Writes bookkeeping; false when that is not possible now. Never throws: no local write may stop delivery (delivery.md 2.8). */
  tryWrite(work: (store: OutboxStore) => void): boolean {
    try {
      const { store } = this;
      store.transact(() => work(store));
      return true;
    } catch (error) {
      this.#repair(error);
      return false;
    }
  }

  /** Keeps a dead row with its reason, in memory until the disk can take it. */
  bury(row: DeadRow): void {
    if (!this.tryWrite((store) => store.insertDead(row))) this.#deadInMemory.push(row);
  }

  /** Tries to get everything from memory to disk; true when nothing is left in memory. */
  recover(): boolean {
    if (this.#store === null && !this.#repair(undefined)) return false;
    if (!this.#write(this.#memory) && !(this.#dropSettled() && this.#write(this.#memory))) return false;
    const waiting = this.#memory;
    const dead = this.#deadInMemory;
    if (dead.length > 0 && this.tryWrite((store) => dead.forEach((row) => store.insertDead(row)))) this.#deadInMemory = [];
    this.#memory = [];
    if (this.#trouble) {
      this.#trouble = false;
      this.#listener.durableAgain(waiting.length);
    }
    return true;
  }

  /** Folds the write-ahead log into the file and empties it; a failure only delays that. */
  checkpoint(): void {
    try {
      checkpoint(this.store.db);
    } catch (error) {
      this.#repair(error);
    }
  }

  /** Gives back room that deleted rows left, a little at each call; a failure only delays that. */
  shrink(): void {
    try {
      this.store.shrink(SPARE_PAGES, SHRINK_PAGES);
    } catch (error) {
      // Moving pages needs room in the log: not worth the ballast, nor the delivered rows.
      if (sqliteCode(error) !== 'SQLITE_FULL') this.#repair(error);
    }
  }

  close(): void {
    if (this.#store !== null) this.checkpoint();
    closeQuietly(this.#store?.db);
    this.#store = null;
  }

  #open(): OutboxStore {
    const { path, clock } = this.#options;
    const kept = keepLog(path, () => this.ballast.drop());
    try {
      const store = new OutboxStore(openOutboxFile(path, this.#options));
      const rescued = rescueFromLog(path, store, clock.now());
      if (rescued !== null) this.#listener.salvaged(rescued);
      return store;
    } catch (error) {
      if (!isCorruption(error)) {
        if (kept && error instanceof OutboxInUseError) forgetKeptLog(path); // It is the other bridge's, and alive.
        throw error;
      }
      this.#listener.salvaged(salvageOutbox(path, clock.now()));
      return new OutboxStore(openOutboxFile(path, this.#options));
    }
  }

  #write(records: readonly StoredRecord[]): boolean {
    if (records.length === 0) return true;
    try {
      this.#insert(records);
      return true;
    } catch (error) {
      const hopeful = this.#repair(error);
      // After a failed COMMIT nobody knows whether the rows are there: look, then write what is missing.
      if (hopeful && this.#insertMissing(records)) return true;
      this.#enterTrouble(error);
      return false;
    }
  }

  #insert(records: readonly StoredRecord[]): void {
    const { store } = this;
    store.transact(() => {
      for (const record of records) store.insert(record);
      this.#options.faultPoint?.('in-append');
    });
  }

  #insertMissing(records: readonly StoredRecord[]): boolean {
    try {
      this.#insert(records.filter(({ id }) => !this.store.has(id)));
      return true;
    } catch {
      return false; // The caller reports the first error; this one has the same cause.
    }
  }

  #enterTrouble(error: unknown): void {
    if (this.#trouble) return;
    this.#trouble = true;
    this.#listener.notDurable(error instanceof Error ? error.message : String(error));
  }

  #makeRoomInMemory(needed: number): void {
    const limit = this.#options.memoryRowsLimit ?? MEMORY_ROWS_LIMIT;
    if (this.#memory.length + needed <= limit) return;
    this.#dropSettled();
    if (this.#memory.length + needed > limit) throw new OutboxFullError(`the disk is full and ${limit} rows already wait in memory`);
  }

  /** Gives up delivered rows in memory but the newest: only a reconcile after a rollback of PostgreSQL would want them. */
  #dropSettled(): boolean {
    const before = this.#memory.length;
    const settled = this.#memory.filter((record) => this.#listener.isSettled(record));
    const newest = settled.at(-1);
    this.#memory = this.#memory.filter((record) => record === newest || !this.#listener.isSettled(record));
    return this.#memory.length < before;
  }

  /** Does what the error asks for; true when the failed call is worth repeating. */
  #repair(error: unknown): boolean {
    const code = sqliteCode(error);
    if (code === 'SQLITE_FULL') return this.#freeSpace();
    if (code === '' && this.#store !== null) return false; // Not SQLite's error.
    return this.#reopen(isCorruption(error));
  }

  #freeSpace(): boolean {
    const now = this.#options.clock.monotonic();
    if (now - this.#freedAt < FREE_SPACE_INTERVAL_MS) return false;
    this.#freedAt = now;
    this.ballast.drop();
    try {
      checkpoint(this.store.db);
      this.#listener.freeRetained(this.store);
      return true;
    } catch {
      return true; // Even so the dropped ballast may be room enough for the row.
    }
  }

  #reopen(damaged: boolean): boolean {
    if (damaged) keepLog(this.#options.path, () => this.ballast.drop());
    closeQuietly(this.#store?.db);
    this.#store = null;
    try {
      if (damaged) this.#listener.salvaged(salvageOutbox(this.#options.path, this.#options.clock.now()));
      this.#store = this.#open();
      return true;
    } catch (error) {
      this.#enterTrouble(error);
      return false;
    }
  }
}

function unreadable(error: unknown): OutboxUnreadableError {
  if (error instanceof OutboxUnreadableError) return error;
  return new OutboxUnreadableError(`the outbox cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}
