import type { Clock } from '../clock.ts';
import type { DeliveryState } from '../state.ts';
import { assertNever } from '../assert-never.ts';
import { ConfigurationError } from './configuration-error.ts';
import type { BatchResult, DatabaseSession } from './database-session.ts';
import type { FaultHook } from './fault-point.ts';
import type { Outbox, RowsToSend } from './outbox.ts';
import { toStoredRecord } from './outbox-store.ts';
import { dataErrorCode } from './postgres-errors.ts';
import type { OutboxRow } from './record.ts';
import type { Reporter } from './reporter.ts';

export const BATCH_ROWS = 500;
/** So many rows in a row that die of the same code are no bad rows but a bad schema (delivery.md 2.9). */
export const POISON_LIMIT = 20;
/** From this many waiting rows on, progress is shown and the end is told. */
const BACKLOG_ROWS = 50;
const SAVE_EVERY_ROWS = 60;
const SAVE_EVERY_ROWS_IN_DRAIN = 2_000;

/** The watermark was not where we expected it: nothing was inserted, another connection (a frozen one, a second bridge) was first. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}

export interface ShipmentParts {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly reporter: Reporter;
  readonly faultPoint?: FaultHook;
  /** Most rows in one statement; {@link BATCH_ROWS} by default. */
  readonly batchRows?: number;
}

/** Sends one piece of work at a time, and knows how to get past rows that PostgreSQL refuses. */
export class ShipmentDesk {
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #reporter: Reporter;
  readonly #fault: FaultHook | undefined;
  /** Halved until a refused row stands alone, doubled with every success: healthy rows before it go out first, in order. */
  #batchRows: number;
  readonly #batchRowsLimit: number;
  #poison = { code: '', streak: 0 };
  #delivered = 0;
  #lastDelivery: DeliveryState['lastDelivery'] = null;
  #drain: { readonly done: number; readonly total: number } | null = null;

  constructor(parts: ShipmentParts) {
    this.#outbox = parts.outbox;
    this.#clock = parts.clock;
    this.#reporter = parts.reporter;
    this.#fault = parts.faultPoint;
    this.#batchRowsLimit = parts.batchRows ?? BATCH_ROWS;
    this.#batchRows = this.#batchRowsLimit;
  }

  get progress(): Pick<DeliveryState, 'delivered' | 'lastDelivery' | 'drain'> {
    return { delivered: this.#delivered, lastDelivery: this.#lastDelivery, drain: this.#drain };
  }

  /**
   * Delivers the next piece of work. Rejects with FencedError, ConfigurationError or whatever the session rejects with;
   * after `signal` is aborted an answer changes nothing any more.
   */
  async ship(session: DatabaseSession, signal: AbortSignal): Promise<void> {
    const work = this.#outbox.nextWork(this.#batchRows);
    if (work === null) return;
    this.#noteBacklog();
    switch (work.kind) {
      case 'rows':
        return this.#deliver(session, signal, work);
      case 'gap':
        await this.#skip(session, signal, work.epoch, work.expected, work.through, 0);
        return this.#reportGap(work.through - work.expected);
      case 'damaged':
        this.#outbox.bury(work.record, '', 'local damage');
        this.#reporter.notice('error', `a row in the outbox was damaged on disk and is kept aside (number ${work.record.id})`, 'row-damaged');
        return this.#skip(session, signal, work.epoch, work.expected, work.expected + 1, 1);
      default:
        return assertNever(work);
    }
  }

  async #deliver(session: DatabaseSession, signal: AbortSignal, work: RowsToSend): Promise<void> {
    const through = work.expected + work.rows.length;
    this.#outbox.noteSent(work.epoch, through);
    this.#fault?.('before-send');
    const startedAt = this.#clock.monotonic();
    let result: BatchResult;
    try {
      const answer = session.deliver(work, () => this.#fault?.('after-send'));
      // A drain would otherwise wait for the disk and for the server in turn.
      this.#outbox.readAhead(work.epoch, through, this.#batchRows);
      result = await answer;
    } catch (error) {
      const code = dataErrorCode(error);
      // Perhaps the line is so thin that the statement does not get through within its time; a smaller one does.
      if (code === null) this.#batchRows = Math.ceil(work.rows.length / 4);
      signal.throwIfAborted();
      if (code === null) throw error;
      return this.#isolate(session, signal, work, code, error);
    }
    signal.throwIfAborted();
    this.#fault?.('after-response');
    if (!result.moved) throw new FencedError('the watermark had moved');
    this.#settle(work.epoch, through, work.rows.length);
    this.#lastDelivery = { at: this.#clock.now(), latencyMs: this.#clock.monotonic() - startedAt };
    this.#delivered += result.greeks + result.logs;
    this.#poison = { code: '', streak: 0 };
    this.#batchRows = Math.min(this.#batchRowsLimit, this.#batchRows * 2);
    this.#checkCounts(work.rows, result);
  }

  /** The server refused the batch for the content of a row: halve it, or put the single row aside. */
  async #isolate(session: DatabaseSession, signal: AbortSignal, work: RowsToSend, code: string, error: unknown): Promise<void> {
    const [row] = work.rows;
    if (work.rows.length > 1 || row === undefined) {
      this.#batchRows = Math.ceil(work.rows.length / 2);
      return;
    }
    const reason = error instanceof Error ? error.message : String(error);
    const streak = this.#poison.code === code ? this.#poison.streak : 0;
    if (streak >= POISON_LIMIT)
      throw new ConfigurationError(
        'database-refuses-rows',
        `the database refused ${streak} rows in a row for the same reason (${code}): ${reason}`,
        'check the constraints and triggers of portfolio_greeks and api_logs',
      );
    this.#outbox.bury(toStoredRecord(row), code, reason);
    this.#poison = { code, streak: streak + 1 };
    this.#reporter.notice('error', `the database refused a row for its content (${code}: ${reason}); it is kept aside`, `row-refused-${code}`);
    return this.#skip(session, signal, work.epoch, work.expected, work.expected + 1, 1);
  }

