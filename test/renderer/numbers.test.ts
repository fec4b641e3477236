import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain, position, price, signed, tileDigits } from '../../renderer/words/numbers.ts';

test('a price has as many decimals as one of its size may need, and at least two', () => {
  assert.deepEqual([6012.25, 236.4, 118.15625, 9.175, 1.0855, 0.0065, -37.63, 0].map((each) => price(each, false)), ['6,012.25', '236.40', '118.156', '9.175', '1.0855', '0.0065', '\u221237.63', '0.00']);
  assert.deepEqual([13.570_412, 2.776_06, 0.049_87, 0.0065].map((each) => price(each, true)), ['13.57', '2.78', '0.04987', '0.0065']);
});

test('a number shows its sign with a true minus and separates thousands', () => {
  assert.equal(signed(1234.5, 2), '+1,234.50');
  assert.equal(signed(-46.427, 2), '−46.43');
  assert.equal(plain(-6012.25, 2), '−6,012.25');
});

test('a zero has no sign, also one that is only rounded to it', () => {
  assert.equal(signed(0, 2), '0.00');
  assert.equal(signed(-0.0004, 3), '0.000');
});

test('what is not known is a dash, never a zero', () => {
  assert.equal(signed(null, 2), '-');
});

test('fractional shares keep their fraction', () => {
  assert.equal(position(-4), '−4');
  assert.equal(position(0.5), '+0.5000');
});

test('a large number gives up decimals and does not get them back while it moves around the limit', () => {
  assert.equal(tileDigits('delta', 99_999, 2), 2);
  assert.equal(tileDigits('delta', 100_001, 2), 1);
  assert.equal(tileDigits('delta', 99_000, 1), 1);
  assert.equal(tileDigits('delta', 80_000, 1), 2);
  assert.equal(tileDigits('gamma', -2_000_000, null), 0);
  assert.equal(tileDigits('gamma', 3.2, null), 3);
});
