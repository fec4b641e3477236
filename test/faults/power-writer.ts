/**
 * A process whose every write to the outbox is traced: appends numbered rows and says on its standard output what it was promised
 * and what the database has.
 *
 * Arguments: outbox, target as JSON or "none", rows, "full", "normal" (the control: the same file without a flush at each commit) or
 * "shrinking" (while rows whose retention is over are given back to the disk),
 * the number of the first row, and a shell command that ends the disk's trouble before the last rows ("" where it lasts).
 */
import { execFileSync } from 'node:child_process';
import { writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../main/engine/clock.ts';
import type { DatabaseTarget } from '../../main/engine/delivery/delivery.ts';
import { openDelivery } from '../../main/engine/delivery/durable-delivery.ts';
import { openOutboxFile } from '../../main/engine/delivery/outbox-file.ts';
import { OutboxStore, toStoredRecord } from '../../main/engine/delivery/outbox-store.ts';
import { RETENTION_MS } from '../../main/engine/delivery/outbox.ts';
import { drain, OutboxStand } from '../engine/delivery/outbox-stand.ts';
import { greeks } from '../engine/delivery/rows.ts';
import { fillOutbox } from './filled-outbox.ts';

const [path = '', target = 'none', rows = '0', mode = 'full', first = '1', mend = ''] = process.argv.slice(2);
const last = Number(first) + Number(rows) - 1;
const rowsAfterMending = 5;
const say = (text: string): void => void writeSync(1, `${text}\n`);

if (mode === 'normal') appendWithoutFlush();
else if (mode === 'shrinking') appendWhileShrinking();
else await appendAndDeliver();

async function appendAndDeliver(): Promise<void> {
  const database = target === 'none' ? null : (JSON.parse(target) as DatabaseTarget);
  const delivery = openDelivery({ bufferPath: path, target: database, clock: systemClock, limits: { ballastBytes: 0 } });
  delivery.start(() => undefined);
  let delivered = -1;
  for (let n = Number(first); n <= last; n += 1) {
    if (mend !== '' && n === last - rowsAfterMending) execFileSync('sh', ['-c', mend]);
    delivery.appendGreeks(greeks(n));
    // Accepted for good, or only in memory, which the alarm says.
    say(`${delivery.state().durable ? 'A' : 'M'} ${n}`);
    if (n % 7 === 0) await pause(1);
    if (delivery.state().delivered !== delivered) say(`D ${(delivered = delivery.state().delivered)}`);
  }
  await delivery.stop(2_000);
  say('end');
}

function appendWithoutFlush(): void {
  const db = openOutboxFile(path);
  db.pragma('synchronous = NORMAL');
  const store = new OutboxStore(db);
  for (let n = 1; n <= Number(rows); n += 1) {
    store.transact(() => store.insert(toStoredRecord({ id: n, epoch: '11'.repeat(16), eseq: n, entry: { kind: 'greeks', row: greeks(n) } })));
    say(`A ${n}`);
  }
  say('end');
}

function appendWhileShrinking(): void {
  fillOutbox(path, Number(first) - 1);
  const { outbox, clock } = new OutboxStand({ path });
  drain(outbox);
  outbox.maintain();
  clock.freeze(RETENTION_MS + 3_600_000);
  for (let n = Number(first); n <= last; n += 1) {
    outbox.append({ kind: 'greeks', row: greeks(n) });
    say(`A ${n}`);
    if (n % 7 === 0) outbox.maintain();
  }
  outbox.close();
  say('end');
}
