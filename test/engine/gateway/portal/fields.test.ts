import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';

import { FIELD, readAvailability, readNumber, readPlainNumber } from '../../../../main/engine/gateway/portal/fields.ts';

test('7310 is theta and 7311 is vega', () => {
  assert.equal(FIELD.theta, '7310');
  assert.equal(FIELD.vega, '7311');
  assert.equal(FIELD.impliedVolatility, '7633');
});

test('prefixes, commas, %, K and M are read', () => {
  const cases: readonly (readonly [unknown, number])[] = [
    ['655.89', 655.89], ['1,300', 1300], ['12,345,678.5', 12_345_678.5], ['C6001.25', 6001.25], ['H12', 12], ['0.54%', 0.54], ['12.5K', 12_500], ['1.2M', 1_200_000],
    ['-0.0012', -0.0012], ['.5', 0.5], ['1.2E-7', 1.2e-7], ['+3', 3], ['0', 0], [7, 7], [-0.5, -0.5],
  ];
  for (const [text, value] of cases) assert.ok(Math.abs((readNumber(text)?.value ?? NaN) - value) < 1e-9, String(text));
  assert.equal(readNumber('C6001.25')?.isClose, true);
  assert.equal(readNumber('H6001.25')?.isClose, false);
});

test('what is not wholly a number is missing, never zero', () => {
  for (const field of [undefined, null, '', ' ', '-', '.', 'N/A', 'C', '%', 'K', '1,30', '1,3000', '1.2.3', '12abc', '0x10', 'Infinity', 'NaN', '1e999', true, {}, [], [5], Infinity, NaN]) {
    assert.equal(readNumber(field), undefined, JSON.stringify(field));
  }
  for (const field of ['C0.5', 'H0.5', '1K', '2M']) assert.equal(readPlainNumber(field), undefined, field);
});

test('any number survives its way through text', () => {
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => Object.is(readNumber(String(value))?.value, value + 0) || readNumber(String(value))?.value === value));
});

test('the first letter of 6509 tells the age of the data', () => {
  const kinds = ['RpB', 'v', 'DPB', 'Z', 'Yp', 'N', 'i', 'O', 'S', ''].map((text) => {
    const availability = readAvailability(text);
    return availability?.kind === 'data' ? availability.marketData : availability?.kind;
  });
  assert.deepEqual(kinds, ['live', 'live', 'delayed', 'frozen', 'delayed-frozen', 'not-subscribed', 'incomplete', 'incomplete', 'unknown', undefined]);
});
