import type { DatabaseTarget, GreeksRow, LogRow } from '../../../main/engine/delivery/delivery.ts';
import type { TestServer } from '../../support/postgres.ts';

/** A greeks row whose numbers tell which one it is. */
export function greeks(n: number, timestamp = Date.UTC(2026, 0, 5, 15) + n * 5_000): GreeksRow {
  return { timestamp, contract: 'PORTFOLIO', delta: n, gamma: n / 7, vega: -n * 1.1, theta: null, underlyingPrice: 5_000 + n };
}

export function log(message: string, timestamp = Date.UTC(2026, 0, 5, 15)): LogRow {
  return { timestamp, apiMode: 'SOCKET', message, status: 'info' };
}

export interface DatabaseGreeks {
  readonly ms: number;
  readonly delta: number;
  readonly [column: string]: unknown;
}

/** portfolio_greeks in the order in which the rows were inserted. */
export async function greeksIn(server: TestServer, target: DatabaseTarget): Promise<DatabaseGreeks[]> {
  const sql = `SELECT id, (extract(epoch FROM timestamp) * 1000)::float8 AS ms, contract, delta, gamma, vega, theta, underlying_price
               FROM portfolio_greeks ORDER BY id`;
  return (await server.query(sql, [], target.database)) as unknown as DatabaseGreeks[];
}

export async function deltasIn(server: TestServer, target: DatabaseTarget): Promise<number[]> {
  return (await greeksIn(server, target)).map(({ delta }) => delta);
}
