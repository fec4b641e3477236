import assert from 'node:assert/strict';
import { copyFileSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openHistoryFile } from '../../../main/engine/delivery/history-file.ts';
import { historyPath } from '../../../main/engine/delivery/history.ts';
import { OutboxInUseError, openOutboxFile } from '../../../main/engine/delivery/outbox-file.ts';
import { toStoredRecord } from '../../../main/engine/delivery/outbox-store.ts';
import { RETENTION_MS } from '../../../main/engine/delivery/outbox.ts';
import { OutboxFolder } from './delivery-stand.ts';
import { deltas, drain, OutboxStand } from './outbox-stand.ts';
import { greeks, log } from './rows.ts';

const entry = (n: number) => ({ kind: 'greeks' as const, row: greeks(n) });
const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);

test('every open is durable: synchronous is FULL the first time and when the file is opened again', () => {
  using folder = new OutboxFolder();
  for (const round of ['first', 'again']) {
    const db = openOutboxFile(folder.path);
    assert.equal(db.pragma('synchronous', { simple: true }), 2, round);
    assert.equal(db.pragma('journal_mode', { simple: true }), 'wal');
    assert.equal(db.pragma('locking_mode', { simple: true }), 'exclusive');
    db.close();
  }
});

test('opening needs no room for a shared-memory file, also with a write-ahead log that a crash left: a full disk has none', () => {
  using crashed = new OutboxFolder();
  using folder = new OutboxFolder();
  const before = openOutboxFile(crashed.path);
  before.exec("INSERT INTO state VALUES('test', 1)");
  for (const suffix of ['', '-wal']) copyFileSync(crashed.path + suffix, folder.path + suffix);
  const db = openOutboxFile(folder.path);
  assert.equal(db.prepare("SELECT v FROM state WHERE k = 'test'").pluck().get(), 1);
  assert.ok(!existsSync(`${folder.path}-shm`));
  before.close();
  db.close();
});

test('a week of rows on disk does not become memory: SQLite keeps 2 MB of the outbox and of the history at most', () => {
  using folder = new OutboxFolder();
  for (const open of [() => openOutboxFile(folder.path), () => openHistoryFile(historyPath(folder.path), 0)]) {
    const db = open();
    const size = Number(db.prepare('PRAGMA cache_size').pluck().get());
    assert.ok((size < 0 ? -size * 1_024 : size * 4_096) <= 2_097_152, `${size}`);
    db.close();
  }
});

test('a file copied without its write-ahead log right after creation has its tables', () => {
  using folder = new OutboxFolder();
  const db = openOutboxFile(folder.path);
  const copy = join(folder.folder, 'copy.sqlite');
  copyFileSync(folder.path, copy);
  const names = openOutboxFile(copy).prepare('SELECT name FROM sqlite_schema ORDER BY name').pluck().all();
  assert.deepEqual(names, ['dead', 'outbox', 'state']);
  db.close();
});

test('a second bridge on the same file is refused at once, and the first goes on', () => {
  using folder = new OutboxFolder();
  const { outbox } = new OutboxStand({ path: folder.path });
  assert.throws(() => new OutboxStand({ path: folder.path }), (error: unknown) => error instanceof OutboxInUseError && error.message.includes(`already uses ${folder.path}`));
  outbox.append(entry(1));
  assert.equal(outbox.waiting, 1);
  outbox.close();
});

test('accepted rows survive a process that is killed: a copy of its files has every one', () => {
  using folder = new OutboxFolder();
  const { outbox } = new OutboxStand({ path: folder.path });
  for (const n of upTo(50)) outbox.append(entry(n));
  const image = join(folder.folder, 'image.sqlite');
  for (const suffix of ['', '-wal']) if (existsSync(folder.path + suffix)) copyFileSync(folder.path + suffix, image + suffix);
  const { outbox: survivor } = new OutboxStand({ path: image });
  assert.deepEqual(deltas(drain(survivor).rows), upTo(50));
  survivor.close();
  outbox.close();
});

