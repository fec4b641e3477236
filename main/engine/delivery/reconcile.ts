import { randomBytes } from 'node:crypto';
import type { DatabaseSession, Watermarks } from './database-session.ts';
import type { EpochSpan } from './epoch-span.ts';
import type { Outbox } from './outbox.ts';
import type { Reporter } from './reporter.ts';

/** Finished epochs are forgotten on both sides after this long; see {@link forgetOldEpochs}. */
const FORGET_EPOCHS_AFTER_MS = 400 * 24 * 3_600_000;

export interface ReconcilePlan {
  /** Where each epoch stands, for the outbox to take over. */
  readonly settled: ReadonlyMap<string, number>;
  /** Epochs that the database has to learn. */
  readonly unknown: readonly { readonly epoch: string; readonly settled: number }[];
  /** Rows that PostgreSQL had confirmed and does not have any more. */
  readonly takenBack: number;
  /** Somebody else delivered under this process's epoch. */
  readonly forked: boolean;
  /** This database has never seen any of our rows, another one has. */
  readonly newDatabase: boolean;
}

/** Compares the outbox with PostgreSQL's watermarks (delivery.md 2.5); pure. */
export function planReconcile(spans: readonly Readonly<EpochSpan>[], ownEpoch: string, sink: number | null, marks: Watermarks): ReconcilePlan {
  const sinkKnown = marks.sink === sink;
  const settled = new Map<string, number>();
  const unknown: { epoch: string; settled: number }[] = [];
  let takenBack = 0;
  let forked = false;
  for (const span of spans) {
    const watermark = marks.settled.get(span.epoch);
    if (watermark === undefined) {
      // A database that we know went back to a time before this epoch; another database gets only what is pending.
      const start = sinkKnown ? 0 : span.settled;
      unknown.push({ epoch: span.epoch, settled: start });
      settled.set(span.epoch, start);
      takenBack += span.settled - start;
    } else if (span.epoch === ownEpoch && watermark > span.sent) {
      forked = true;
    } else {
      settled.set(span.epoch, Math.min(watermark, span.last));
      takenBack += Math.max(0, span.settled - watermark);
    }
  }
  const newDatabase = !sinkKnown && sink !== null && marks.settled.size === 0;
  return { settled, unknown, takenBack, forked, newDatabase };
}

/** Brings outbox and watermarks together; on every new connection, before a batch is chosen. `signal`: results no longer count. */
export async function reconcile(session: DatabaseSession, outbox: Outbox, reporter: Reporter, signal: AbortSignal): Promise<void> {
  if (await compare(session, outbox, reporter, signal)) {
    leaveForkedEpoch(outbox, reporter);
    if (await compare(session, outbox, reporter, signal)) throw new Error('another writer delivers under the run that was begun this moment');
  }
  await forgetOldEpochs(session, outbox, signal);
}

/** Takes over the watermarks; true when somebody else delivered under this process's epoch. */
async function compare(session: DatabaseSession, outbox: Outbox, reporter: Reporter, signal: AbortSignal): Promise<boolean> {
  const epochs = outbox.spans.map(({ epoch }) => epoch);
  const marks = await session.readWatermarks(epochs, randomBytes(6).readUIntBE(0, 6) % 2 ** 47);
  signal.throwIfAborted();
  const plan = planReconcile(outbox.spans, outbox.epoch, outbox.sink, marks);
  if (plan.unknown.length > 0) {
    await session.insertWatermarks(plan.unknown);
    signal.throwIfAborted();
  }
  outbox.place(plan.settled);
  // After the watermarks are written: known sink and missing watermark would mean "went back in time".
  outbox.setSink(marks.sink);
  // Else a crash before the rows are sent again would start with the old progress and tell that nothing waits.
  if (plan.takenBack > 0) outbox.saveProgress();
  report(plan, outbox, reporter);
  return plan.forked;
}

function leaveForkedEpoch(outbox: Outbox, reporter: Reporter): void {
  const rows = outbox.fork();
  const text = `another copy of this bridge delivered under the same run; continuing as a new run, ${rows} waiting rows queued again`;
  reporter.notice('error', text, 'outbox-forked');
  reporter.alarm('outbox-forked', text, 'make sure that only one copy of this machine or folder runs the bridge');
}

function report(plan: ReconcilePlan, outbox: Outbox, reporter: Reporter): void {
  if (plan.newDatabase)
    reporter.notice('info', `this is a new database: ${outbox.waiting} waiting rows go to it, older ones stay where they were delivered`, 'database-new');
  if (plan.takenBack > 0)
    reporter.notice(
      'warning',
      `the database is ${plan.takenBack} rows behind what it had confirmed (restored from an older copy?); sending them again from the outbox`,
      'database-went-back',
    );
}

/**
 * Local rows first, watermark after: never the other way round, or a crash in between would send rows twice.
 *
 * Much later than the seven days of retention: a copy of the outbox (a backup, a second machine) that is older than the
 * watermark's deletion would deliver its rows again, and a watermark costs some 70 bytes per start of the bridge.
 */
async function forgetOldEpochs(session: DatabaseSession, outbox: Outbox, signal: AbortSignal): Promise<void> {
  const forgotten = outbox.forgetEpochs(FORGET_EPOCHS_AFTER_MS);
  if (forgotten.length === 0) return;
  await session.forget(forgotten);
  signal.throwIfAborted();
}
