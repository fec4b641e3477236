import { deltas, drain, OutboxStand } from '../engine/delivery/outbox-stand.ts';
import { greeks } from '../engine/delivery/rows.ts';

/** What the product finds when it opens an outbox of numbered greeks rows again. */
export interface Survivors {
  readonly present: ReadonlySet<number>;
  /** Rows that the file says are delivered. */
  readonly settled: number;
}

/** Opens the file with the product; a sentence where it does not open, or where a row is not the one that was appended. */
export function openSurvivors(path: string): Survivors | string {
  try {
    const { outbox } = new OutboxStand({ path });
    // The last one is the run that was begun by opening it.
    const settled = Math.max(0, ...outbox.spans.slice(0, -1).map(({ base, settled: eseq }) => base + eseq));
    outbox.place(new Map(outbox.spans.map(({ epoch }) => [epoch, 0])));
    const { rows, damaged } = drain(outbox);
    outbox.close();
    const present = new Set(deltas(rows).map(Number));
    for (const { entry } of rows) if (entry.kind === 'greeks' && JSON.stringify(entry.row) !== JSON.stringify(greeks(Number(entry.row.delta)))) return `row ${entry.row.delta} is wrong`;
    return damaged > 0 ? `${damaged} rows are damaged` : { present, settled };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
