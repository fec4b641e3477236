/**
 * A process to be killed at any instant: appends a numbered row every few milliseconds through the product's own delivery and notes
 * it in the oracle before and after.
 *
 * Arguments: outbox, oracle, target as JSON, milliseconds between rows, rows to append before it delivers all and ends (0: never).
 */
import { writeSync } from 'node:fs';
import { systemClock } from '../../main/engine/clock.ts';
import type { DatabaseTarget } from '../../main/engine/delivery/delivery.ts';
import { openDelivery } from '../../main/engine/delivery/durable-delivery.ts';
import { greeks } from '../engine/delivery/rows.ts';
import { OracleWriter, readOracle } from '../support/oracle.ts';

const [path = '', oraclePath = '', target = '', tickMs = '5', rows = '0'] = process.argv.slice(2);
const oracle = new OracleWriter(oraclePath);
let next = readOracle(oraclePath).next;
const end = Number(rows) === 0 ? Infinity : next + Number(rows);
const delivery = openDelivery({ bufferPath: path, target: JSON.parse(target) as DatabaseTarget, clock: systemClock, limits: { ballastBytes: 0 } });
delivery.start(() => undefined);
writeSync(1, 'open\n');

while (next < end) {
  oracle.intend(next);
  delivery.appendGreeks(greeks(next));
  oracle.accepted(next);
  next += 1;
  await new Promise((resolve) => setTimeout(resolve, Number(tickMs)));
}
while (delivery.state().waiting > 0) {
  delivery.probeNow();
  await new Promise((resolve) => setTimeout(resolve, 5));
}
await delivery.stop(10_000);
