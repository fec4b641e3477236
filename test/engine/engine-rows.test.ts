import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScriptedSession } from '../support/scripted-gateway.ts';
import { EngineStand, standSettings } from '../support/engine-stand.ts';
import { leg, stock } from './greeks/book.ts';

const call = leg({ conId: 101, position: 2 });
const put = leg({ conId: 102, position: -1, right: 'P' });
const greeks = { delta: 0.5, gamma: 0.01, vega: 3, theta: -1, underlyingPrice: 6000 };

function withLegs(stand: EngineStand, ...legs: (typeof call)[]): void {
  stand.gateway.onOpen = (session: ScriptedSession) => {
    session.book = legs;
    session.ready();
  };
}

function setPollInterval(stand: EngineStand, pollIntervalMs: number): void {
  stand.engine.apply({ ...standSettings, pollIntervalMs });
}

async function started(stand: EngineStand): Promise<ScriptedSession> {
  stand.engine.start();
  await stand.clock.advance(10);
  return stand.gateway.current;
}

test('the first row comes as soon as every leg is priced, then one every interval on a fixed grid', async () => {
  const stand = new EngineStand();
  withLegs(stand, call, put);
  const session = await started(stand);
  await stand.clock.advance(1_000);
  session.price(101, greeks);
  await stand.clock.advance(1_000);
  assert.equal(stand.delivery.greeks.length, 0, 'no row while a leg is unpriced');
  session.price(102, greeks);
  await stand.clock.advance(60);
  assert.equal(stand.delivery.greeks.length, 1);
  await stand.clock.advance(20_000);
  const times = stand.delivery.greeks.map(({ timestamp }) => timestamp - (stand.delivery.greeks[0]?.timestamp ?? 0));
  assert.deepEqual(times, [0, 5_000, 10_000, 15_000, 20_000]);
  assert.equal(stand.delivery.greeks[0]?.delta, 0.5 * 2 * 100 - 0.5 * 100);
  assert.equal(stand.delivery.greeks[0]?.underlyingPrice, 6000);
});

for (const pollIntervalMs of [1_000, 3_600_000]) {
  test(`an interval that is changed to ${pollIntervalMs / 1_000} s while a leg is unpriced leaves the warm-up as it was`, async () => {
    const patient = new EngineStand();
    withLegs(patient, call, put);
    (await started(patient)).price(101, greeks);
    await patient.seconds(1);
    setPollInterval(patient, pollIntervalMs);
    await patient.clock.advance(13_900);
    assert.equal(patient.delivery.greeks.length, 0, 'no row of a part of the legs before the 15 s are over');
    await patient.clock.advance(100);
    assert.equal(patient.delivery.greeks.length, 1);
    await patient.clock.advance(pollIntervalMs);
    assert.equal(patient.delivery.greeks.length, 2);

    const priced = new EngineStand();
    withLegs(priced, call);
    const session = await started(priced);
    await priced.seconds(1);
    setPollInterval(priced, pollIntervalMs);
    session.price(101, greeks);
    await priced.clock.advance(60);
    assert.equal(priced.delivery.greeks.length, 1, 'the first row comes as soon as every leg is priced');
  });
}

test('after a warm-up of 15 s the priced legs are summed and api_logs names the missing one once', async () => {
  const stand = new EngineStand();
  withLegs(stand, call, put);
  const session = await started(stand);
  session.price(101, greeks);
  await stand.clock.advance(14_900);
  assert.equal(stand.delivery.greeks.length, 0);
  await stand.clock.advance(10_200);
  assert.equal(stand.delivery.greeks.length, 3);
  assert.equal(stand.delivery.greeks[0]?.delta, 100);
  assert.equal(stand.delivery.messages('1 of 2 legs').length, 1);
  session.price(102, greeks);
  await stand.clock.advance(5_000);
  assert.equal(stand.delivery.messages('2 of 2 legs').length, 1);
});

test('no leg priced is NULL, no position at all is zero', async () => {
  const unpriced = new EngineStand();
  withLegs(unpriced, call);
  await started(unpriced);
  await unpriced.seconds(16);
  assert.equal(unpriced.delivery.greeks[0]?.delta, null);
  assert.equal(unpriced.delivery.greeks[0]?.theta, null);

  const empty = new EngineStand();
  withLegs(empty);
  await started(empty);
  await empty.seconds(1);
  assert.equal(empty.delivery.greeks[0]?.delta, 0);
  assert.equal(empty.delivery.greeks[0]?.underlyingPrice, null);
});

