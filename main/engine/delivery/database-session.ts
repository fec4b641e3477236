import type { DatabaseTarget } from './delivery.ts';
import type { OutboxRow } from './record.ts';

/** What one delivery statement carries: rows of one epoch without holes, `expected` the eseq before the first. */
export interface Batch {
  readonly epoch: string;
  readonly expected: number;
  readonly rows: readonly OutboxRow[];
}

/** What PostgreSQL answered: `moved` is false when the watermark was not where we expected it (fenced: nothing was inserted). */
export interface BatchResult {
  readonly moved: boolean;
  readonly greeks: number;
  readonly logs: number;
}

export interface Watermarks {
  /** Identity of this database: a random 47-bit number, written once. */
  readonly sink: number;
  /** Newest delivered eseq by epoch; an epoch that this database does not know is absent. */
  readonly settled: ReadonlyMap<string, number>;
}

/**
 * One connection to the database, from connect to destroy; never reused after an error.
 *
 * Every method may reject with anything that classifyError understands; each is one statement, so it happened
 * completely, not at all, or nobody knows.
 */
export interface DatabaseSession {
  /** Reads the watermarks; writes `proposedSink` as the database's identity where it has none. */
  readWatermarks(epochs: readonly string[], proposedSink: number): Promise<Watermarks>;
  /** Adds epochs that the database does not know; leaves those that it does. */
  insertWatermarks(entries: readonly { readonly epoch: string; readonly settled: number }[]): Promise<void>;
  /** The delivery statement (delivery.md 2.3). `onSent` is called once its bytes are handed to the socket. */
  deliver(batch: Batch, onSent?: () => void): Promise<BatchResult>;
  /** Moves a watermark past rows that are not delivered (dead, destroyed); false: fenced. */
  advance(epoch: string, expected: number, through: number): Promise<boolean>;
  /** Deletes the watermarks of epochs that the outbox has forgotten. */
  forget(epochs: readonly string[]): Promise<void>;
  /** Drops the connection without waiting for the server; idempotent. */
  destroy(): void;
  /** Ends the connection politely, within a second. */
  end(): Promise<void>;
}

export interface ConnectOptions {
  /** Shown in pg_stat_activity, "ibkr-bridge/1a2b3c4d". */
  readonly applicationName: string;
  /** Aborts while connecting. */
  readonly signal: AbortSignal;
  /** The connection broke while nothing was under way. */
  readonly onLost: (error: unknown) => void;
  /** Something worth telling that does not stop delivery (an index that could not be created). */
  readonly onNotice: (message: string, foldKey: string) => void;
}

/** Connects and makes sure that the tables are there. */
export type ConnectDatabase = (target: DatabaseTarget, options: ConnectOptions) => Promise<DatabaseSession>;
