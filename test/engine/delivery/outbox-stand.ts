import { Outbox, type OutboxOptions } from '../../../main/engine/delivery/outbox.ts';
import type { OutboxRow } from '../../../main/engine/delivery/record.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** An outbox without a shipper, with what it told. */
export class OutboxStand {
  readonly clock: ManualClock;
  readonly told: string[] = [];
  readonly outbox: Outbox;

  constructor(options: Omit<OutboxOptions, 'clock'> & { readonly clock?: ManualClock }) {
    this.clock = options.clock ?? new ManualClock();
    this.outbox = new Outbox(
      { ballastBytes: 0, ...options, clock: this.clock },
      {
        notDurable: () => this.told.push('not-durable'),
        durableAgain: () => this.told.push('durable-again'),
        salvaged: ({ recovered }) => this.told.push(`salvaged ${recovered}`),
      },
    );
  }
}

/** Takes everything out as the shipper would with a database that accepts all, and says what it met. */
export function drain(outbox: Outbox): { readonly rows: OutboxRow[]; readonly gaps: number; readonly damaged: number } {
  const rows: OutboxRow[] = [];
  let gaps = 0;
  let damaged = 0;
  for (let work = outbox.nextWork(100); work !== null; work = outbox.nextWork(100)) {
    if (work.kind === 'rows') {
      rows.push(...work.rows);
      outbox.settle(work.epoch, work.expected + work.rows.length, work.rows.length);
    } else if (work.kind === 'gap') {
      gaps += work.through - work.expected;
      outbox.settle(work.epoch, work.through, 0);
    } else {
      damaged += 1;
      outbox.bury(work.record, '', 'local damage');
      outbox.settle(work.epoch, work.expected + 1, 1);
    }
  }
  return { rows, gaps, damaged };
}

/** Deltas of the greeks rows. */
export function deltas(rows: readonly OutboxRow[]): (number | null)[] {
  return rows.flatMap(({ entry }) => (entry.kind === 'greeks' ? [entry.row.delta] : []));
}
