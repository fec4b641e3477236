/**
 * A process to be killed: appends rows, tells each accepted one on its standard output (write before, so that the line
 * survives it), delivers, and dies by SIGKILL at a named point.
 *
 * Arguments: outbox, target as JSON, first row, rows, fault point (or "never"), how many times the point is passed before.
 */
import { writeSync } from 'node:fs';
import { systemClock } from '../../../main/engine/clock.ts';
import type { DatabaseTarget } from '../../../main/engine/delivery/delivery.ts';
import { openDelivery } from '../../../main/engine/delivery/durable-delivery.ts';
import { greeks } from './rows.ts';

const [path = '', target = '', first = '1', rows = '1', point = 'never', passes = '0'] = process.argv.slice(2);
let left = Number(passes);

const delivery = openDelivery({
  bufferPath: path,
  target: JSON.parse(target) as DatabaseTarget,
  clock: systemClock,
  limits: { ballastBytes: 0 },
  faultPoint: (name) => {
    if (name !== point) return;
    left -= 1;
    if (left < 0) process.kill(process.pid, 'SIGKILL');
  },
});
delivery.start(() => undefined);
writeSync(1, 'open\n');
for (let n = Number(first); n < Number(first) + Number(rows); n += 1) {
  writeSync(1, `I ${n}\n`);
  delivery.appendGreeks(greeks(n));
  writeSync(1, `A ${n}\n`);
  if (n % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
}
while (delivery.state().waiting > 0) await new Promise((resolve) => setTimeout(resolve, 2));
await delivery.stop(5_000);
