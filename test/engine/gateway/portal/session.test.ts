import assert from 'node:assert/strict';
import { test } from 'node:test';

import { difference, eventsOf, record, startPortal, sumsOf, untilPriced } from './support.ts';

test('a session tells account, legs and Greeks of the book, and sums that are what was sent', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  const { session, events } = recorded;
  assert.deepEqual(eventsOf(events, 'ready'), [{ type: 'ready', account: 'DU1234567', accounts: ['DU1234567'] }]);
  assert.equal(session.legs().length, 40);
  const sums = sumsOf(session, clock);
  assert.ok(difference(simulator.expectedSums('DU1234567'), sums) < 1e-9);
  assert.equal(sums.underlyingSymbol, 'SPX');
  assert.equal(sums.underlyingPrice, 6000);
  assert.deepEqual(eventsOf(events, 'market-data'), [{ type: 'market-data', kind: 'live' }]);
  assert.deepEqual(eventsOf(events, 'notice'), []);
});
