import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createBookOfSize, createDemoBook } from '../../../simulators/demo-book.ts';
import { treasuryBond } from '../../../simulators/instruments.ts';
import { advance, advanceUntil, difference, eventsOf, firstOption, quoteOf, record, settle, startPortal, sumsOf, untilClosed, untilPriced, untilReady } from './support.ts';

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

test('as the market moves the sums follow within one round', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  for (let move = 0; move < 5; move++) {
    simulator.tick();
    await advance(clock, 2_600);
    assert.ok(difference(simulator.expectedSums('DU1234567'), sumsOf(recorded.session, clock)) < 1e-9, `move ${move}`);
  }
});

test('60 legs need at most 3 requests in any 5 s and a tickle a minute', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t, { book: createBookOfSize(60, { today: '20260304' }) });
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  await advance(clock, 20_000);
  const from = clock.monotonic();
  await advance(clock, 120_000);
  const times = simulator.received.filter(({ at }) => at >= from).map(({ at }) => at);
  for (const start of times) {
    const inWindow = times.filter((at) => at >= start && at < start + 5_000).length;
    assert.ok(inWindow <= 3, `${inWindow} requests from ${start}`);
  }
  assert.ok(times.length <= 3 * 24 + 1 && times.length >= 2 * 24, `${times.length} requests in 2 minutes`);
  const tickles = simulator.requestsTo('/tickle').filter(({ at }) => at >= from);
  assert.ok(tickles.length === 1 || tickles.length === 2, `${tickles.length} tickles in 2 minutes`);
  assert.equal(simulator.limits.violations, 0);
});

test('300 legs stay within the limits and are all fresh', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t, { book: createBookOfSize(300, { today: '20260304' }), marketDataLines: Infinity });
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  for (let move = 0; move < 3; move++) {
    simulator.tick();
    await advance(clock, 5_000);
    const oldest = Math.min(...recorded.session.legs().map(({ conId }) => quoteOf(recorded.session, conId).delta?.at ?? 0));
    assert.ok(clock.now() - oldest <= 5_000, `${clock.now() - oldest} ms old`);
    assert.ok(difference(simulator.expectedSums('DU1234567'), sumsOf(recorded.session, clock)) < 1e-9);
  }
  assert.equal(simulator.limits.violations, 0);
});

test('streams that end after 15 minutes are opened again before their values count as stale', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t, { streamLifeMs: 60_000 });
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  for (let second = 0; second < 130; second += 5) {
    simulator.tick();
    await advance(clock, 5_000);
    assert.equal(sumsOf(recorded.session, clock).coverage.priced, 40);
  }
  assert.deepEqual(eventsOf(recorded.events, 'notice'), []);
});

test('a Greek that the gateway leaves out is missing, never zero; one that it stops sending is dropped after 30 s and named', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilReady(clock, recorded);
  const { conId } = firstOption(recorded.session);
  simulator.faults.missingFields.set(conId, new Set(['7310']));
  await advance(clock, 8_000);
  const before = sumsOf(recorded.session, clock).coverage;
  assert.deepEqual(before.unpriced.map((leg) => [leg.conId, leg.reason]), [[conId, 'no theta yet']]);
  simulator.faults.missingFields.clear();
  await advance(clock, 5_000);
  assert.equal(sumsOf(recorded.session, clock).coverage.priced, 40);
  simulator.faults.missingFields.set(conId, new Set(['7311']));
  await advance(clock, 20_000);
  assert.equal(sumsOf(recorded.session, clock).coverage.priced, 40, 'a short gap is bridged by the last good value');
  await advance(clock, 15_000);
  assert.deepEqual(sumsOf(recorded.session, clock).coverage.unpriced.map(({ reason }) => reason), ['no vega yet']);
  assert.match(eventsOf(recorded.events, 'notice').at(-1)?.message ?? '', /has sent no vega for 30 s/);
});

test('empty, worded and impossible values are missing, and the last good one stays', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  const { conId } = firstOption(recorded.session);
  const good = quoteOf(recorded.session, conId).delta?.value;
  for (const text of ['', 'N/A', 'C0.5', '1.7976931348623157E308', '2', null, {}]) {
    simulator.faults.changedFields.set(conId, { '7308': text });
    await advance(clock, 2_600);
    assert.equal(quoteOf(recorded.session, conId).delta?.value, good, JSON.stringify(text));
  }
});

test('without a subscription a leg is unpriced with the reason, and counts again once data comes', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  const { conId } = firstOption(recorded.session);
  simulator.streams.notSubscribed.add(conId);
  await advance(clock, 3_000);
  assert.match(sumsOf(recorded.session, clock).coverage.unpriced[0]?.reason ?? '', /^not-subscribed: /);
  simulator.streams.notSubscribed.clear();
  await advance(clock, 3_000);
  assert.equal(sumsOf(recorded.session, clock).coverage.priced, 40);
});

test('the kind of market data is the worst of the legs', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  simulator.faults.changedFields.set(firstOption(recorded.session).conId, { '6509': 'DpB' });
  await advance(clock, 3_000);
  simulator.faults.changedFields.clear();
  simulator.streams.marketData = 'frozen';
  await advance(clock, 3_000);
  assert.deepEqual(eventsOf(recorded.events, 'market-data').map(({ kind }) => kind), ['live', 'delayed', 'frozen']);
});

