import assert from 'node:assert/strict';
import { closeSync, copyFileSync, existsSync, fstatSync, ftruncateSync, openSync, readdirSync, readSync, renameSync, rmSync, symlinkSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { openOutboxFile } from '../../../main/engine/delivery/outbox-file.ts';
import { OutboxFolder } from './delivery-stand.ts';
import { deltas, drain, OutboxStand } from './outbox-stand.ts';
import { greeks, log } from './rows.ts';

const ROWS = 300;
const PAGE = 4_096;
const all = Array.from({ length: ROWS }, (_, index) => index + 1);

/** An outbox as a crash leaves it: 150 rows checkpointed, 150 more in the write-ahead log. */
function crashedOutbox(folder: OutboxFolder): void {
  const original = `${folder.path}.original`;
  const { outbox } = new OutboxStand({ path: original });
  for (const n of all) {
    outbox.append({ kind: 'greeks', row: greeks(n) });
    if (n === ROWS / 2) outbox.maintain();
  }
  for (const suffix of ['', '-wal']) copyFileSync(original + suffix, folder.path + suffix);
  outbox.close();
}

/** Changes bytes of a file in place. */
function patch(path: string, change: (bytes: Buffer) => number | void): void {
  const file = openSync(path, 'r+');
  const bytes = Buffer.alloc(fstatSync(file).size);
  readSync(file, bytes);
  const length = change(bytes) ?? bytes.length;
  writeSync(file, bytes, 0, bytes.length, 0);
  ftruncateSync(file, length);
  closeSync(file);
}

type Damage = (path: string, random: number) => void;

const at = (random: number, size: number): number => Math.min(size - 1, Math.floor(random * size));
const flip = (bytes: Buffer, random: number): void => {
  const index = at(random, bytes.length);
  bytes[index] = (bytes[index] ?? 0) ^ (1 << (Math.floor(random * 1e6) % 8));
};

const damages: Readonly<Record<string, { readonly damage: Damage; readonly recovered: number }>> = {
  'a flipped bit in the file': { damage: (path, random) => patch(path, (bytes) => flip(bytes, random)), recovered: ROWS - 1 },
  'an overwritten header': { damage: (path) => patch(path, (bytes) => void bytes.fill(0x41, 0, 100)), recovered: ROWS },
  'a page of zeros': {
    damage: (path, random) => patch(path, (bytes) => void bytes.fill(0, at(random, bytes.length / PAGE) * PAGE, (at(random, bytes.length / PAGE) + 1) * PAGE)),
    recovered: ROWS - 25,
  },
  'a truncated file': { damage: (path, random) => patch(path, (bytes) => at(0.3 + random * 0.6, bytes.length)), recovered: ROWS / 2 },
  'a flipped bit in the write-ahead log': { damage: (path, random) => patch(`${path}-wal`, (bytes) => flip(bytes, random)), recovered: ROWS - 1 },
  'a missing write-ahead log': { damage: (path) => rmSync(`${path}-wal`), recovered: ROWS / 2 },
};

const runs = Number(process.env['DAMAGE_RUNS'] ?? 8);

for (const [name, { damage, recovered }] of Object.entries(damages)) {
  test(`after ${name} the bridge starts, tells, and keeps every intact row and no wrong one`, () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (random) => {
        using folder = new OutboxFolder();
        crashedOutbox(folder);
        damage(folder.path, random);
        const { outbox } = new OutboxStand({ path: folder.path });
        const kept = drain(outbox);
        const numbers = deltas(kept.rows) as number[];
        assert.ok(numbers.every((n, index) => index === 0 || n > (numbers[index - 1] ?? 0)), 'in order, nothing twice');
        for (const { entry } of kept.rows) assert.deepEqual(entry, { kind: 'greeks', row: greeks(entry.kind === 'greeks' ? (entry.row.delta ?? 0) : 0) });
        assert.ok(numbers.length >= recovered, `${numbers.length} of ${ROWS} rows came back`);
        outbox.append({ kind: 'greeks', row: greeks(ROWS + 1) });
        assert.deepEqual(deltas(drain(outbox).rows), [ROWS + 1]);
        outbox.close();
      }),
      { numRuns: runs },
    );
  });
}

