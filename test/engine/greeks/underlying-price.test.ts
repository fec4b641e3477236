import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findUnderlyingPrice } from '../../../main/engine/greeks/underlying-price.ts';
import { book, type Entry, future, leg, NOW, quote, refused, stock } from './book.ts';

function find(underlyingSymbol: string | null, ...entries: readonly Entry[]) {
  const { legs, quoteOf } = book(...entries);
  const { symbol, price } = findUnderlyingPrice(legs, quoteOf, { at: NOW, underlyingSymbol });
  return [symbol, price];
}

const spx = (price: number, at = NOW) => [leg(), quote({ underlyingPrice: price }, at)] as const;
const aapl = [stock('AAPL', 10), quote({ price: 230 })] as const;
const es = [future('ES', '20251219', 1), quote({ price: 6010 })] as const;

test('SPX comes before ES, ES before anything else', () => {
  assert.deepEqual(find(null, aapl, es, spx(6000)), ['SPX', 6000]);
  assert.deepEqual(find(null, aapl, es), ['ES', 6010]);
});

test('the only underlying is taken, of several others none', () => {
  assert.deepEqual(find(null, aapl), ['AAPL', 230]);
  assert.deepEqual(find(null, aapl, [stock('MSFT', 1), quote({ price: 400 })]), [null, null]);
  assert.deepEqual(find(null), [null, null]);
});

test('a setting names another symbol, known to the account or not', () => {
  assert.deepEqual(find('AAPL', spx(6000), aapl), ['AAPL', 230]);
  assert.deepEqual(find('QQQ', spx(6000), aapl), ['QQQ', null]);
});

test('a position that never counts is no underlying', () => {
  assert.deepEqual(find(null, aapl, [leg({ kind: 'other', symbol: 'EUR' }), quote({ price: 1.1 })]), ['AAPL', 230]);
});

test('of several options the newest model tells the price', () => {
  assert.deepEqual(find(null, spx(6000, NOW - 5), spx(6002, NOW - 1), spx(6001, NOW - 3)), ['SPX', 6002]);
});

test('a stock tells its own price, whatever the models of its options used', () => {
  const call = [leg({ symbol: 'AAPL' }), quote({ underlyingPrice: 231, price: 12 }, NOW)] as const;
  assert.deepEqual(find(null, call, [stock('AAPL', 1), quote({ price: 230 }, NOW - 10)]), ['AAPL', 230]);
  assert.deepEqual(find(null, call), ['AAPL', 231], 'the price of an option is not that of its underlying');
});

test('of futures and their options the nearest expiry wins, also when a later one is newer', () => {
  const near = [future('ES', '20251219', 1), quote({ price: 6010 }, NOW - 1000)] as const;
  const far = [future('ES', '20260320', 1), quote({ price: 6060 }, NOW)] as const;
  const option = [leg({ kind: 'FOP', symbol: 'ES', expiry: '20251128' }), quote({ underlyingPrice: 6011, price: 40 }, NOW - 2000)] as const;
  assert.deepEqual(find(null, far, near), ['ES', 6010]);
  assert.deepEqual(find(null, far, near, option), ['ES', 6011]);
});

test('the nearest expiry without a price gives way to the next that has one', () => {
  const near = [future('ES', '20251219', 1), quote({})] as const;
  assert.deepEqual(find(null, near, [future('ES', '20260320', 1), quote({ price: 6060 })]), ['ES', 6060]);
});

test('an expired future that is still in the account does not win over a living one', () => {
  const expired = [future('ES', '20250919', 1), quote({ price: 6600 })] as const;
  assert.deepEqual(find(null, expired, es), ['ES', 6010]);
});

test('a price that is missing, zero, negative or not finite is unknown', () => {
  for (const price of [0, -1, NaN, Infinity]) assert.deepEqual(find(null, spx(price)), ['SPX', null], String(price));
  assert.deepEqual(find(null, [leg()]), ['SPX', null]);
});

test('a refused leg tells no price, also when it told one before', () => {
  assert.deepEqual(find(null, [leg(), { ...quote({ underlyingPrice: 6000 }), refusal: { code: '101', text: 'lines' } }]), ['SPX', null]);
  assert.deepEqual(find(null, [stock('AAPL', 1), refused('354', 'not subscribed')]), ['AAPL', null]);
});