test('numbers are never used twice, also after everything was delivered and the process began anew', () => {
  using folder = new OutboxFolder();
  const ids: number[] = [];
  const epochs = new Set<string>();
  for (let start = 0; start < 4; start += 1) {
    const { outbox } = new OutboxStand({ path: folder.path });
    outbox.append(entry(start));
    const { rows } = drain(outbox);
    ids.push(...rows.map(({ id }) => id));
    assert.deepEqual(rows.map(({ eseq }) => eseq), [1]);
    epochs.add(outbox.epoch);
    outbox.close();
  }
  assert.deepEqual(ids, [1, 2, 3, 4]);
  assert.equal(epochs.size, 4);
});

test('what was recorded before the start is known, delivered or not', () => {
  using folder = new OutboxFolder();
  const { outbox } = new OutboxStand({ path: folder.path });
  assert.deepEqual(outbox.lastRecorded, { greeksAt: null, firstLogAt: null, logAt: null, logMessage: null });
  outbox.append(entry(3));
  drain(outbox);
  outbox.append({ kind: 'log', row: log('stopped: asked to stop', 99) });
  outbox.close();
  const { outbox: next } = new OutboxStand({ path: folder.path });
  assert.deepEqual(next.lastRecorded, { greeksAt: greeks(3).timestamp, firstLogAt: 99, logAt: 99, logMessage: 'stopped: asked to stop' });
  next.close();
});

test('delivered rows stay for seven days after delivery, the newest of each run for good, undelivered ones always', async () => {
  using folder = new OutboxFolder();
  const { outbox, clock } = new OutboxStand({ path: folder.path });
  for (const n of upTo(10)) outbox.append(entry(n));
  drain(outbox);
  outbox.maintain();
  outbox.append(entry(11));
  await clock.advance(7 * 24 * 3_600_000 - 3_600_000);
  outbox.maintain();
  assert.equal(rowsIn(outbox), 11);
  await clock.advance(2 * 3_600_000);
  outbox.maintain();
  // 10 is the newest delivered row, 9 to 11 the newest greeks, of which the next start reads when recording ended.
  assert.equal(rowsIn(outbox), 3);
  assert.equal(outbox.waiting, 1);
  outbox.close();
});

/** Rows that the file still holds: all of them wait again when the database says that it has none. */
function rowsIn(outbox: OutboxStand['outbox']): number {
  const before = new Map(outbox.spans.map(({ epoch, settled }) => [epoch, settled]));
  outbox.place(new Map(outbox.spans.map(({ epoch }) => [epoch, 0])));
  const rows = outbox.waiting;
  outbox.place(before);
  return rows;
}

test('with a full disk rows are kept in memory, in order, and go to disk when there is room', () => {
  using folder = new OutboxFolder();
  const { outbox, told, clock } = new OutboxStand({ path: folder.path, maxPageCount: 20 });
  for (const n of upTo(400)) outbox.append(entry(n));
  assert.deepEqual(told, ['not-durable']);
  assert.equal(outbox.durable, false);
  assert.equal(outbox.waiting, 400);

  const { rows, gaps } = drain(outbox);
  assert.deepEqual(deltas(rows), upTo(400));
  assert.equal(gaps, 0);
  // Delivered rows give their room back.
  clock.freeze(10_000);
  outbox.saveProgress();
  outbox.maintain();
  clock.freeze(10_000);
  outbox.append(entry(401));
  assert.equal(outbox.durable, true);
  assert.deepEqual(told, ['not-durable', 'durable-again']);
  outbox.close();
  const { outbox: next } = new OutboxStand({ path: folder.path });
  assert.deepEqual(deltas(drain(next).rows), [401]);
  next.close();
});

test('a row that neither disk nor memory can take is refused with an error, never dropped silently', () => {
  using folder = new OutboxFolder();
  const { outbox } = new OutboxStand({ path: folder.path, maxPageCount: 12, memoryRowsLimit: 10 });
  let accepted = 0;
  assert.throws(() => {
    for (const n of upTo(1_000)) {
      outbox.append(entry(n));
      accepted = n;
    }
  }, /disk is full and 10 rows already wait in memory/);
  assert.equal(outbox.waiting, accepted);
  assert.deepEqual(deltas(drain(outbox).rows), upTo(accepted));
  outbox.close();
});