test('while the connection is not up no row is written, and a short outage that costs no row leaves no gap', async () => {
  const stand = new EngineStand();
  withLegs(stand, stock('AAPL', 10));
  const session = await started(stand);
  await stand.seconds(10.1);
  const before = stand.delivery.greeks.length;
  session.lose({ code: 'gateway-closed', text: 'the gateway closed the connection' });
  assert.equal(stand.engine.state.live, false);
  await stand.seconds(4.8);
  assert.equal(stand.delivery.greeks.length, before);
  await stand.seconds(1);
  assert.equal(stand.delivery.greeks.length, before + 1);
  assert.deepEqual(stand.delivery.messages('gap of'), []);
});

test('a gap is named with its limits and its causes, and is recorded for the chart', async () => {
  const stand = new EngineStand();
  withLegs(stand, stock('AAPL', 10));
  const session = await started(stand);
  const lastRow = stand.delivery.greeks.at(-1)?.timestamp ?? 0;
  session.lose({ code: 'gateway-closed', text: 'the gateway closed the connection' });
  stand.refuseFromNowOn();
  await stand.seconds(10);
  withLegs(stand, stock('AAPL', 10));
  await stand.seconds(10);
  const next = stand.delivery.greeks.find(({ timestamp }) => timestamp > lastRow)?.timestamp ?? 0;
  assert.deepEqual(stand.recordedGaps.map(({ from, to }) => [from, to]), [[lastRow, next]]);
  const [message = ''] = stand.delivery.messages('gap of');
  assert.match(message, /the gateway closed the connection; then nothing listens at 127\.0\.0\.1:4001/);
  assert.ok(message.includes(new Date(lastRow).toISOString()) && message.includes(new Date(next).toISOString()));
});

test('a late poll is not followed by a burst, and the gap that it left is explained', async () => {
  const stand = new EngineStand();
  withLegs(stand, stock('AAPL', 10));
  const session = await started(stand);
  await stand.seconds(1);
  const before = stand.delivery.greeks.length;
  stand.clock.freeze(23_000);
  await stand.clock.advance(0);
  assert.equal(stand.delivery.greeks.length, before + 1, 'one row, not four');
  assert.ok((stand.engine.state.lastRow?.latenessMs ?? 0) > 15_000);
  assert.equal(stand.delivery.messages('gap of').length, 1);
  session.price(1, greeks);
  await stand.seconds(5);
  assert.equal(stand.delivery.greeks.length, before + 2, 'back on the grid');
});

for (const [beforeSeconds, atSeconds, afterSeconds, nextSeconds] of [
  [60, 50, 5, 55],
  [60, 58, 5, 60],
  [10, 9, 5, 10],
  [10, 9.9, 9, 10],
  [5, 4.9, 6, 5],
  [5, 3, 60, 5],
] as const) {
  test(`an interval of ${beforeSeconds} s that is changed to ${afterSeconds} s after ${atSeconds} s makes no gap`, async () => {
    const stand = new EngineStand(undefined, { pollIntervalMs: beforeSeconds * 1_000 });
    withLegs(stand, stock('AAPL', 10));
    await started(stand);
    const first = stand.delivery.greeks[0]?.timestamp ?? 0;
    await stand.clock.advance(first + atSeconds * 1_000 - stand.clock.now());
    setPollInterval(stand, afterSeconds * 1_000);
    await stand.seconds(3 * afterSeconds);
    const times = stand.delivery.greeks.slice(1, 3).map(({ timestamp }) => (timestamp - first) / 1_000);
    assert.deepEqual(times, [nextSeconds, nextSeconds + afterSeconds], 'the next row at the latest when it was due before');
    assert.deepEqual(stand.delivery.messages('gap of'), []);
  });
}

test('a poll that is late after its interval was shortened ends a gap that tells both', async () => {
  const stand = new EngineStand(undefined, { pollIntervalMs: 60_000 });
  withLegs(stand, stock('AAPL', 10));
  await started(stand);
  await stand.seconds(50);
  setPollInterval(stand, 5_000);
  stand.clock.freeze(25_000);
  await stand.seconds(5);
  const [message = '', ...others] = stand.delivery.messages('gap of');
  assert.match(message, /^gap of 1 m 15 s .*: the poll interval was shortened from 1 m to 5 s; then the computer was busy or stood still: the poll came 20 s late$/);
  assert.deepEqual(others, []);
});

test('an interval that is changed while a poll is late leaves the gap its cause', async () => {
  const stand = new EngineStand();
  withLegs(stand, stock('AAPL', 10));
  await started(stand);
  stand.clock.freeze(25_000);
  setPollInterval(stand, 60_000);
  await stand.clock.advance(0);
  assert.match(stand.delivery.messages('gap of')[0] ?? '', /^gap of 25 s .*: the computer was busy or stood still: the poll came 20 s late$/);
});

