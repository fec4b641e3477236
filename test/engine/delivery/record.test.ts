import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cleanEntry, cleanText, decodeRecord, encodeRecord, type OutboxRow } from '../../../main/engine/delivery/record.ts';
import { greeks, log } from './rows.ts';

const epoch = '0123456789abcdef0123456789abcdef';

function row(entry: OutboxRow['entry']): OutboxRow {
  return { id: 12, epoch, eseq: 3, entry };
}

test('every number of a row comes back bit for bit, also NaN, the infinities, negative zero and NULL', () => {
  const anyNumber = fc.option(fc.double(), { nil: null });
  fc.assert(
    fc.property(anyNumber, anyNumber, anyNumber, anyNumber, (delta, gamma, vega, theta) => {
      const original = row({ kind: 'greeks', row: { ...greeks(1), delta, gamma, vega, theta } });
      const copy = decodeRecord(encodeRecord(original));
      assert.deepEqual(copy, original);
      if (copy?.entry.kind === 'greeks') assert.ok(Object.is(copy.entry.row.delta, delta));
    }),
  );
});

test('a record with any single bit flipped is recognised as damaged', () => {
  const record = Buffer.from(encodeRecord(row({ kind: 'log', row: log('net delta 12, 28 of 30 legs — “ok”') })));
  for (let bit = 0; bit < record.length * 8; bit += 1) {
    const damaged = Buffer.from(record);
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.equal(decodeRecord(damaged.toString('utf8')), null, `bit ${bit}`);
  }
});

test('a message is stored without NUL, well-formed, and never larger than a record may be', () => {
  assert.equal(cleanText('a\0b\ud800c'), 'ab\ufffdc');
  const cut = cleanText('é'.repeat(5_000));
  assert.ok(Buffer.byteLength(cut) <= 3_500 && Buffer.byteLength(cut) > 3_490);
  assert.match(cut, /^é+…$/);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 6_000, size: 'max' }), (message) => {
      const record = encodeRecord(row(cleanEntry({ kind: 'log', row: log(message) })));
      assert.ok(Buffer.byteLength(record) < 3_900);
    }),
    { numRuns: 200 },
  );
});

test('a timestamp that is no instant is refused at once, not in the middle of a delivery', () => {
  for (const timestamp of [Number.NaN, Number.POSITIVE_INFINITY, 8.64e15 + 1])
    assert.throws(() => cleanEntry({ kind: 'greeks', row: greeks(1, timestamp) }), RangeError);
});
