import { greeks, greeksIn, type DatabaseGreeks } from '../engine/delivery/rows.ts';
import type { DatabaseTarget } from '../../main/engine/delivery/delivery.ts';
import type { Oracle } from './oracle.ts';
import type { TestServer } from './postgres.ts';

/** How what is in PostgreSQL differs from what was accepted; all zero is the only good verdict. */
export interface DeliveryVerdict {
  readonly rows: number;
  readonly lost: number;
  readonly doubled: number;
  readonly outOfOrder: number;
  /** Timestamp or a number is not the one that was accepted. */
  readonly wrong: number;
  /** Rows that nobody ever handed over. */
  readonly phantom: number;
}

/** Judges numbered rows (`greeks(n)`) in the order of their ids. Rows in flight at a kill may be there once or not at all. */
export function judgeRows(rows: readonly DatabaseGreeks[], oracle: Oracle): DeliveryVerdict {
  const seen = new Set<number>();
  let doubled = 0;
  let outOfOrder = 0;
  let wrong = 0;
  let phantom = 0;
  let newest = -Infinity;
  for (const row of rows) {
    const n = row.delta;
    if (!oracle.intended.has(n)) phantom += 1;
    if (seen.has(n)) doubled += 1;
    else if (n < newest) outOfOrder += 1;
    if (!isRow(row, n)) wrong += 1;
    seen.add(n);
    newest = Math.max(newest, n);
  }
  let lost = 0;
  for (const n of oracle.accepted) if (!seen.has(n)) lost += 1;
  return { rows: rows.length, lost, doubled, outOfOrder, wrong, phantom };
}

function isRow(row: DatabaseGreeks, n: number): boolean {
  const { timestamp, gamma, vega, theta, underlyingPrice } = greeks(n);
  return row.ms === timestamp && row['gamma'] === gamma && row['vega'] === vega && row['theta'] === theta && row['underlying_price'] === underlyingPrice;
}

export async function judgeDatabase(server: TestServer, target: DatabaseTarget, oracle: Oracle): Promise<DeliveryVerdict> {
  return judgeRows(await greeksIn(server, target), oracle);
}

export function isFlawless({ lost, doubled, outOfOrder, wrong, phantom }: DeliveryVerdict): boolean {
  return lost + doubled + outOfOrder + wrong + phantom === 0;
}

/** "22,563 rows: 0 lost, 0 doubled, 0 out of order, 0 wrong, 0 phantom". */
export function describeVerdict({ rows, lost, doubled, outOfOrder, wrong, phantom }: DeliveryVerdict): string {
  return `${rows.toLocaleString('en-US')} rows: ${lost} lost, ${doubled} doubled, ${outOfOrder} out of order, ${wrong} wrong, ${phantom} phantom`;
}
