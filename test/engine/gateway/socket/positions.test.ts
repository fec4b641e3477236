import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';

import { exchangeOf, readLeg, requestContract } from '../../../../main/engine/gateway/socket/contracts.ts';
import { PositionBook } from '../../../../main/engine/gateway/socket/position-book.ts';

type Contract = Parameters<typeof readLeg>[0];

function contract(conId: number, overrides: Record<string, unknown> = {}): Contract {
  return { conId, symbol: 'SPX', secType: 'OPT', lastTradeDateOrContractMonth: '20270115', strike: 5000, right: 'C', multiplier: 100, exchange: '', currency: 'USD', localSymbol: '', tradingClass: 'SPXW', ...overrides } as unknown as Contract;
}

describe('a position record', () => {
  test('a stock without a multiplier has 1; an option, a future and a futures option without one have none', () => {
    for (const multiplier of [0, undefined, NaN]) {
      assert.equal(readLeg(contract(1, { secType: 'STK', multiplier }), 5, undefined).multiplier, 1);
      for (const secType of ['OPT', 'FOP', 'FUT']) assert.equal(readLeg(contract(1, { secType, multiplier }), 5, undefined).multiplier, undefined);
    }
    assert.equal(readLeg(contract(1, { multiplier: 0 }), 5, { exchange: 'SMART', multiplier: 100 }).multiplier, 100);
  });

  test('what no Greek counts is named "other"; an unreadable position is no number rather than none', () => {
    assert.equal(readLeg(contract(1, { secType: 'BOND' }), 5, undefined).kind, 'other');
    assert.ok(Number.isNaN(readLeg(contract(1), undefined, undefined).position));
  });

  test('expiry, strike and right of a stock and a future stay empty', () => {
    const stock = readLeg(contract(1, { secType: 'STK', strike: 0, right: undefined, lastTradeDateOrContractMonth: '' }), 5, undefined);
    assert.deepEqual([stock.expiry, stock.strike, stock.right], [undefined, undefined, undefined]);
    assert.equal(readLeg(contract(1, { lastTradeDateOrContractMonth: '20270115 08:30:00 US/Central' }), 5, undefined).expiry, '20270115');
  });

  test('market data is asked for with an exchange and without zeros that stand for nothing', () => {
    const asked = requestContract(contract(7, { secType: 'STK', strike: 0, multiplier: 0, right: undefined, exchange: 'NASDAQ' }), 'SMART');
    assert.equal(asked.exchange, 'SMART');
    assert.ok(!('strike' in asked) && !('multiplier' in asked) && !('right' in asked));
  });

  test('a routing algorithm is not the exchange of a future', () => {
    assert.equal(exchangeOf('FUT', { contract: { exchange: 'QBALGO' }, validExchanges: 'CME,QBALGO' }), undefined);
    assert.equal(exchangeOf('FUT', { contract: { exchange: 'CME' }, validExchanges: 'CME,QBALGO' }), 'CME');
    assert.equal(exchangeOf('OPT', { contract: { exchange: 'CBOE' }, validExchanges: 'SMART,CBOE' }), 'SMART');
  });
});

describe('the book of positions', () => {
  test('position 0 is no leg; the same record twice changes nothing; the order does not depend on arrival', () => {
    const book = new PositionBook(new Map());
    assert.equal(book.apply(contract(2), 0), undefined);
    assert.equal(book.apply(contract(2, { strike: 5100 }), 3)?.kind, 'added');
    assert.equal(book.apply(contract(2, { strike: 5100 }), 3), undefined);
    assert.equal(book.apply(contract(1), -1)?.kind, 'added');
    assert.deepEqual(book.legs().map((leg) => leg.conId), [1, 2]);
    assert.equal(book.apply(contract(1), -2)?.kind, 'changed');
    assert.equal(book.apply(contract(1), 0)?.kind, 'removed');
    assert.deepEqual(book.legs().map((leg) => leg.conId), [2]);
  });

  test('after any records and a new snapshot the book holds what the snapshot named, and nothing else', () => {
    const records = fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: -2, max: 2 })));
    fc.assert(fc.property(records, records, (before, snapshot) => {
      const book = new PositionBook(new Map());
      for (const [conId, position] of before) book.apply(contract(conId), position);
      book.beginSnapshot();
      for (const [conId, position] of snapshot) book.apply(contract(conId), position);
      book.endSnapshot();
      const expected = new Map(snapshot.map(([conId, position]) => [conId, position]));
      for (const [conId, position] of expected) if (position === 0) expected.delete(conId);
      assert.deepEqual(new Map(book.legs().map((leg) => [leg.conId, leg.position])), expected);
    }), { seed: 7 });
  });
});