test('a wall clock that is set forward after the interval was shortened is still told as that', async () => {
  const stand = new EngineStand(undefined, { pollIntervalMs: 60_000 });
  withLegs(stand, stock('AAPL', 10));
  await started(stand);
  await stand.seconds(50);
  setPollInterval(stand, 5_000);
  stand.clock.jumpWall(3_600_000);
  await stand.seconds(5);
  assert.match(stand.delivery.messages('gap of')[0] ?? '', /then the wall clock was set forward$/);
});

test('an outage is a gap by the shorter interval from the moment that it was set', async () => {
  const stand = new EngineStand(undefined, { pollIntervalMs: 3_600_000 });
  withLegs(stand, stock('AAPL', 10));
  const session = await started(stand);
  stand.refuseFromNowOn();
  session.lose({ code: 'gateway-closed', text: 'the gateway closed the connection' });
  await stand.seconds(1);
  setPollInterval(stand, 5_000);
  await stand.seconds(100);
  withLegs(stand, stock('AAPL', 10));
  await stand.seconds(100);
  assert.match(stand.delivery.messages('gap of')[0] ?? '', /the gateway closed the connection; then the poll interval was shortened from 1 h to 5 s; then /);
});

test('the time between two runs is a gap that tells a clean stop from a crash', async () => {
  for (const [logMessage, expected] of [['stopped: asked to stop', /not running \(stopped/], ['connected to x', /without a clean stop/]] as const) {
    const stand = new EngineStand();
    const now = stand.clock.now();
    stand.delivery.remembered = { greeksAt: now - 3_600_000, firstLogAt: now - 7_200_000, logAt: now - 3_590_000, logMessage };
    withLegs(stand, stock('AAPL', 10));
    await started(stand);
    await stand.seconds(1);
    const [gap = ''] = stand.delivery.messages('gap of');
    assert.match(gap, expected);
    assert.ok(gap.includes(new Date(now - 3_600_000).toISOString()));
  }
});

test('stopping accounts for a gap that is still open', async () => {
  const stand = new EngineStand();
  withLegs(stand, stock('AAPL', 10));
  const session = await started(stand);
  await stand.seconds(1);
  session.lose();
  stand.refuseFromNowOn();
  await stand.seconds(60);
  await stand.engine.stop(1_000);
  assert.equal(stand.delivery.messages('gap of 1 m').length, 1);
  assert.match(stand.delivery.logs.at(-1)?.message ?? '', /^stopped/);
  assert.equal(stand.clock.pendingTimers, 0, 'no timer is left behind');
});

test('a row that cannot be accepted is told, and the loop goes on', async () => {
  const stand = new EngineStand();
  withLegs(stand, stock('AAPL', 10));
  await started(stand);
  await stand.seconds(1);
  stand.delivery.failure = new Error('disk on fire');
  await stand.seconds(10);
  stand.delivery.failure = undefined;
  const before = stand.delivery.greeks.length;
  await stand.seconds(5);
  assert.equal(stand.delivery.greeks.length, before + 1);
  assert.ok(stand.delivery.messages('disk on fire').length >= 1);
  assert.match(stand.delivery.messages('gap of')[0] ?? '', /disk on fire/);
});

test('market data that is lost without an outage before it is the cause of the gap that it makes', async () => {
  const stand = new EngineStand();
  withLegs(stand, call, put);
  const session = await started(stand);
  session.price(101, greeks);
  session.price(102, greeks);
  await stand.seconds(8);
  session.quotes.delete(102);
  session.say({ type: 'upstream-up', dataLost: true });
  assert.equal(stand.engine.state.live, false);
  await stand.seconds(20);
  const [told = ''] = stand.delivery.messages('gap of');
  assert.match(told, /: IBKR lost the market data; everything was subscribed again$/);
});

test('the currency of the sums is that of the legs', async () => {
  const stand = new EngineStand();
  withLegs(stand, { ...stock('SAP', 5), currency: 'EUR' });
  await started(stand);
  await stand.seconds(1);
  assert.equal(stand.engine.state.currency, 'EUR');
});

test('legs in several currencies are told once', async () => {
  const stand = new EngineStand();
  withLegs(stand, stock('AAPL', 10), { ...stock('SAP', 5), currency: 'EUR' });
  await started(stand);
  await stand.seconds(20);
  assert.deepEqual(stand.delivery.messages('several currencies (EUR, USD)').length, 1);
  assert.equal(stand.engine.state.currency, null);
});
