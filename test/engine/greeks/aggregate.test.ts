import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { aggregate } from '../../../main/engine/greeks/aggregate.ts';
import { tabulateLegs } from '../../../main/engine/greeks/leg-value.ts';
import type { Leg, LegQuote } from '../../../main/engine/greeks/leg.ts';
import { book, type Entry, future, leg, NOW, quote, refused, stock } from './book.ts';

const OPTIONS = { at: NOW, underlyingSymbol: null };
const GREEKS = { delta: 0.5, gamma: 0.01, vega: 2, theta: -1.5 };

function sums(...entries: readonly Entry[]): readonly (number | null)[] {
  const { legs, quoteOf } = book(...entries);
  const { delta, gamma, vega, theta } = aggregate(legs, quoteOf, OPTIONS);
  return [delta, gamma, vega, theta];
}

function coverageOf(...entries: readonly Entry[]) {
  const { legs, quoteOf } = book(...entries);
  return aggregate(legs, quoteOf, OPTIONS).coverage;
}

test('an option counts with its Greeks times position times multiplier', () => {
  assert.deepEqual(sums([leg({ position: -3 }), quote(GREEKS)]), [-150, -3, -600, 450]);
});

test('a futures option counts like an option, with its own multiplier', () => {
  assert.deepEqual(sums([leg({ kind: 'FOP', symbol: 'ES', multiplier: 50, position: 2 }), quote(GREEKS)]), [50, 1, 200, -150]);
});

test('a stock and a future count with their position as delta, market data or not', () => {
  assert.deepEqual(sums([stock('AAPL', 120.5)], [future('ES', '20251219', -2), refused('354', 'not subscribed')]), [118.5, 0, 0, 0]);
  assert.deepEqual(coverageOf([stock('AAPL', 100)]), { legs: 1, priced: 1, unpriced: [], notCounted: [] });
});

test('no positions at all are four times zero', () => {
  assert.deepEqual(sums(), [0, 0, 0, 0]);
});

test('only positions that never count are four times zero, and they are named', () => {
  const bond = leg({ kind: 'other', secType: 'BOND', symbol: 'IBM', localSymbol: 'IBM 3.5 30', multiplier: undefined });
  assert.deepEqual(sums([bond]), [0, 0, 0, 0]);
  assert.deepEqual(coverageOf([bond]), { legs: 0, priced: 0, unpriced: [], notCounted: ['BOND IBM 3.5 30'] });
});

test('a position that never counts changes no sum, also when it has Greeks', () => {
  assert.deepEqual(sums([leg({ kind: 'other', secType: 'WAR' }), quote(GREEKS)], [stock('AAPL', 1)]), [1, 0, 0, 0]);
});

test('some legs unpriced: the sums of the others, and the unpriced ones named with their reason', () => {
  const silent = leg();
  const refusedLeg = leg({ strike: 5000, right: 'P' });
  const entries = [[leg(), quote(GREEKS)], [silent], [refusedLeg, refused('354', 'not subscribed to market data')]] as const;
  assert.deepEqual(sums(...entries), [50, 1, 200, -150]);
  assert.deepEqual(coverageOf(...entries), {
    legs: 3,
    priced: 1,
    unpriced: [
      { conId: silent.conId, description: 'SPX 17 Jan 27 C 6100', reason: 'no data yet' },
      { conId: refusedLeg.conId, description: 'SPX 17 Jan 27 P 5000', reason: '354: not subscribed to market data' },
    ],
    notCounted: [],
  });
});

test('no leg priced of more than zero: four unknowns, never zeros', () => {
  assert.deepEqual(sums([leg(), quote({})], [leg()]), [null, null, null, null]);
});

test('a leg with a delta but no theta is left out of all four sums, so that they are sums of the same legs', () => {
  const { theta, ...others } = GREEKS;
  const entries = [[leg(), quote(GREEKS)], [leg(), quote(others)]] as const;
  assert.deepEqual(sums(...entries), [50, 1, 200, -150]);
  assert.deepEqual(coverageOf(...entries).unpriced.map((each) => each.reason), ['no theta yet']);
  assert.equal(theta, -1.5);
});

test('numbers that are not finite are missing', () => {
  for (const value of [NaN, Infinity, -Infinity]) {
    assert.deepEqual(sums([leg(), quote({ ...GREEKS, vega: value })]), [null, null, null, null], String(value));
  }
});

test('an option without a multiplier is unpriced, never multiplied by 1', () => {
  for (const multiplier of [undefined, 0, -100, NaN]) {
    for (const kind of ['OPT', 'FOP'] as const) {
      const coverage = coverageOf([leg({ kind, multiplier }), quote(GREEKS)]);
      assert.deepEqual(coverage.unpriced.map((each) => each.reason), ['no multiplier'], `${kind} ${multiplier}`);
    }
  }
});