test('dead rows can be queued again with their original timestamps, once', () => {
  using folder = new OutboxFolder();
  const { outbox } = new OutboxStand({ path: folder.path });
  for (const n of upTo(3)) outbox.append(entry(n));
  const work = outbox.nextWork(1);
  assert.ok(work?.kind === 'rows');
  outbox.bury({ id: 1, epoch: work.epoch, eseq: 1, kind: 0, ts: 1, rec: '' }, '22021', 'bad');
  assert.equal(outbox.requeue([1]), 0, 'a record that cannot be read stays dead');

  outbox.settle(work.epoch, 1, 1);
  outbox.bury({ ...stored(outbox, 2) }, '22021', 'bad');
  outbox.settle(work.epoch, 2, 1);
  assert.equal(outbox.requeue([2]), 1);
  assert.equal(outbox.requeue([2]), 0);
  assert.equal(outbox.dead, 1);
  const { rows } = drain(outbox);
  assert.deepEqual(rows.map(({ entry: { kind }, eseq }) => [kind, eseq]), [['greeks', 3], ['greeks', 4]]);
  assert.equal(rows[1]?.entry.kind === 'greeks' && rows[1].entry.row.timestamp, greeks(2).timestamp);

  // A database that went back in time gets the row once, at its new place.
  outbox.place(new Map([[work.epoch, 0]]));
  assert.deepEqual(deltas(drain(outbox).rows), [1, 3, 2]);
  outbox.close();
});

test('rows read ahead are given out only where the next work begins, and not after a reconcile or a requeue made them void', () => {
  using folder = new OutboxFolder();
  const { outbox } = new OutboxStand({ path: folder.path });
  for (const n of upTo(8)) outbox.append(entry(n));
  const { epoch } = outbox;
  const next = (): (number | null)[] => {
    const work = outbox.nextWork(2);
    return work?.kind === 'rows' ? work.rows.map(({ entry }) => (entry.kind === 'greeks' ? entry.row.delta : null)) : [];
  };
  outbox.readAhead(epoch, 2, 2);
  assert.deepEqual(next(), [1, 2], 'the rows before were not confirmed');
  outbox.readAhead(epoch, 2, 2);
  outbox.settle(epoch, 2, 2);
  assert.deepEqual(next(), [3, 4]);

  outbox.readAhead(epoch, 4, 2);
  outbox.place(new Map([[epoch, 1]]));
  assert.deepEqual(next(), [2, 3], 'the database went back in time');

  outbox.settle(epoch, 3, 2);
  const work = outbox.nextWork(3);
  const sixth = work?.kind === 'rows' ? work.rows[2] : undefined;
  assert.equal(sixth?.eseq, 6);
  outbox.bury(toStoredRecord(sixth), '22021', 'bad');
  outbox.readAhead(epoch, 4, 2);
  outbox.requeue([sixth.id]);
  outbox.settle(epoch, 4, 1);
  assert.deepEqual(next(), [5, null], 'row 6 has a new number now and would arrive twice');
  outbox.close();
});

function stored(outbox: OutboxStand['outbox'], eseq: number): Parameters<OutboxStand['outbox']['bury']>[0] {
  const work = outbox.nextWork(1);
  assert.ok(work?.kind === 'rows' && work.rows[0]?.eseq === eseq);
  const [row] = work.rows;
  return toStoredRecord(row);
}

test('what retention deletes is given back to the disk, step by step, and what is accepted meanwhile is kept', () => {
  using folder = new OutboxFolder();
  const stand = new OutboxStand({ path: folder.path });
  for (const n of upTo(6_000)) stand.outbox.append(entry(n));
  drain(stand.outbox);
  stand.outbox.maintain();
  const full = statSync(folder.path).size;
  stand.clock.freeze(RETENTION_MS + 3_600_000);
  const sizes = upTo(15).map((minute) => {
    stand.outbox.append(entry(6_000 + minute));
    stand.outbox.maintain();
    return statSync(folder.path).size;
  });
  assert.ok(full > 1_400_000, `${full} bytes with seven days in it`);
  assert.ok(full - (sizes[0] ?? 0) < 700_000, 'all at once would stop the process');
  assert.ok(Math.min(...sizes) < 600_000, `${sizes.join(' ')} bytes after them`);
  assert.deepEqual(deltas(drain(stand.outbox).rows), upTo(15).map((minute) => 6_000 + minute));
  stand.outbox.close();
});
