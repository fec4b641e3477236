import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Book } from './book.ts';
import { createBookOfSize, createDemoBook, friday } from './demo-book.ts';
import { aaplStock, esFuture, esOption, spxIndex, spxOption, treasuryBond } from './instruments.ts';
import { daysBetween, Market } from './market.ts';

test('the demo book holds 40 legs, all in the future, all near the money', () => {
  for (const today of ['20260304', '20260306', '20261220', '20240229']) {
    const book = createDemoBook({ today });
    const positions = book.positions('DU1234567');
    assert.equal(positions.length, 40);
    assert.equal(new Set(positions.map(({ instrument }) => instrument.conId)).size, 40);
    const future = positions.find(({ instrument }) => instrument.secType === 'FUT')?.instrument;
    for (const { instrument } of positions) {
      if (instrument.expiry === undefined) continue;
      assert.ok(instrument.expiry > today, `${instrument.localSymbol} expires after ${today}`);
      assert.match(new Date(`${instrument.expiry.replace(/(....)(..)(..)/, '$1-$2-$3')}T00:00:00Z`).toUTCString(), /^Fri/);
      if (instrument.secType === 'FOP') assert.ok(instrument.expiry <= (future?.expiry ?? ''), 'before its future');
    }
  }
});

test('the same seed gives the same market, another one another; prices stay plausible over an hour', () => {
  const walk = (seed: number): readonly number[] => {
    const { market } = createDemoBook({ today: '20260304', seed });
    return Array.from({ length: 3600 }, () => (market.step(), market.quote(spxIndex.conId).last));
  };
  assert.deepEqual(walk(1), walk(1));
  assert.notDeepEqual(walk(1), walk(2));
  for (const price of walk(3)) assert.ok(price > 5800 && price < 6200, String(price));
});

test('SPX and the ES future move together', () => {
  const { market, ...book } = createDemoBook({ today: '20260304' });
  assert.ok(book);
  const future = market.instruments().find(({ secType }) => secType === 'FUT');
  for (let step = 0; step < 3600; step++) market.step();
  const spxMove = market.quote(spxIndex.conId).last / 6000;
  const esMove = market.quote(future?.conId ?? 0).last / 6015;
  assert.ok(Math.abs(spxMove - esMove) < 0.003, `${spxMove} and ${esMove}`);
});

test('expected sums: Greek x quantity x multiplier for options, quantity for stock and future, nothing for a bond or a closed leg', () => {
  const future = esFuture(1, '20260619');
  const fop = esOption(future, { conId: 2, expiry: '20260320', strike: 6000, right: 'P' });
  const option = spxOption({ conId: 3, expiry: '20260320', strike: 6000, right: 'C' });
  const market = new Market({
    today: '20260304',
    drivers: [spxIndex, future, aaplStock].map((instrument) => ({ instrument, price: 6000, volatility: 0.2, marketShare: 1 })),
    instruments: [fop, option, treasuryBond],
  });
  const book = new Book(market, ['A', 'B']);
  for (const [conId, quantity] of [[1, -2], [2, 4], [3, -3], [aaplStock.conId, 10.5], [treasuryBond.conId, 7]] as const) book.setPosition('A', conId, quantity);
  book.setPosition('B', 3, 100);
  const sent = new Map([[2, { delta: -0.5, gamma: 0.01, vega: 2, theta: -1 }], [3, { delta: 0.25, gamma: 0.002, vega: 3, theta: -2 }]]);
  assert.deepEqual(book.expectedSums('A', sent), {
    delta: -2 + 10.5 - 0.5 * 4 * 50 + 0.25 * -3 * 100,
    gamma: 0.01 * 4 * 50 + 0.002 * -3 * 100,
    vega: 2 * 4 * 50 + 3 * -3 * 100,
    theta: -1 * 4 * 50 + -2 * -3 * 100,
    legs: 4, priced: 4, unpriced: [],
  });
  book.close('A', 3);
  const { delta, gamma, vega, theta, legs, priced, unpriced } = book.expectedSums('A', new Map());
  assert.deepEqual([delta, gamma, vega, theta, legs, priced, unpriced], [8.5, 0, 0, 0, 3, 2, [2]]);
});

test('a book of any size has distinct options of one account', () => {
  const book = createBookOfSize(6000, { today: '20260304' });
  const symbols = new Set(book.positions('DU1234567').map(({ instrument }) => instrument.localSymbol));
  assert.equal(symbols.size, 6000);
});

test('days and Fridays count over month ends and leap days', () => {
  assert.equal(daysBetween('20240228', '20240301'), 2);
  assert.equal(daysBetween('20261231', '20260101'), 0);
  assert.deepEqual([friday('20260304', 0), friday('20260306', 1), friday('20261231', 1)], ['20260306', '20260313', '20270108']);
});