test('a leg that is refused after it had data is unpriced: its last values would stand still unnoticed', () => {
  const entry = [leg(), { ...quote(GREEKS), refusal: { code: '101', text: 'max number of tickers has been reached' } }] as const;
  assert.deepEqual(sums(entry), [null, null, null, null]);
  assert.deepEqual(coverageOf(entry).unpriced[0]?.reason, '101: max number of tickers has been reached');
});

test('a short leg with a zero gamma gives 0, not -0', () => {
  const entries = [[leg({ position: -1 }), quote({ ...GREEKS, gamma: 0 })]] as const;
  const { legs, quoteOf } = book(...entries);
  assert.ok(Object.is(aggregate(legs, quoteOf, OPTIONS).gamma, 0));
  assert.ok(Object.is(tabulateLegs(legs, quoteOf)[0]?.gamma, 0));
});

test('the legs table shows the net Greeks of each position, and the reason where there are none', () => {
  const silent = leg();
  const { legs, quoteOf } = book([leg({ position: -3 }), quote(GREEKS)], [silent], [leg({ kind: 'other', secType: 'CASH', symbol: 'EUR' })]);
  const [priced, unpriced, other] = tabulateLegs(legs, quoteOf);
  assert.deepEqual([priced?.delta, priced?.gamma, priced?.vega, priced?.theta, priced?.reason], [-150, -3, -600, 450, null]);
  assert.deepEqual([priced?.unitDelta, priced?.quotedAt, priced?.strike, priced?.right], [GREEKS.delta, NOW, 6100, 'C']);
  const unknown = { unitDelta: null, impliedVolatility: null, price: null, delta: null, gamma: null, vega: null, theta: null, quotedAt: null };
  assert.deepEqual(unpriced, {
    conId: silent.conId, kind: 'OPT', description: 'SPX 17 Jan 27 C 6100', symbol: 'SPX', expiry: '20270117', strike: 6100, right: 'C',
    multiplier: 100, position: 1, ...unknown, reason: 'no data yet',
  });
  assert.deepEqual([other?.description, other?.delta, other?.reason], ['CASH EUR', null, 'not counted']);
});

const anyEntry: fc.Arbitrary<readonly [Leg, LegQuote]> = fc
  .record({
    kind: fc.constantFrom('OPT', 'FOP', 'STK', 'FUT' as const),
    position: fc.integer({ min: -5000, max: 5000 }).filter((position) => position !== 0),
    multiplier: fc.constantFrom(1, 50, 100, 1000),
    greeks: fc.option(fc.record({ delta: signed(1), gamma: signed(10), vega: signed(1e6), theta: signed(1e6) }), { nil: undefined, freq: 10 }),
  })
  .map(({ greeks, ...fields }) => [leg(fields), quote(greeks ?? {})]);

function signed(limit: number): fc.Arbitrary<number> {
  return fc.double({ min: -limit, max: limit, noNaN: true });
}

test('the sums do not depend on the order of the legs, to one part in a billion', () => {
  fc.assert(
    fc.property(fc.array(anyEntry, { maxLength: 200 }), fc.infiniteStream(fc.nat()), (entries, random) => {
      const forwards = sums(...entries);
      const shuffled = entries.map((entry) => ({ entry, key: random.next().value as number })).sort((a, b) => a.key - b.key);
      sums(...shuffled.map(({ entry }) => entry)).forEach((sum, index) => {
        const other = forwards[index] as number | null;
        if (sum === null || other === null) return assert.equal(sum, other);
        assert.ok(Math.abs(sum - other) <= 1e-9 * Math.max(1, Math.abs(sum)), `${sum} and ${other}`);
      });
    }),
    { numRuns: 100 },
  );
});

test('large legs that cancel leave the small one, exactly', () => {
  const big = { ...GREEKS, vega: 1e16 };
  const entries = [
    [leg({ multiplier: 1 }), quote(big)],
    [leg({ multiplier: 1 }), quote({ ...GREEKS, vega: 1 })],
    [leg({ multiplier: 1, position: -1 }), quote(big)],
  ] as const;
  assert.equal(sums(...entries)[2], 1, 'plain addition says 0');
});

test('the sums are the totals of the legs table, and priced plus unpriced are all legs', () => {
  fc.assert(
    fc.property(fc.array(anyEntry, { maxLength: 30 }), (entries) => {
      const { legs, quoteOf } = book(...entries);
      const { delta, coverage } = aggregate(legs, quoteOf, OPTIONS);
      const rows = tabulateLegs(legs, quoteOf);
      const known = rows.filter((row) => row.reason === null);
      assert.equal(coverage.priced, known.length);
      assert.equal(coverage.legs, rows.length);
      assert.deepEqual(coverage.unpriced.map((each) => each.conId), rows.filter((row) => row.reason !== null).map((row) => row.conId));
      if (delta === null) return assert.ok(known.length === 0 && rows.length > 0);
      const total = known.reduce((sum, row) => sum + (row.delta ?? NaN), 0);
      assert.ok(Math.abs(total - delta) <= 1e-6, `${total} and ${delta}`);
    }),
    { numRuns: 100 },
  );
});
