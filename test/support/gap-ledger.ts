import type { DatabaseTarget } from '../../main/engine/delivery/delivery.ts';
import type { Ms } from '../../main/engine/clock.ts';
import { gapIntervals } from '../../main/engine/gap-tracker.ts';
import type { TestServer } from './postgres.ts';

/** What PostgreSQL knows of the time in which the bridge ran. */
export interface Records {
  /** Instants of portfolio_greeks, in the order of their ids. */
  readonly rows: readonly Ms[];
  readonly logs: readonly { readonly at: Ms; readonly message: string }[];
}

/** A time without a row that no row of api_logs explains. */
export interface UnexplainedGap {
  readonly from: Ms;
  readonly to: Ms;
}

export interface Ledger {
  readonly from: Ms;
  readonly to: Ms;
  readonly gapRows: number;
  readonly unexplained: readonly UnexplainedGap[];
}

/** Texts carry whole milliseconds. */
const roundingMs: Ms = 1;
/** The last words of a stop are written a moment after the gap that it ends. */
const lastWordsMs: Ms = 100;

const gapRow = /^gap of .* in portfolio_greeks, from (\S+Z) to (\S+Z): (.+)$/s;

/**
 * Checks, from the database alone, that from the first "started" row on no time is both without a row and without a cause:
 * rows at most 1.5 intervals apart and the spans of the "gap of" rows together must cover everything up to `to` (the newest row of
 * either table by default).
 */
export function keepLedger({ rows, logs }: Records, intervalMs: Ms, to?: Ms): Ledger {
  const started = logs.find(({ message }) => message.startsWith('started in '));
  const from = Math.min(started?.at ?? Infinity, rows[0] ?? Infinity);
  if (!Number.isFinite(from)) throw new Error('the database knows of no start and of no row: there is nothing to check');
  const gaps = logs.flatMap(({ message }) => {
    const [, begin, end, cause] = gapRow.exec(message) ?? [];
    return begin === undefined || end === undefined || cause === undefined ? [] : [{ from: Date.parse(begin), to: Date.parse(end) }];
  });
  const end = to ?? Math.max(rows.at(-1) ?? 0, logs.at(-1)?.at ?? 0);
  const covered = [...gaps, ...rows.map((at) => ({ from: at, to: at + gapIntervals * intervalMs }))].sort((one, other) => one.from - other.from);
  const unexplained: UnexplainedGap[] = [];
  let reached = from + gapIntervals * intervalMs;
  for (const span of covered) {
    if (span.from > reached + roundingMs && reached < end) unexplained.push({ from: reached, to: Math.min(span.from, end) });
    reached = Math.max(reached, span.to);
  }
  if (reached + lastWordsMs < end) unexplained.push({ from: reached, to: end });
  return { from, to: end, gapRows: gaps.length, unexplained };
}

/** Reads both tables and checks them. */
export async function ledgerOf(server: TestServer, target: DatabaseTarget, intervalMs: Ms, to?: Ms): Promise<Ledger> {
  const ms = '(extract(epoch FROM timestamp) * 1000)::float8 AS at';
  const rows = await server.query(`SELECT ${ms} FROM portfolio_greeks ORDER BY id`, [], target.database);
  const logs = await server.query(`SELECT ${ms}, message FROM api_logs ORDER BY id`, [], target.database);
  return keepLedger(
    { rows: rows.map(({ at }) => Number(at)), logs: logs.map(({ at, message }) => ({ at: Number(at), message: String(message) })) },
    intervalMs,
    to,
  );
}

/** "2026-03-04T20:00:00.000Z to ...", for messages. */
export function describeUnexplained({ unexplained }: Ledger): string {
  return unexplained.map(({ from, to }) => `${new Date(from).toISOString()} to ${new Date(to).toISOString()}`).join('; ');
}