  async #skip(session: DatabaseSession, signal: AbortSignal, epoch: string, expected: number, through: number, rows: number): Promise<void> {
    this.#outbox.noteSent(epoch, through);
    const moved = await session.advance(epoch, expected, through);
    signal.throwIfAborted();
    if (!moved) throw new FencedError('the watermark had moved');
    this.#settle(epoch, through, rows);
  }

  #settle(epoch: string, through: number, rows: number): void {
    this.#outbox.settle(epoch, through, rows);
    this.#fault?.('after-memory-ack');
    const { waiting, unsaved } = this.#outbox;
    if (unsaved >= (waiting === 0 ? SAVE_EVERY_ROWS : SAVE_EVERY_ROWS_IN_DRAIN)) this.#outbox.saveProgress();
    if (this.#drain === null) return;
    const done = this.#drain.done + rows;
    if (waiting > 0) this.#drain = { done, total: done + waiting };
    else {
      this.#drain = null;
      this.#reporter.notice('info', `delivered ${done} rows that had waited`, 'drain-finished');
    }
  }

  #noteBacklog(): void {
    const { waiting } = this.#outbox;
    if (this.#drain === null && waiting >= BACKLOG_ROWS) this.#drain = { done: 0, total: waiting };
  }

  #reportGap(rows: number): void {
    const text = `${rows} rows are neither in the outbox nor in the database: they were destroyed on disk or lost on both sides`;
    this.#reporter.notice('error', text, 'rows-missing');
    this.#reporter.alarm('rows-missing', text, 'look into the damaged outbox file beside the outbox, or into a backup of the database');
  }

  /** A trigger or a rule on the trader's tables may swallow rows; the watermark has moved, so this can only be told. */
  #checkCounts(rows: readonly OutboxRow[], result: BatchResult): void {
    const expected = rows.filter(({ entry }) => entry.kind !== 'moved').length;
    const missing = expected - result.greeks - result.logs;
    if (missing === 0) return;
    const text = `the database accepted a batch but reported ${missing} of its ${expected} rows as not inserted: a trigger or rule on the tables`;
    this.#reporter.notice('error', text, 'rows-swallowed');
    this.#reporter.alarm('rows-swallowed', text, 'check the triggers and rules of portfolio_greeks and api_logs');
  }
}
