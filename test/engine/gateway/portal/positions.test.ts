import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Holdings, needsDefinition, readHoldings, type DefinitionMemory } from '../../../../main/engine/gateway/portal/positions.ts';
import { positionsSchema, secdefSchema } from '../../../../main/engine/gateway/portal/schemas.ts';

const option = {
  acctId: 'U1', conid: 700, contractDesc: 'SPX    JAN2027 6100 C [SPXW  270115C06100000 100]', position: -2, currency: 'USD', expiry: '20270115', putOrCall: 'C',
  multiplier: 100, strike: '6100', assetClass: 'OPT', undConid: 416904, lastTradingDay: '20270115', ticker: 'SPX', model: '',
};
const noDefinitions: DefinitionMemory = new Map();

function read(records: readonly unknown[], definitions = noDefinitions) {
  return readHoldings(positionsSchema.parse(records), definitions);
}

test('an enriched option is a whole leg', () => {
  const [holding] = read([option]);
  assert.deepEqual(holding, {
    leg: {
      conId: 700, kind: 'OPT', secType: 'OPT', symbol: 'SPX', localSymbol: 'SPXW  270115C06100000', expiry: '20270115', strike: 6100, right: 'C', multiplier: 100, currency: 'USD', position: -2,
    },
    underlyingConId: 416904,
  });
});

test('sparse, enriched and portfolio2 stocks are the same leg with multiplier 1', () => {
  const shapes = [
    { conid: 1, contractDesc: 'QQQ', position: 3, multiplier: null, strike: 0, assetClass: 'STK', undConid: 0, putOrCall: null, currency: 'USD' },
    { conid: 1, contractDesc: 'QQQ', position: 3, multiplier: 0, strike: '0', assetClass: 'STK', undConid: 0, putOrCall: null, currency: 'USD' },
    { conid: '1', description: 'QQQ', position: 3, secType: 'STK', currency: 'USD', timestamp: 1_775_169_611 },
  ];
  for (const shape of shapes) {
    const [holding] = read([shape]);
    assert.deepEqual([holding?.leg.conId, holding?.leg.kind, holding?.leg.symbol, holding?.leg.multiplier, holding?.leg.strike], [1, 'STK', 'QQQ', 1, undefined]);
  }
});

test('a derivative without a multiplier has none, until its definition tells', () => {
  for (const assetClass of ['OPT', 'FOP', 'FUT']) {
    for (const multiplier of [null, 0, '', '0', 'x', undefined]) {
      const record = { ...option, assetClass, multiplier };
      assert.ok(needsDefinition(positionsSchema.parse([record])[0] as never), assetClass);
      assert.equal(read([record])[0]?.leg.multiplier, undefined);
    }
  }
  const { secdef } = secdefSchema.parse({ secdef: [{ conid: 700, multiplier: '50', strike: '6100', putOrCall: 'C', ticker: 'ES', undConid: 9 }] });
  const [definition] = secdef;
  assert.ok(definition !== undefined);
  const [holding] = read([{ conid: 700, assetClass: 'FOP', position: 1, multiplier: null, strike: 0, undConid: 0 }], new Map([[700, definition]]));
  assert.deepEqual([holding?.leg.multiplier, holding?.leg.strike, holding?.leg.right, holding?.leg.symbol, holding?.underlyingConId], [50, 6100, 'C', 'ES', 9]);
});

test('a position that is no number is none that any sum takes; a position of 0 is no leg', () => {
  for (const position of [null, '', 'many', undefined]) assert.ok(Number.isNaN(read([{ ...option, position }])[0]?.leg.position));
  assert.deepEqual(read([{ ...option, position: 0 }]), []);
  assert.equal(read([{ ...option, position: '-2' }])[0]?.leg.position, -2);
});

test('a record without its instrument makes the whole reading unusable, rather than lose a position', () => {
  for (const conid of [undefined, null, 0, '', 'x', -5, 1.5]) assert.equal(positionsSchema.safeParse([option, { ...option, conid }]).success, false, String(conid));
});

test('parts of one position in several models are not added up, nor is one of them taken for the whole', () => {
  const holdings = read([{ ...option, model: 'A' }, { ...option, model: 'B', position: 5 }]);
  assert.equal(holdings.length, 1);
  assert.ok(Number.isNaN(holdings[0]?.leg.position));
  assert.equal(read([option, { ...option, position: -3 }])[0]?.leg.position, -3, 'the same record on two pages counts once');
});

test('an absent leg goes at the second reading without it, a closed one at once', () => {
  const holdings = new Holdings();
  const both = read([option, { ...option, conid: 701 }]);
  const one = read([option]);
  assert.deepEqual(holdings.take(both, new Set()), { changed: true, mustConfirm: false });
  assert.deepEqual(holdings.take(one, new Set()), { changed: false, mustConfirm: true });
  assert.deepEqual(holdings.take(both, new Set()), { changed: false, mustConfirm: false });
  assert.deepEqual(holdings.take(one, new Set()), { changed: false, mustConfirm: true });
  assert.deepEqual(holdings.take(one, new Set()), { changed: true, mustConfirm: false });
  assert.deepEqual(holdings.legs.map(({ conId }) => conId), [700]);
  assert.deepEqual(holdings.take([], new Set([700])), { changed: true, mustConfirm: false });
  assert.deepEqual(holdings.legs, []);
});
