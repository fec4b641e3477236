import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { emptyQuote } from '../../../../main/engine/greeks/leg.ts';
import { until } from '../../../support/until.ts';
import { advanceUntil, advanceUntilSubscribed, computationFrame, detailsFrame, eventsOf, frame, hasGreeks, isOption, OPTION, outgoing, positionFrame, quoteOf, record, runOnRawPeer, startSimulator, untilReady } from './support.ts';

/** Sends a price that is read after everything before it, and waits until it was: a fence between a test's frames and its look. */
async function settle(peer: { send(...frames: readonly Buffer[]): void }, session: { quote(conId: number): unknown }, requestId: number, price: number): Promise<void> {
  peer.send(frame(1, 6, requestId, 4, price, 1, 0));
  await until(() => (session.quote(OPTION) as { price?: { value: number } }).price?.value === price, `price ${price}`);
}

describe('the whole book', () => {
  test('every option gets its Greeks, within the gateway\'s pace and with no message that is not needed', async (t) => {
    const { gateway, simulator, clock } = await startSimulator(t, { messagesPerSecond: 45 });
    const recorded = record(t, gateway);
    await untilReady(recorded);
    const { session } = recorded;
    await advanceUntil(clock, () => session.legs().filter(isOption).every((leg) => hasGreeks(session, leg)), 'all Greeks');
    const kinds = new Map<string, number>();
    for (const { request } of simulator.received) kinds.set(request.type, (kinds.get(request.type) ?? 0) + 1);
    assert.deepEqual(Object.fromEntries(kinds), { 'start-api': 1, 'market-data-type': 1, positions: 1, 'contract-details': 13, 'market-data': 40 });
    assert.deepEqual(eventsOf(recorded.events, 'notice'), []);
    for (const leg of session.legs().filter(isOption)) {
      const { delta, gamma, vega, theta } = quoteOf(session, leg.conId);
      assert.deepEqual({ delta: delta?.value, gamma: gamma?.value, vega: vega?.value, theta: theta?.value }, simulator.sentGreeks.get(leg.conId));
    }
  });

  test('200 legs: never more than 45 messages in a second, none rejected', async (t) => {
    const { createBookOfSize } = await import('../../../simulators/demo-book.ts');
    const { gateway, simulator, clock } = await startSimulator(t, { book: createBookOfSize(200), marketDataLines: 500 });
    const recorded = record(t, gateway);
    await untilReady(recorded);
    await advanceUntil(clock, () => recorded.session.legs().filter(isOption).every((leg) => hasGreeks(recorded.session, leg)), 'all Greeks');
    const at = simulator.received.map((message) => message.at);
    for (let i = 45; i < at.length; i++) assert.ok(at[i]! - at[i - 45]! >= 1_000);
    assert.deepEqual(eventsOf(recorded.events, 'notice'), []);
  });

  test('SMART for options and stocks, the real exchange for futures and their options; no generic ticks, streaming', async (t) => {
    const { gateway, simulator, clock } = await startSimulator(t);
    const { session } = record(t, gateway);
    await advanceUntil(clock, () => simulator.receivedOf('market-data').length === 40, 'all requests');
    for (const { contract, genericTickList, snapshot } of simulator.receivedOf('market-data')) {
      const kind = session.legs().find((leg) => leg.conId === contract.conId)?.kind;
      assert.equal(contract.exchange, kind === 'OPT' || kind === 'STK' ? 'SMART' : 'CME');
      assert.equal(genericTickList, '');
      assert.equal(snapshot, false);
    }
  });

  test('a second session of the same gateway asks for no contract details, and has a fresh connection and fresh quotes', async (t) => {
    const { gateway, simulator, clock } = await startSimulator(t);
    const first = record(t, gateway);
    await untilReady(first);
    await advanceUntilSubscribed(clock, simulator);
    simulator.drop();
    await until(() => eventsOf(first.events, 'closed').length === 1, 'closed');
    const before = simulator.received.length;
    simulator.book.market.freeze();
    const second = record(t, gateway);
    await untilReady(second);
    await advanceUntilSubscribed(clock, simulator);
    const types = simulator.received.slice(before).map(({ request }) => request.type);
    assert.equal(types.filter((type) => type === 'contract-details').length, 0);
    assert.equal(types.filter((type) => type === 'market-data').length, 40);
    assert.notEqual(first.session.quote(second.session.legs()[0]!.conId), second.session.quote(second.session.legs()[0]!.conId));
  });

  test('what waited to be sent when the connection broke is not sent on the next one (2.10.7)', async (t) => {
    const { gateway, simulator, clock } = await startSimulator(t);
    const first = record(t, gateway);
    await untilReady(first);
    const sentBefore = simulator.received.length;
    assert.ok(simulator.receivedOf('market-data').length < 40, 'some requests still wait for their turn');
    simulator.drop();
    await until(() => eventsOf(first.events, 'closed').length === 1, 'closed');
    await clock.advance(10_000);
    assert.equal(simulator.received.length, sentBefore);
    const second = record(t, gateway);
    await untilReady(second);
    await advanceUntilSubscribed(clock, simulator);
    const again = simulator.received.slice(sentBefore).map(({ request }) => request);
    const requestIds = again.flatMap((request) => (request.type === 'market-data' || request.type === 'contract-details' ? [request.reqId] : []));
    assert.equal(new Set(requestIds).size, requestIds.length);
    assert.deepEqual(again.slice(0, 3).map((request) => request.type), ['start-api', 'market-data-type', 'positions']);
  });
});