test('one instrument that spoils a request costs only itself', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  const { conId } = firstOption(recorded.session);
  simulator.faults.refusedConIds.add(conId);
  simulator.tick();
  await advance(clock, 10_000);
  assert.deepEqual(sumsOf(recorded.session, clock).coverage.unpriced.map((leg) => leg.conId), [conId]);
  simulator.tick();
  await advance(clock, 3_000);
  const oldest = Math.min(...recorded.session.legs().filter((leg) => leg.conId !== conId).map((leg) => quoteOf(recorded.session, leg.conId).delta?.at ?? clock.now()));
  assert.ok(clock.now() - oldest < 5_000);
  assert.deepEqual(eventsOf(recorded.events, 'upstream-down'), []);
  assert.equal(simulator.limits.violations, 0);
});

test('a trade is seen within 20 s; the closed leg\'s stream is ended, bonds are named and not counted', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  const leg = firstOption(recorded.session);
  const account = 'DU1234567';
  simulator.book.close(account, leg.conId);
  simulator.book.addLeg(account, treasuryBond, 5);
  await advanceUntil(clock, () => recorded.session.legs().every(({ conId }) => conId !== leg.conId), 'the closed leg is gone', 21_000);
  await advance(clock, 3_000);
  assert.ok(eventsOf(recorded.events, 'legs-changed').length > 0);
  assert.ok(!simulator.streams.conIds().includes(leg.conId), 'its stream is still open');
  const sums = sumsOf(recorded.session, clock);
  assert.deepEqual([sums.coverage.legs, sums.coverage.priced, sums.coverage.notCounted.length], [39, 39, 1]);
  assert.ok(!simulator.streams.conIds().includes(treasuryBond.conId));
  assert.ok(difference(simulator.expectedSums(account), sums) < 1e-9);
});

test('all pages are read, whatever their size, and no position of another account counts', async (t) => {
  for (const [pageSize, sparsePositions] of [[30, false], [30, true], [100, true], [40, false]] as const) {
    const { clock, simulator, gateway } = await startPortal(t, { book: createDemoBook({ today: '20260304', accounts: ['DU1', 'DU2'] }), pageSize, gateway: { account: 'du1' } });
    Object.assign(simulator.faults, { sparsePositions, mixedAccounts: true });
    const recorded = record(t, gateway);
    await untilPriced(clock, recorded);
    const sums = sumsOf(recorded.session, clock);
    assert.equal(sums.coverage.priced, 40, `pages of ${pageSize}`);
    assert.ok(difference(simulator.expectedSums('DU1'), sums) < 1e-9, `pages of ${pageSize}`);
    await recorded.session.close();
  }
});

test('an option whose multiplier nobody tells is unpriced until its definition comes; a stock has 1', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  Object.assign(simulator.faults, { sparsePositions: true, noDefinitions: true });
  const recorded = record(t, gateway);
  await untilReady(clock, recorded);
  await advance(clock, 5_000);
  const { coverage, delta } = sumsOf(recorded.session, clock);
  assert.equal(coverage.unpriced.length, 38);
  assert.deepEqual([...new Set(coverage.unpriced.map(({ reason }) => reason))], ['no multiplier']);
  assert.equal(delta, 850 - 3);
  simulator.faults.noDefinitions = false;
  await advanceUntil(clock, () => sumsOf(recorded.session, clock).coverage.priced === 40, 'priced', 45_000);
  assert.ok(difference(simulator.expectedSums('DU1234567'), sumsOf(recorded.session, clock)) < 1e-9);
});

test('an empty or a partial list of positions is believed only when it comes twice', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  simulator.faults.emptyReadings = 1;
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  assert.equal(recorded.session.legs().length, 40, 'the empty first answer was taken for an empty account');
  simulator.faults.emptyReadings = 1;
  await advance(clock, 40_000);
  assert.equal(simulator.faults.emptyReadings, 0);
  assert.equal(recorded.session.legs().length, 40);
  assert.deepEqual(eventsOf(recorded.events, 'legs-changed'), []);
  simulator.faults.emptyReadings = 1_000;
  await advanceUntil(clock, () => recorded.session.legs().length === 0, 'an account that stays empty is empty', 45_000);
});

test('several accounts and none chosen: they are told, and the session ends for a person to choose', async (t) => {
  const { clock, gateway } = await startPortal(t, { book: createDemoBook({ today: '20260304', accounts: ['DU1', 'DU2'] }) });
  const recorded = record(t, gateway);
  const { cause } = await untilClosed(clock, recorded);
  assert.deepEqual(eventsOf(recorded.events, 'account-needed'), [{ type: 'account-needed', accounts: ['DU1', 'DU2'] }]);
  assert.equal(cause.code, 'account-needed');
});

test('after close nothing is left: no stream, no connection, no timer', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  assert.ok(simulator.streams.conIds().length > 40);
  await recorded.session.close();
  await settle();
  assert.deepEqual(simulator.streams.conIds(), []);
  assert.equal(simulator.openConnections, 0);
  assert.equal(clock.pendingTimers, 0);
  const told = recorded.events.length;
  await recorded.session.close();
  await advance(clock, 10_000);
  assert.equal(recorded.events.length, told);
});

test('a session that is closed while it opens leaves nothing either', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  simulator.faults.silence = true;
  const recorded = record(t, gateway);
  await advance(clock, 500);
  await recorded.session.close();
  await settle();
  assert.equal(simulator.openConnections, 0);
  assert.equal(clock.pendingTimers, 0);
  assert.deepEqual(recorded.events, []);
});
