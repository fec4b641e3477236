import { openOutboxFile } from '../../main/engine/delivery/outbox-file.ts';
import { OutboxStore, toStoredRecord } from '../../main/engine/delivery/outbox-store.ts';
import { greeks } from '../engine/delivery/rows.ts';

/** Makes an outbox of the first `count` numbered rows, in one transaction. */
export function fillOutbox(path: string, count: number): void {
  const db = openOutboxFile(path);
  const store = new OutboxStore(db);
  store.transact(() => {
    for (let n = 1; n <= count; n += 1) store.insert(toStoredRecord({ id: n, epoch: '11'.repeat(16), eseq: n, entry: { kind: 'greeks', row: greeks(n) } }));
  });
  db.close();
}