describe('computations on the wire', () => {
  test('each Greek lands in its own field: tickAttrib is the third argument (2.10.9)', async (t) => {
    const { peer, session, clock } = await runOnRawPeer(t);
    const requestId = await peer.requestIdOf(OPTION);
    peer.send(computationFrame(requestId, 13, { volatility: 0.21, delta: 0.51, price: 33, dividend: 44, gamma: 0.012, vega: 3.5, theta: -1.5, underlying: 5001 }));
    await until(() => session.quote(OPTION)?.delta, 'delta');
    const at = clock.now();
    assert.deepEqual(session.quote(OPTION), {
      ...emptyQuote(),
      impliedVolatility: { value: 0.21, at }, delta: { value: 0.51, at }, gamma: { value: 0.012, at }, vega: { value: 3.5, at },
      theta: { value: -1.5, at }, underlyingPrice: { value: 5001, at },
    });
    assert.equal(session.lastTickAt(), clock.monotonic());
  });

  test('bid, ask, last and custom computations never count', async (t) => {
    const { peer, session } = await runOnRawPeer(t);
    const requestId = await peer.requestIdOf(OPTION);
    peer.send(...[10, 11, 12, 80, 81, 82, 53].map((tickType) => computationFrame(requestId, tickType)));
    await settle(peer, session, requestId, 7);
    assert.equal(session.quote(OPTION)?.delta, undefined);
  });

  test('an empty field is not a zero: what came before stays', async (t) => {
    const { peer, session } = await runOnRawPeer(t);
    const requestId = await peer.requestIdOf(OPTION);
    peer.send(computationFrame(requestId, 13, { gamma: 0.01, vega: 3 }), computationFrame(requestId, 13, { delta: 0.6, gamma: '', vega: '', theta: '' }));
    await until(() => session.quote(OPTION)?.delta?.value === 0.6, 'the second computation');
    assert.deepEqual([session.quote(OPTION)?.gamma?.value, session.quote(OPTION)?.vega?.value, session.quote(OPTION)?.theta?.value], [0.01, 3, -1]);
  });

  for (const fault of ['sentinels', 'empty', 'nan', 'infinity', 'max-value', 'all-zero'] as const) {
    test(`"${fault}" in place of values: the last good ones stay with their age`, async (t) => {
      const { gateway, simulator, clock } = await startSimulator(t);
      const recorded = record(t, gateway);
      await untilReady(recorded);
      const { session } = recorded;
      const leg = session.legs().find(isOption)!;
      await advanceUntil(clock, () => hasGreeks(session, leg), 'Greeks');
      const before = { ...quoteOf(session, leg.conId) };
      simulator.faults.greeks.set(leg.conId, fault);
      await clock.advance(60_000);
      simulator.book.market.step();
      simulator.sendValues();
      await until(() => quoteOf(session, leg.conId).price!.at > before.price!.at, 'the next price');
      const { delta, gamma, vega, theta } = quoteOf(session, leg.conId);
      assert.deepEqual({ delta, gamma, vega, theta }, { delta: before.delta, gamma: before.gamma, vega: before.vega, theta: before.theta });
      simulator.faults.greeks.clear();
      simulator.sendValues();
      await until(() => quoteOf(session, leg.conId).theta!.at > before.theta!.at, 'good values again');
    });
  }

  test('live wins over delayed, until the gateway says that the data is delayed now', async (t) => {
    const { peer, session } = await runOnRawPeer(t);
    const requestId = await peer.requestIdOf(OPTION);
    peer.send(computationFrame(requestId, 83, { delta: 0.1 }));
    await until(() => session.quote(OPTION)?.delta?.value === 0.1, 'a delayed model');
    peer.send(frame(58, 1, requestId, 1), computationFrame(requestId, 13, { delta: 0.2 }), computationFrame(requestId, 83, { delta: 0.3 }));
    await settle(peer, session, requestId, 7);
    assert.equal(session.quote(OPTION)?.delta?.value, 0.2);
    peer.send(frame(58, 1, requestId, 3), computationFrame(requestId, 83, { delta: 0.4 }));
    await until(() => session.quote(OPTION)?.delta?.value === 0.4, 'a delayed model again');
  });

  test('a Greek beyond all bounds is ignored and told', async (t) => {
    const { peer, session, events } = await runOnRawPeer(t);
    const requestId = await peer.requestIdOf(OPTION);
    peer.send(computationFrame(requestId, 13, { delta: 51 }));
    await until(() => eventsOf(events, 'notice').some((notice) => /beyond all bounds/.test(notice.message)), 'a notice');
    assert.equal(session.quote(OPTION)?.delta, undefined);
  });
});

