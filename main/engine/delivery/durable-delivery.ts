import type { Clock, Ms, Timer } from '../clock.ts';
import type { DeliveryState } from '../state.ts';
import { Admission } from './admission.ts';
import type { ConnectDatabase } from './database-session.ts';
import type { DatabaseTarget, Delivery, DeliveryEvent, GreeksRow, LogRow } from './delivery.ts';
import type { FaultHook } from './fault-point.ts';
import type { SalvageReport } from './outbox-salvage.ts';
import type { DeadRow } from './outbox-store.ts';
import { Outbox, type LastRecorded } from './outbox.ts';
import { connectPostgres } from './postgres-session.ts';
import type { Entry } from './record.ts';
import { EventQueue } from './reporter.ts';
import { Shipper } from './shipper.ts';

const MAINTENANCE_INTERVAL_MS = 60_000;
/** 200 of the largest rows made the write-ahead log grow past a megabyte (soak of 72 minutes: 1.005 MB). */
const MAINTENANCE_ROWS = 150;
/** While rows are only in memory the disk is tried this often. */
const RECOVERY_INTERVAL_MS = 10_000;

export interface DeliveryOptions {
  /** The outbox (BRIDGE_BUFFER_PATH). */
  readonly bufferPath: string;
  /** null: rows wait in the outbox. */
  readonly target: DatabaseTarget | null;
  readonly clock: Clock;
  /** Source of epochs; node:crypto by default. */
  readonly random?: (bytes: number) => Buffer;
  /** Called at named instants so that a test can kill the process there. */
  readonly faultPoint?: FaultHook;
  /** The way to the database; PostgreSQL by default. */
  readonly connect?: ConnectDatabase;
  readonly limits?: DeliveryLimits;
}

/** Figures that tests make small; the defaults are delivery.md 2.8's. */
export interface DeliveryLimits {
  readonly capBytes?: number;
  readonly ballastBytes?: number;
  readonly memoryRows?: number;
  readonly maxPageCount?: number;
  /** Rows in one statement. */
  readonly batchRows?: number;
}

/** Delivery as the engine sees it, plus the rows that PostgreSQL refused. */
export interface DurableDelivery extends Delivery {
  deadRows(): readonly DeadRow[];
  /** Queues dead rows again with their original timestamps; returns how many. Throws while the outbox cannot be written. */
  requeue(ids: readonly number[]): number;
}

/**
 * Opens the outbox; nothing is dialled before `start`.
 *
 * Throws OutboxInUseError when another process holds the file, OutboxOpenError when it cannot be used. A damaged
 * file is moved aside, salvaged and reported.
 */
export function openDelivery(options: DeliveryOptions): DurableDelivery {
  return new OutboxDelivery(options);
}

class OutboxDelivery implements DurableDelivery {
  readonly #clock: Clock;
  readonly #events: EventQueue;
  readonly #outbox: Outbox;
  readonly #shipper: Shipper;
  readonly #admission: Admission;
  #maintenance: Timer | null = null;
  #sinceMaintenance = 0;
  #closed = false;

