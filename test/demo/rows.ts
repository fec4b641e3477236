import pg from 'pg';
import type { DatabaseTarget } from '../../main/engine/delivery/delivery.ts';

/** One row of portfolio_greeks as PostgreSQL has it. */
export interface StoredRow {
  readonly id: number;
  readonly timestamp: Date;
  readonly delta: number | null;
  readonly gamma: number | null;
  readonly vega: number | null;
  readonly theta: number | null;
  readonly underlying_price: number | null;
}

/** Rows that arrived after `afterId`, oldest first; empty as long as the table does not exist. Rejects while the database is away. */
export async function readRowsAfter(target: DatabaseTarget, afterId: number): Promise<readonly StoredRow[]> {
  const client = new pg.Client({ ...target, connectionTimeoutMillis: 2_000, query_timeout: 2_000 });
  // A server that stops under the query: the query itself rejects.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const table = await client.query<{ found: string | null }>(`select to_regclass('portfolio_greeks')::text as found`);
    if (table.rows[0]?.found == null) return [];
    const { rows } = await client.query<StoredRow>(
      `select id::int, timestamp, delta, gamma, vega, theta, underlying_price from portfolio_greeks where id > $1 order by id`,
      [afterId],
    );
    return rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}
