import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { emptyQuote } from '../../../../main/engine/greeks/leg.ts';
import { until } from '../../../support/until.ts';
import { advanceUntil, advanceUntilSubscribed, computationFrame, eventsOf, frame, hasGreeks, isOption, OPTION, outgoing, positionFrame, quoteOf, record, runOnRawPeer, startSimulator, untilClosed, untilReady } from './support.ts';

describe('the link between the gateway and IBKR', () => {
  test('1100 keeps the socket, is told once however often it comes, and 1102 ends it', async (t) => {
    const { gateway, simulator } = await startSimulator(t);
    const recorded = record(t, gateway);
    const { events } = recorded;
    await untilReady(recorded);
    for (let i = 0; i < 5; i++) simulator.loseUpstream();
    simulator.restoreUpstreamDataKept();
    await until(() => eventsOf(events, 'upstream-up').length === 1, 'up again');
    assert.deepEqual(eventsOf(events, 'upstream-down').map(({ cause }) => cause.code), ['upstream-1100']);
    assert.deepEqual(eventsOf(events, 'upstream-up'), [{ type: 'upstream-up', dataLost: false }]);
    assert.deepEqual([...new Set(eventsOf(events, 'notice').map(({ foldKey }) => foldKey))], ['code-1100']);
    assert.equal(simulator.openConnections, 1);
    assert.equal(simulator.connectionsAccepted, 1);
  });

  test('1101: the data is lost; asking for everything again brings it back', async (t) => {
    const { gateway, simulator, clock } = await startSimulator(t);
    const recorded = record(t, gateway);
    const { session, events } = recorded;
    await untilReady(recorded);
    await advanceUntilSubscribed(clock, simulator);
    simulator.loseUpstream();
    simulator.restoreUpstreamDataLost();
    await until(() => eventsOf(events, 'upstream-up')[0]?.dataLost === true, 'data lost');
    assert.equal(simulator.subscribedConIds().length, 0);
    session.resubscribe();
    await advanceUntilSubscribed(clock, simulator);
    await advanceUntil(clock, () => session.legs().filter(isOption).every((leg) => hasGreeks(session, leg)), 'all Greeks');
    assert.equal(simulator.receivedOf('contract-details').length, 13, 'contracts are remembered');
    assert.ok(!eventsOf(events, 'notice').some(({ message }) => /300/.test(message)));
  });

  test('2110, and a broken farm, are told; the farm that comes back ends it', async (t) => {
    const { gateway, simulator } = await startSimulator(t);
    const recorded = record(t, gateway);
    await untilReady(recorded);
    simulator.breakFarm();
    simulator.restoreFarm();
    simulator.breakServerLink();
    simulator.restoreUpstreamDataKept();
    await until(() => eventsOf(recorded.events, 'upstream-up').length === 2, 'both up again');
    assert.deepEqual(eventsOf(recorded.events, 'upstream-down').map(({ cause }) => cause.code), ['upstream-2103', 'upstream-2110']);
    assert.match(eventsOf(recorded.events, 'upstream-down')[0]?.cause.text ?? '', /usfarm/);
  });

  test('1300: closed with the new port', async (t) => {
    const { gateway, simulator, clock } = await startSimulator(t);
    const recorded = record(t, gateway);
    await untilReady(recorded);
    // Bytes that the gateway has not read when it closes would turn its goodbye into a reset.
    await advanceUntilSubscribed(clock, simulator);
    const port = await simulator.changePort();
    const { cause } = await untilClosed(recorded);
    assert.equal(cause.code, 'gateway-port-changed');
    assert.match(cause.text, new RegExp(String(port)));
  });

  test('pacing and account messages are notices, the session goes on', async (t) => {
    const { gateway, simulator } = await startSimulator(t);
    const recorded = record(t, gateway);
    await untilReady(recorded);
    for (const code of [100, 2100, 2101, 2107, 2108, 2119]) simulator.notice(code, 'usfarm');
    simulator.notice(1100);
    await until(() => eventsOf(recorded.events, 'upstream-down').length === 1, 'the last one');
    assert.deepEqual(eventsOf(recorded.events, 'notice').map(({ foldKey, severity }) => `${foldKey} ${severity}`), ['code-100 error', 'code-2100 info', 'code-2101 warning']);
  });
});