  constructor(options: DeliveryOptions) {
    const { clock, limits = {} } = options;
    this.#clock = clock;
    this.#events = new EventQueue(() => ({ type: 'state', state: this.state() }));
    this.#admission = new Admission(clock, this.#events, limits.capBytes);
    this.#outbox = new Outbox(
      {
        path: options.bufferPath,
        clock,
        ...(options.random && { random: options.random }),
        ...(options.faultPoint && { faultPoint: options.faultPoint }),
        ...(limits.ballastBytes !== undefined && { ballastBytes: limits.ballastBytes }),
        ...(limits.memoryRows !== undefined && { memoryRowsLimit: limits.memoryRows }),
        ...(limits.maxPageCount !== undefined && { maxPageCount: limits.maxPageCount }),
      },
      {
        notDurable: (reason) => this.#onNotDurable(reason),
        durableAgain: (rows) => this.#onDurableAgain(rows),
        salvaged: (report) => this.#onSalvaged(report),
      },
    );
    this.#shipper = new Shipper({
      outbox: this.#outbox,
      connect: options.connect ?? connectPostgres,
      target: options.target,
      clock,
      reporter: this.#events,
      ...(limits.batchRows !== undefined && { batchRows: limits.batchRows }),
      ...(options.faultPoint && { faultPoint: options.faultPoint }),
    });
  }

  appendGreeks(row: GreeksRow): void {
    this.#append({ kind: 'greeks', row });
  }

  appendLog(row: LogRow): void {
    this.#append({ kind: 'log', row });
  }

  lastRecorded(): LastRecorded {
    return this.#outbox.lastRecorded;
  }

  state(): DeliveryState {
    const { waiting, dead, durable } = this.#outbox;
    return { ...this.#shipper.state(), waiting, dead, durable };
  }

  deadRows(): readonly DeadRow[] {
    return this.#outbox.deadRows();
  }

  requeue(ids: readonly number[]): number {
    const rows = this.#outbox.requeue(ids);
    this.#events.changed();
    this.#shipper.kick();
    return rows;
  }

  start(listener: (event: DeliveryEvent) => void): void {
    this.#events.listen(listener);
    this.#events.changed();
    this.#shipper.start();
    void this.#outbox.ensureBallast();
    this.#armMaintenance();
  }

  setTarget(target: DatabaseTarget | null): void {
    this.#shipper.setTarget(target);
  }

  probeNow(): void {
    this.#shipper.probeNow();
  }

  async stop(deadlineMs: Ms): Promise<void> {
    if (this.#closed) return;
    await this.#shipper.stop(deadlineMs);
    this.#maintenance?.cancel();
    this.#events.changed();
    // The last notices become rows: the file is still open for them.
    this.#events.flush();
    this.#closed = true;
    this.#outbox.close();
    // Nothing of ours may still be written when the caller is told that we have stopped.
    await this.#outbox.ballastIdle();
  }

  #append(entry: Entry): void {
    if (this.#closed) throw new Error('delivery has stopped: the row was not accepted');
    if (!this.#admission.admits(entry)) return;
    this.#outbox.append(entry);
    this.#events.changed();
    this.#shipper.kick();
    this.#sinceMaintenance += 1;
    // Beside the append, not inside it: a checkpoint would show in its latency.
    if (this.#sinceMaintenance === MAINTENANCE_ROWS) setImmediate(() => this.#maintain());
  }

  #armMaintenance(): void {
    if (this.#closed) return;
    this.#maintenance?.cancel();
    const delay = this.#outbox.durable ? MAINTENANCE_INTERVAL_MS : RECOVERY_INTERVAL_MS;
    this.#maintenance = this.#clock.setTimer(delay, () => this.#maintain());
  }

  #maintain(): void {
    if (this.#closed) return;
    this.#sinceMaintenance = 0;
    this.#outbox.maintain();
    this.#checkSize();
    void this.#outbox.ensureBallast();
    this.#armMaintenance();
  }

  #checkSize(): void {
    // A file that cannot be written has an alarm of its own, and cannot be measured when it cannot be opened.
    if (!this.#outbox.durable) return;
    if (this.#outbox.sizeBytes() >= this.#admission.capBytes) this.#outbox.pruneDelivered();
    this.#admission.measure(this.#outbox.sizeBytes());
  }

  #onNotDurable(reason: string): void {
    const text = `NOT DURABLE: the outbox cannot be written (${reason}); rows are kept in memory only and are lost if the bridge stops now`;
    this.#events.alarm('not-durable', text, 'free disk space, or check the disk');
    this.#events.notice('error', text, 'not-durable');
    this.#events.changed();
    this.#armMaintenance();
  }

  #onDurableAgain(rows: number): void {
    this.#events.clearAlarm('not-durable');
    this.#events.notice('info', `the outbox can be written again; ${rows} rows went from memory to disk`, 'durable-again');
    this.#events.changed();
  }

  #onSalvaged({ recovered, movedTo }: SalvageReport): void {
    const text = `the outbox file was damaged; it was moved to ${movedTo} and ${recovered} rows were recovered from it`;
    this.#events.notice('error', text, 'outbox-damaged');
    this.#events.alarm('outbox-damaged', text, 'check the disk; keep the moved file until no rows are missing');
  }
}
