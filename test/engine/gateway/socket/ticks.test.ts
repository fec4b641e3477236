import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';

import { applyModel, applyPrice, noPrices } from '../../../../main/engine/gateway/socket/ticks.ts';
import { emptyQuote } from '../../../../main/engine/greeks/leg.ts';

const AT = 1_772_654_400_000;

describe('a model computation', () => {
  test('fills every field with its own value and the instant of arrival', () => {
    const quote = emptyQuote();
    assert.equal(applyModel(quote, AT, 0.21, 0.51, 0.012, 3.1, -1.4, 5001), 'accepted');
    assert.deepEqual(quote, {
      ...emptyQuote(),
      impliedVolatility: { value: 0.21, at: AT }, delta: { value: 0.51, at: AT }, gamma: { value: 0.012, at: AT },
      vega: { value: 3.1, at: AT }, theta: { value: -1.4, at: AT }, underlyingPrice: { value: 5001, at: AT },
    });
  });

  test('a field that is not computed keeps its last good value and that value\'s age', () => {
    const quote = emptyQuote();
    applyModel(quote, AT, 0.21, 0.51, 0.012, 3.1, -1.4, 5001);
    applyModel(quote, AT + 1_000, 0.22, 0.52, 0.013, 3.2, undefined, 5002);
    assert.deepEqual(quote.theta, { value: -1.4, at: AT });
    assert.deepEqual(quote.delta, { value: 0.52, at: AT + 1_000 });
  });

  test('delta -1 of a deep put is a value', () => {
    const quote = emptyQuote();
    assert.equal(applyModel(quote, AT, 0.2, -1, 0, 0, 0, 5000), 'accepted');
    assert.equal(quote.delta?.value, -1);
  });

  test('all zeros without an underlying price have not been computed; with one they are a worthless option', () => {
    const quote = emptyQuote();
    for (const underlying of [0, undefined]) assert.equal(applyModel(quote, AT, 0, 0, 0, 0, 0, underlying), 'empty');
    assert.deepEqual(quote, emptyQuote());
    assert.equal(applyModel(quote, AT, 0.2, 0, 0, 0, 0, 5000), 'accepted');
    assert.equal(quote.gamma?.value, 0);
  });

  test('a Greek beyond its bound is left out and told, the others count', () => {
    const quote = emptyQuote();
    assert.equal(applyModel(quote, AT, 0.2, 1.06, 0.01, 3, -1, 5000), 'out-of-range');
    assert.equal(quote.delta, undefined);
    assert.equal(quote.gamma?.value, 0.01);
    for (const [delta, gamma, vega, theta] of [[0.5, 10.1, 3, -1], [0.5, 0.1, -1.1e6, -1], [0.5, 0.1, 3, 1.1e6]]) {
      assert.equal(applyModel(emptyQuote(), AT, 0.2, delta, gamma, vega, theta, 5000), 'out-of-range');
    }
  });

  test('whatever comes, only finite values within their bounds get in', () => {
    const anything = fc.oneof(fc.double(), fc.constantFrom(undefined, NaN, Infinity, -Infinity, 0, -1, -2, Number.MAX_VALUE));
    fc.assert(fc.property(fc.tuple(anything, anything, anything, anything, anything, anything), (row) => {
      const quote = emptyQuote();
      applyModel(quote, AT, ...row);
      for (const reading of Object.values(quote)) if (reading !== undefined) assert.ok(Number.isFinite(reading.value));
      assert.ok(Math.abs(quote.delta?.value ?? 0) <= 1.05);
      assert.ok(Math.abs(quote.gamma?.value ?? 0) <= 10);
      assert.ok(Math.abs(quote.theta?.value ?? 0) <= 1e6);
    }), { seed: 7 });
  });
});

describe('the price of an instrument', () => {
  test('is the last, else the mark, else the middle of bid and ask, else the close', () => {
    const quote = emptyQuote();
    const prices = noPrices();
    applyPrice(quote, prices, 9, 100, AT);
    assert.equal(quote.price?.value, 100);
    applyPrice(quote, prices, 1, 101, AT);
    assert.equal(quote.price?.value, 100, 'a bid alone is no price');
    applyPrice(quote, prices, 2, 103, AT);
    assert.equal(quote.price?.value, 102);
    applyPrice(quote, prices, 37, 102.5, AT);
    assert.equal(quote.price?.value, 102.5);
    applyPrice(quote, prices, 4, 102.75, AT + 5);
    assert.deepEqual(quote.price, { value: 102.75, at: AT + 5 });
    applyPrice(quote, prices, 1, 90, AT + 9);
    assert.deepEqual(quote.price, { value: 102.75, at: AT + 5 });
  });

  test('delayed ticks count the same', () => {
    for (const [tickType, value] of [[68, 7], [75, 8]] as const) {
      const quote = emptyQuote();
      assert.equal(applyPrice(quote, noPrices(), tickType, value, AT), true);
      assert.equal(quote.price?.value, value);
    }
    const quote = emptyQuote();
    const prices = noPrices();
    applyPrice(quote, prices, 66, 4, AT);
    applyPrice(quote, prices, 67, 6, AT);
    assert.equal(quote.price?.value, 5);
  });

  test('-1, 0 and no number mean "not available": the last good price stays with its age', () => {
    const quote = emptyQuote();
    const prices = noPrices();
    applyPrice(quote, prices, 4, 50, AT);
    for (const value of [-1, 0, NaN, Infinity, undefined]) assert.equal(applyPrice(quote, prices, 4, value, AT + 1), false);
    assert.deepEqual(quote.price, { value: 50, at: AT });
  });

  test('a future may trade below zero', () => {
    const quote = emptyQuote();
    applyPrice(quote, noPrices(), 4, -37.63, AT);
    assert.equal(quote.price?.value, -37.63);
  });
});