test('a damaged file is kept with its log under another name, never deleted', () => {
  using folder = new OutboxFolder();
  crashedOutbox(folder);
  for (const suffix of ['', '-wal']) patch(folder.path + suffix, (bytes) => void bytes.fill(0x41, 0, 30));
  const { outbox, told } = new OutboxStand({ path: folder.path });
  assert.deepEqual(told, [`salvaged ${ROWS}`]);
  const kept = readdirSync(folder.folder).filter((name) => name.includes('.corrupt-'));
  assert.equal(kept.length, 2);
  outbox.close();
});

test('a crash between the renames of a salvage loses nothing', () => {
  using folder = new OutboxFolder();
  crashedOutbox(folder);
  const { outbox } = new OutboxStand({ path: `${folder.path}.original2` });
  for (const n of all) outbox.append({ kind: 'greeks', row: greeks(n) });
  outbox.close();
  // As it looks right after the damaged file was renamed: its log still there, the salvaged file complete.
  renameSync(`${folder.path}.original2`, `${folder.path}.salvaged`);
  rmSync(folder.path);
  const { outbox: next } = new OutboxStand({ path: folder.path });
  assert.deepEqual(deltas(drain(next).rows), all);
  assert.equal(existsSync(`${folder.path}.salvaged`), false);
  next.close();
});

test('a file that turns out damaged while the bridge runs is salvaged on the spot, and what is destroyed is counted', () => {
  using folder = new OutboxFolder();
  const { outbox, told } = new OutboxStand({ path: folder.path, cachePages: 10 });
  const rows = 1_000;
  for (let n = 0; n < rows; n += 1) outbox.append({ kind: 'log', row: log('x'.repeat(3_300), n) });
  outbox.maintain();
  patch(folder.path, (bytes) => void bytes.fill(0x41, 100 * PAGE, 200 * PAGE));
  const kept = drain(outbox);
  assert.equal(told.length, 1);
  assert.ok(kept.gaps > 90 && kept.gaps <= 101, `${kept.gaps} rows destroyed`);
  assert.equal(kept.rows.length + kept.gaps, rows);
  outbox.append({ kind: 'greeks', row: greeks(1) });
  assert.deepEqual(deltas(drain(outbox).rows), [1]);
  outbox.close();
});

test('a row whose record does not fit its checksum is kept aside and stops nothing', () => {
  using folder = new OutboxFolder();
  const { outbox } = new OutboxStand({ path: folder.path });
  for (const n of [1, 2, 3]) outbox.append({ kind: 'greeks', row: greeks(n) });
  outbox.close();
  const db = openOutboxFile(folder.path);
  db.exec(`UPDATE outbox SET rec = replace(rec, '"d":2,', '"d":7,') WHERE id = 2`);
  db.close();
  const { outbox: next } = new OutboxStand({ path: folder.path });
  const kept = drain(next);
  assert.deepEqual(deltas(kept.rows), [1, 3]);
  assert.equal(kept.damaged, 1);
  assert.deepEqual(next.deadRows().map(({ id, reason }) => [id, reason]), [[2, 'local damage']]);
  next.close();
});

test('a log that cannot be copied before it is opened (a full disk) keeps nothing from starting', () => {
  using folder = new OutboxFolder();
  crashedOutbox(folder);
  symlinkSync(`${folder.folder}/nowhere/log`, `${folder.path}.kept-log`);
  const { outbox, told } = new OutboxStand({ path: folder.path });
  outbox.append({ kind: 'greeks', row: greeks(ROWS + 1) });
  assert.deepEqual(deltas(drain(outbox).rows), [...all, ROWS + 1]);
  assert.deepEqual(told, []);
  outbox.close();
});
