import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createPortalGateway } from '../../../../main/engine/gateway/portal/portal-gateway.ts';
import { spoiltAnswers } from '../../../simulators/portal/faults.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { advance, advanceUntil, eventsOf, record, startPortal, sumsOf, untilClosed, untilPriced } from './support.ts';

test('nobody listens: the cause says what to start', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  await simulator.refuseConnections();
  const { cause } = await untilClosed(clock, record(t, gateway));
  assert.equal(cause.code, 'gateway-unreachable');
  assert.match(cause.action ?? '', /Start the Client Portal Gateway/);
});

test('AirPlay on the port is told by its name, with what to change', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  await simulator.startAirPlay();
  const { cause } = await untilClosed(clock, record(t, gateway));
  assert.equal(cause.code, 'not-a-gateway');
  assert.match(cause.text, /AirPlay/);
  assert.match(cause.action ?? '', /listenPort to 5001/);
});

test('a web server of another kind is no gateway', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  simulator.faults.spoilt.set('/', 'html');
  assert.equal((await untilClosed(clock, record(t, gateway))).cause.code, 'not-a-gateway');
});

test('a gateway that takes requests and answers none is given up after 10 s', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  simulator.faults.silence = true;
  const from = clock.monotonic();
  const { cause } = await untilClosed(clock, record(t, gateway));
  assert.equal(cause.code, 'gateway-silent');
  assert.ok(clock.monotonic() - from <= 10_500);
  assert.equal(clock.pendingTimers, 0);
});

test('answers that are late are waited for; the values of a late round still count', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  simulator.faults.answerDelayMs = 3_000;
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  assert.deepEqual(eventsOf(recorded.events, 'upstream-down'), []);
});

for (const spoilt of spoiltAnswers) {
  test(`one snapshot answered with ${spoilt} changes no number, and the session recovers or ends with a cause`, async (t) => {
    const { clock, simulator, gateway } = await startPortal(t);
    const recorded = record(t, gateway);
    await untilPriced(clock, recorded);
    const before = sumsOf(recorded.session, clock);
    const asked = simulator.requestsTo('/iserver/marketdata/snapshot').length;
    simulator.faults.spoilt.set('/iserver/marketdata/snapshot', spoilt);
    await advanceUntil(clock, () => simulator.requestsTo('/iserver/marketdata/snapshot').length > asked, 'asked', 5_000);
    await advance(clock, 200);
    simulator.faults.spoilt.clear();
    assert.deepEqual({ ...sumsOf(recorded.session, clock), at: 0 }, { ...before, at: 0 });
    const ends = spoilt === 'cut' || spoilt === 'html';
    assert.equal(eventsOf(recorded.events, 'closed').length, ends ? 1 : 0);
    if (ends) return;
    await advance(clock, 10_000);
    assert.equal(sumsOf(recorded.session, clock).coverage.priced, 40);
    assert.deepEqual(eventsOf(recorded.events, 'upstream-down'), []);
    assert.equal(eventsOf(recorded.events, 'notice').length > 0 || spoilt === 'error-in-200', true);
  });
}

test('snapshots that stay garbled are an outage, not numbers that silently stand still', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  simulator.faults.spoilt.set('/iserver/marketdata/snapshot', 'half');
  await advanceUntil(clock, () => eventsOf(recorded.events, 'upstream-down').length > 0, 'upstream-down', 6_000);
  await advance(clock, 30_000);
  assert.deepEqual(eventsOf(recorded.events, 'upstream-up'), [], 'it is not over before a round succeeds');
  simulator.faults.spoilt.clear();
  await advanceUntil(clock, () => eventsOf(recorded.events, 'upstream-up').length > 0, 'upstream-up', 20_000);
  assert.equal(simulator.limits.violations, 0);
});

test('positions that come garbled leave the legs as they are', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  simulator.faults.spoilt.set('/portfolio/DU1234567/positions/0', 'half');
  await advance(clock, 45_000);
  assert.equal(recorded.session.legs().length, 40);
  assert.ok(eventsOf(recorded.events, 'notice').length > 0);
  assert.deepEqual(eventsOf(recorded.events, 'legs-changed'), []);
});

test('idle connections that the gateway closed are replaced without a word', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  for (let round = 0; round < 3; round++) {
    simulator.drop();
    await advance(clock, 5_000);
  }
  assert.deepEqual(eventsOf(recorded.events, 'closed'), []);
  assert.equal(sumsOf(recorded.session, clock).coverage.priced, 40);
});

test('a request that finds its idle connection closed at that very moment is asked again, once', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  for (let time = 0; time < 3; time++) {
    simulator.faults.staleConnections = 1;
    await advance(clock, 5_000);
    assert.equal(simulator.faults.staleConnections, 0);
  }
  assert.deepEqual(eventsOf(recorded.events, 'closed'), []);
  assert.deepEqual(eventsOf(recorded.events, 'notice'), []);
});

test('the gateway goes away: the session ends with a cause, and the next one is ready again', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  await simulator.refuseConnections();
  assert.equal((await untilClosed(clock, recorded)).cause.code, 'gateway-unreachable');
  assert.equal(clock.pendingTimers, 0);
  await simulator.acceptConnections();
  await untilPriced(clock, record(t, gateway));
});

test('a host name that nobody knows is a cause, not a crash', async (t) => {
  const clock = new ManualClock();
  const lookup = (_host: string, _options: unknown, callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void): void =>
    callback(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }), '', 4);
  const gateway = createPortalGateway({ url: 'https://gateway.example:5001', account: '', clock, lookup });
  assert.equal((await untilClosed(clock, record(t, gateway))).cause.action, 'Check IBKR_GATEWAY_URL');
});
