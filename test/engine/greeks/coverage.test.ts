import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeCoverage, sameUnpriced } from '../../../main/engine/greeks/coverage.ts';
import { describeLeg } from '../../../main/engine/greeks/describe-leg.ts';
import { future, leg, stock } from './book.ts';

const first = { conId: 1, description: 'SPX 17 Jan 27 C 6100', reason: 'no data yet' };
const second = { conId: 2, description: 'AAPL 15 Jan 27 P 150', reason: '354: not subscribed to market data' };

test('a coverage change is another set of unpriced legs or another reason, not another order', () => {
  assert.equal(sameUnpriced([first, second], [second, first]), true);
  assert.equal(sameUnpriced([], []), true);
  assert.equal(sameUnpriced([first], [first, second]), false);
  assert.equal(sameUnpriced([first], [second]), false);
  assert.equal(sameUnpriced([first], [{ ...first, reason: '354: not subscribed' }]), false);
});

test('coverage reads as one sentence', () => {
  assert.equal(describeCoverage({ legs: 30, priced: 30, unpriced: [], notCounted: [] }), '30 of 30 legs priced');
  assert.equal(
    describeCoverage({ legs: 30, priced: 28, unpriced: [first, second], notCounted: ['BOND IBM 3.5 30'] }),
    '28 of 30 legs priced; missing: SPX 17 Jan 27 C 6100 (no data yet), AAPL 15 Jan 27 P 150 (354: not subscribed to market data); not counted: BOND IBM 3.5 30',
  );
  assert.equal(describeCoverage({ legs: 0, priced: 0, unpriced: [], notCounted: [] }), 'no legs to price');
});

test('the sentence stays one readable row, whatever the book', () => {
  const unpriced = Array.from({ length: 6000 }, (_, index) => ({ ...second, conId: index }));
  const notCounted = unpriced.map((each) => each.description);
  const sentence = describeCoverage({ legs: 6000, priced: 0, unpriced, notCounted });
  assert.ok(sentence.length <= 500, String(sentence.length));
  const [, shown, more] = /missing: (.*) and (\d+) more; not counted: /.exec(sentence) ?? [];
  assert.equal((shown ?? '').split('), ').length + Number(more), 6000, 'every leg is named or counted');
  const paragraph = { ...first, reason: 'x'.repeat(5000) };
  assert.ok(describeCoverage({ legs: 1, priced: 0, unpriced: [paragraph], notCounted: [] }).length <= 500);
});

test('legs are described in the words of a trader', () => {
  assert.equal(describeLeg(leg()), 'SPX 17 Jan 27 C 6100');
  assert.equal(describeLeg(leg({ kind: 'FOP', symbol: 'ES', expiry: '20251205', strike: 5987.5, right: 'P' })), 'ES 5 Dec 25 P 5987.5');
  assert.equal(describeLeg(future('ES', '20251219', 1)), 'ES 19 Dec 25');
  assert.equal(describeLeg(future('ES', '202512', 1)), 'ES 202512');
  assert.equal(describeLeg(stock('AAPL', 1)), 'AAPL');
  assert.equal(describeLeg(leg({ expiry: undefined, strike: undefined, right: undefined })), 'SPX');
  assert.equal(describeLeg(leg({ kind: 'other', secType: 'BOND', symbol: 'IBM' })), 'BOND IBM');
});