describe('kind of market data', () => {
  test('is the worst over the legs, told when it changes', async (t) => {
    const { peer, events } = await runOnRawPeer(t, { positions: [positionFrame(OPTION, 1), positionFrame(OPTION + 1, 1)] });
    const [one, other] = [await peer.requestIdOf(OPTION), await peer.requestIdOf(OPTION + 1)];
    const kinds = (): string[] => eventsOf(events, 'market-data').map((event) => event.kind);
    peer.send(frame(58, 1, one, 1), frame(58, 1, other, 1), frame(58, 1, other, 3), frame(58, 1, one, 2), frame(58, 1, other, 4), frame(58, 1, other, 9));
    await until(() => kinds().at(-1) === 'delayed-frozen', 'the last kind');
    assert.deepEqual(kinds(), ['live', 'delayed', 'delayed-frozen']);
    peer.send(positionFrame(OPTION + 1, 0));
    await until(() => kinds().at(-1) === 'frozen', 'the kind of the leg that is left');
  });
});

describe('positions while it runs', () => {
  test('a closed leg goes and frees its line, a new one comes with its data, the same record again changes nothing', async (t) => {
    const { gateway, simulator, clock } = await startSimulator(t);
    const recorded = record(t, gateway);
    const { session, events } = recorded;
    await untilReady(recorded);
    await advanceUntilSubscribed(clock, simulator);
    const [gone] = session.legs().filter(isOption);
    simulator.book.close('DU1234567', gone!.conId);
    await until(() => session.legs().length === 39, 'one leg less');
    await advanceUntilSubscribed(clock, simulator, 39);
    assert.equal(session.quote(gone!.conId), undefined);

    simulator.book.setPosition('DU1234567', gone!.conId, 7);
    await until(() => session.legs().some((leg) => leg.conId === gone!.conId && leg.position === 7), 'the leg again');
    await advanceUntil(clock, () => hasGreeks(session, { ...gone! }), 'its Greeks');
    const changes = eventsOf(events, 'legs-changed').length;
    assert.equal(changes, 2);
    simulator.book.setPosition('DU1234567', gone!.conId, 7, 123.45);
    simulator.book.setPosition('DU1234567', gone!.conId, 8);
    await until(() => eventsOf(events, 'legs-changed').length > changes, 'the next change');
    assert.equal(eventsOf(events, 'legs-changed').length, changes + 1, 'another average cost is no change');
    assert.equal(simulator.subscribedConIds().filter((conId) => conId === gone!.conId).length, 1);
  });

  test('a leg that is closed before its request left is never asked for', async (t) => {
    const many = Array.from({ length: 60 }, (_, i) => positionFrame(5_000 + i, 1));
    const { peer, session, clock } = await runOnRawPeer(t, { positions: many });
    peer.send(positionFrame(5_059, 0));
    await until(() => session.legs().length === 59, 'one leg less');
    await clock.advance(5_000);
    await until(() => peer.requestsOf(outgoing.marketData).length === 59, 'all requests');
    assert.ok(!peer.requestsOf(outgoing.marketData).some((fields) => fields[3] === '5059'));
    assert.equal(peer.requestsOf(outgoing.cancelMarketData).length, 0);
  });

  test('bonds and the like are legs that are named and never asked for', async (t) => {
    const { peer, session } = await runOnRawPeer(t, { positions: [positionFrame(9, 10, { secType: 'BOND' }), positionFrame(OPTION, 1)] });
    await peer.requestIdOf(OPTION);
    assert.deepEqual(session.legs().map(({ kind }) => kind).sort(), ['OPT', 'other']);
    assert.equal(peer.requestsOf(outgoing.marketData).length, 1);
  });

  test('an option without a multiplier is subscribed at once and completed by its contract details', async (t) => {
    const { peer, session, events } = await runOnRawPeer(t, { positions: [positionFrame(OPTION, 1, { multiplier: '' })] });
    await peer.requestIdOf(OPTION);
    assert.equal(session.legs()[0]?.multiplier, undefined, 'not 1, not 0');
    const details = await until(() => peer.requestsOf(outgoing.contractDetails)[0], 'the request');
    peer.send(detailsFrame(Number(details[2]), OPTION, { exchange: 'SMART', multiplier: '100' }), frame(52, 1, Number(details[2])));
    await until(() => session.legs()[0]?.multiplier === 100, 'the multiplier');
    assert.equal(eventsOf(events, 'legs-changed').length, 1);
    assert.equal(peer.requestsOf(outgoing.marketData).length, 1);
  });

  test('a future on a routing algorithm and on CME: CME is asked', async (t) => {
    const { gateway, simulator, clock } = await startSimulator(t);
    simulator.faults.contractDetails = 'ambiguous';
    record(t, gateway);
    await advanceUntilSubscribed(clock, simulator);
    assert.ok(simulator.receivedOf('market-data').every(({ contract }) => contract.exchange === 'SMART' || contract.exchange === 'CME'));
  });
});
