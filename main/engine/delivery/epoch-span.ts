/**
 * The rows of one process start, as far as this outbox knows them: `id = base + eseq`.
 *
 * `settled` is a cache of PostgreSQL's watermark (I4): every eseq up to it is in PostgreSQL or dead.
 */
export interface EpochSpan {
  readonly epoch: string;
  readonly base: number;
  /** Oldest eseq that is still held here. */
  first: number;
  /** Newest accepted eseq. */
  last: number;
  settled: number;
  /** Newest eseq that this process ever tried to deliver; PostgreSQL beyond it means another writer (fork). */
  sent: number;
}

/** Newest id of which all older ones are settled. */
export function ackedId(spans: readonly EpochSpan[], nextId: number): number {
  const pending = spans.find((span) => span.settled < span.last);
  return pending === undefined ? nextId - 1 : pending.base + pending.settled;
}

/** Rows that must outlive retention: with an empty outbox a rollback of PostgreSQL would go unnoticed (delivery.md 2.5). */
export function newestSettledIds(spans: readonly EpochSpan[]): number[] {
  return spans.filter(({ settled, first }) => settled >= first).map(({ base, settled }) => base + settled);
}