describe('asking for everything again', () => {
  test('new request ids, the old ones cancelled; late ticks of the old ones and values from before do not count', async (t) => {
    const { peer, session } = await runOnRawPeer(t);
    const before = await peer.requestIdOf(OPTION);
    peer.send(computationFrame(before, 13, { delta: 0.1 }));
    await until(() => session.quote(OPTION)?.delta?.value === 0.1, 'delta');
    const quote = session.quote(OPTION);
    session.resubscribe();
    assert.deepEqual(quote, emptyQuote());
    await until(() => peer.requestsOf(outgoing.marketData).length === 2, 'the new request');
    const after = await peer.requestIdOf(OPTION);
    assert.notEqual(after, before);
    assert.deepEqual(peer.requestsOf(outgoing.cancelMarketData).map((fields) => Number(fields[2])), [before]);
    peer.send(computationFrame(before, 13, { delta: 0.2, theta: -9 }), computationFrame(after, 13, { delta: 0.3, theta: '' }));
    await until(() => quote?.delta?.value === 0.3, 'the new request\'s data');
    assert.equal(quote?.theta, undefined);
  });

  test('a position that was closed while nobody heard is gone afterwards', async (t) => {
    const positions = [positionFrame(OPTION, 2), positionFrame(OPTION + 1, 1)];
    const { peer, session, events } = await runOnRawPeer(t, { positions });
    positions.pop();
    session.resubscribe();
    await until(() => session.legs().length === 1, 'one leg');
    assert.equal(eventsOf(events, 'legs-changed').length, 1);
    assert.equal(session.quote(OPTION + 1), undefined);
    assert.equal(peer.requestsOf(outgoing.positions).length, 2);
  });

  test('positions that do not come again in 15 s end the session, unless IBKR is out of reach', async (t) => {
    let answers = true;
    const run = await runOnRawPeer(t, { onRequest: ([kind]) => kind === outgoing.positions && !answers });
    answers = false;
    run.session.resubscribe();
    run.peer.send(frame(4, 2, -1, 1100, 'lost', ''));
    await until(() => eventsOf(run.events, 'upstream-down').length === 1, 'upstream down');
    await run.clock.advance(40_000);
    assert.deepEqual(eventsOf(run.events, 'closed'), []);
    run.peer.send(frame(4, 2, -1, 1102, 'back', ''));
    await until(() => eventsOf(run.events, 'upstream-up').length === 1, 'upstream up');
    await run.clock.advance(15_000);
    assert.equal((await untilClosed(run)).cause.code, 'positions-timeout');
  });
});

describe('signs of life', () => {
  test('a probe overtakes what waits and its answer is heard, without being a tick', async (t) => {
    const positions = Array.from({ length: 60 }, (_, i) => positionFrame(5_000 + i, 1));
    const { peer, session, clock } = await runOnRawPeer(t, { positions });
    session.probe();
    await clock.advance(3_000);
    await until(() => peer.requestsOf(outgoing.marketData).length === 60, 'everything');
    // The start message, the type of market data and the positions are the first three of the 45.
    assert.equal(peer.requests.findIndex(([kind]) => kind === outgoing.currentTime), 45);
    peer.send(computationFrame(await peer.requestIdOf(5_000), 13));
    await until(() => session.lastTickAt(), 'a tick');
    const tickAt = session.lastTickAt();
    await clock.advance(30_000);
    const heardAt = session.lastHeardAt();
    session.probe();
    await until(() => session.lastHeardAt() > heardAt, 'the answer');
    assert.equal(session.lastTickAt(), tickAt);
  });

  test('a mute gateway is not mistaken for a talking one', async (t) => {
    const { gateway, simulator, clock } = await startSimulator(t);
    const recorded = record(t, gateway);
    await untilReady(recorded);
    simulator.faults.silence = true;
    await clock.advance(5_000);
    const heardAt = recorded.session.lastHeardAt();
    recorded.session.probe();
    await until(() => simulator.receivedOf('current-time').length === 1, 'the probe');
    await clock.advance(5_000);
    assert.equal(recorded.session.lastHeardAt(), heardAt);
    assert.equal(eventsOf(recorded.events, 'closed').length, 0, 'that is for the supervisor to judge');
  });
});

describe('the connection ends', () => {
  for (const how of ['drop', 'reset', 'dieInMidMessage'] as const) {
    test(`${how}: one closed event, nothing after it`, async (t) => {
      const { gateway, simulator, clock } = await startSimulator(t);
      const recorded = record(t, gateway);
      await untilReady(recorded);
      simulator[how]();
      assert.equal((await untilClosed(recorded)).cause.code, 'gateway-closed');
      recorded.session.probe();
      recorded.session.resubscribe();
      await clock.advance(120_000);
      await recorded.session.close();
      assert.equal(eventsOf(recorded.events, 'closed').length, 1);
      assert.equal(recorded.events.at(-1)?.type, 'closed');
      assert.equal(clock.pendingTimers, 0);
    });
  }

  test('the quotes of a session that is over can still be read', async (t) => {
    const { gateway, simulator, clock } = await startSimulator(t);
    const recorded = record(t, gateway);
    await untilReady(recorded);
    const leg = recorded.session.legs().find(isOption)!;
    await advanceUntil(clock, () => hasGreeks(recorded.session, leg), 'Greeks');
    simulator.drop();
    await untilClosed(recorded);
    assert.equal(recorded.session.legs().length, 40);
    assert.ok(quoteOf(recorded.session, leg.conId).delta);
  });
});
