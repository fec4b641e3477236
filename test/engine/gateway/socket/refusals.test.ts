import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { until } from '../../../support/until.ts';
import { advanceUntil, advanceUntilSubscribed, computationFrame, detailsFrame, eventsOf, frame, hasGreeks, isOption, OPTION, outgoing, positionFrame, quoteOf, record, runOnRawPeer, startSimulator, untilReady } from './support.ts';

const MINUTE = 60_000;

function errorFrame(requestId: number, code: number, text = 'said the gateway'): Buffer {
  return frame(4, 2, requestId, code, text, '');
}

describe('advisory codes do not end a stream (2.10.10)', () => {
  for (const code of [10089, 10090, 10091, 10167]) {
    test(`${code}: the reason stands until the delayed model computation comes, which counts`, async (t) => {
      const { peer, session } = await runOnRawPeer(t);
      const requestId = await peer.requestIdOf(OPTION);
      peer.send(errorFrame(requestId, code));
      await until(() => session.quote(OPTION)?.refusal?.code === String(code), 'the reason');
      peer.send(frame(1, 6, requestId, 66, 5, 1, 0), frame(1, 6, requestId, 67, 6, 1, 0));
      await until(() => session.quote(OPTION)?.price, 'a price');
      assert.equal(session.quote(OPTION)?.refusal?.code, String(code), 'prices alone do not answer it');
      peer.send(computationFrame(requestId, 83, { delta: 0.44 }));
      await until(() => session.quote(OPTION)?.delta?.value === 0.44, 'the delayed model');
      assert.equal(session.quote(OPTION)?.refusal, undefined);
      assert.equal(peer.requestsOf(outgoing.cancelMarketData).length, 0);
      assert.equal(peer.requestsOf(outgoing.marketData).length, 1);
    });
  }

  test('after data came they are a notice, no reason', async (t) => {
    const { peer, session, events } = await runOnRawPeer(t);
    const requestId = await peer.requestIdOf(OPTION);
    peer.send(computationFrame(requestId, 13), errorFrame(requestId, 10090), errorFrame(requestId, 31_337, 'news'));
    await until(() => eventsOf(events, 'notice').length === 2, 'two notices');
    assert.equal(session.quote(OPTION)?.refusal, undefined);
  });

  test('with the simulator: 10091 on one leg, its delayed Greeks arrive', async (t) => {
    const { gateway, simulator, clock } = await startSimulator(t);
    const leg = simulator.book.positions('DU1234567').find(({ instrument }) => instrument.secType === 'OPT')!.instrument;
    simulator.refuse(leg.conId, 10091);
    const { session, events } = record(t, gateway);
    await advanceUntil(clock, () => session.quote(leg.conId)?.delta !== undefined, 'delayed Greeks');
    assert.equal(quoteOf(session, leg.conId).refusal, undefined);
    await until(() => eventsOf(events, 'market-data').at(-1)?.kind === 'delayed', 'the kind');
  });
});

describe('refusals', () => {
  for (const [code, pauseMs] of [[354, 15 * MINUTE], [10168, 15 * MINUTE], [10186, 15 * MINUTE], [10197, MINUTE], [322, 5 * MINUTE]] as const) {
    test(`${code}: the reason stands, nothing is asked for ${pauseMs / MINUTE} min, then a new request heals it`, async (t) => {
      const { gateway, simulator, clock } = await startSimulator(t);
      const { session, events } = record(t, gateway);
      await advanceUntilSubscribed(clock, simulator);
      const leg = session.legs().find(isOption)!;
      await until(() => hasGreeks(session, leg), 'Greeks');
      simulator.refuse(leg.conId, code);
      await until(() => quoteOf(session, leg.conId).refusal?.code === String(code), 'the refusal');
      assert.ok(eventsOf(events, 'notice').some((notice) => notice.foldKey === `refusal:${code}` && notice.severity === 'warning'));
      simulator.allow(leg.conId);
      const requests = (): number => simulator.receivedOf('market-data').length;
      const before = requests();
      await clock.advance(pauseMs - 1_000);
      assert.equal(requests(), before);
      await clock.advance(1_000);
      await until(() => requests() === before + 1 && quoteOf(session, leg.conId).refusal === undefined, 'the leg to be healed');
      assert.deepEqual(eventsOf(events, 'closed'), []);
      const ids = simulator.receivedOf('market-data').map(({ reqId }) => reqId);
      assert.equal(new Set(ids).size, ids.length, 'a new request id');
    });
  }

  test('the cancel of a dead request and its 300 make no noise', async (t) => {
    const { peer, session, events } = await runOnRawPeer(t);
    const requestId = await peer.requestIdOf(OPTION);
    peer.send(errorFrame(requestId, 354));
    await until(() => peer.requestsOf(outgoing.cancelMarketData).length === 1, 'the cancel');
    const before = events.length;
    peer.send(errorFrame(requestId, 300, "Can't find EId"), errorFrame(requestId, 354), computationFrame(requestId, 13), frame(49, 1, 1));
    session.probe();
    await until(() => peer.requestsOf(outgoing.currentTime).length === 1, 'the probe');
    assert.equal(events.length, before);
    assert.equal(session.quote(OPTION)?.delta, undefined, 'late ticks of a dead request do not count');
    assert.equal(session.quote(OPTION)?.refusal?.code, '354');
  });

  test('101, no line free: the leg waits until another leg frees one', async (t) => {
    const { gateway, simulator, clock } = await startSimulator(t, { marketDataLines: 39 });
    const { session } = record(t, gateway);
    await advanceUntilSubscribed(clock, simulator, 39);
    const without = await until(() => session.legs().find((leg) => session.quote(leg.conId)?.refusal?.code === '101'), 'a leg without a line');
    const holder = session.legs().find((leg) => leg.conId !== without.conId && isOption(leg))!;
    simulator.book.close('DU1234567', holder.conId);
    await advanceUntil(clock, () => simulator.subscribedConIds().includes(without.conId), 'the free line', 10);
    await until(() => quoteOf(session, without.conId).refusal === undefined, 'its data');
  });

  test('101 and no leg goes: asked again after 5 min', async (t) => {
    const { peer, clock } = await runOnRawPeer(t);
    peer.send(errorFrame(await peer.requestIdOf(OPTION), 101));
    await until(() => clock.nextTimerInMs === 5 * MINUTE, 'the pause');
    await clock.advance(5 * MINUTE);
    await until(() => peer.requestsOf(outgoing.marketData).length === 2, 'the second request');
    assert.equal(peer.requestsOf(outgoing.cancelMarketData).length, 0, 'there is nothing to cancel');
  });

  test('200 on SMART: the exchange of the contract details is remembered for the next request and the next session', async (t) => {
    const { peer, session, gateway } = await runOnRawPeer(t);
    peer.send(errorFrame(await peer.requestIdOf(OPTION), 200));
    const inquiry = await until(() => peer.requestsOf(outgoing.contractDetails)[0], 'the inquiry');
    peer.send(detailsFrame(Number(inquiry[2]), OPTION, { exchange: 'CBOE', multiplier: '100' }), frame(52, 1, Number(inquiry[2])));
    await until(() => peer.requestsOf(outgoing.marketData).length === 2, 'the second request');
    session.resubscribe();
    await until(() => peer.requestsOf(outgoing.marketData).length === 3, 'the third request');
    await untilReady(record(t, gateway));
    await until(() => peer.requestsOf(outgoing.marketData).length === 4, 'the request of the next session');
    assert.deepEqual(peer.requestsOf(outgoing.marketData).map((fields) => fields.includes('CBOE')), [false, true, true, true]);
    assert.equal(peer.requestsOf(outgoing.contractDetails).length, 1);
  });

  test('200: the contract details are asked once; a better exchange is taken, and a second 200 is final', async (t) => {
    const { peer, session, clock } = await runOnRawPeer(t);
    peer.send(errorFrame(await peer.requestIdOf(OPTION), 200, 'No security definition'));
    const inquiry = await until(() => peer.requestsOf(outgoing.contractDetails)[0], 'the inquiry');
    assert.match(session.quote(OPTION)?.refusal?.text ?? '', /knows no such contract/);
    peer.send(detailsFrame(Number(inquiry[2]), OPTION, { exchange: 'CBOE', multiplier: '100' }), frame(52, 1, Number(inquiry[2])));
    const second = await until(() => peer.requestsOf(outgoing.marketData)[1], 'the second request');
    assert.ok(second.includes('CBOE'));
    peer.send(errorFrame(Number(second[2]), 200));
    await clock.advance(24 * 60 * MINUTE);
    assert.equal(peer.requestsOf(outgoing.marketData).length, 2);
    assert.equal(session.quote(OPTION)?.refusal?.code, '200');
  });

  test('321: final for this session, asked again when everything is', async (t) => {
    const { peer, session, clock } = await runOnRawPeer(t);
    peer.send(errorFrame(await peer.requestIdOf(OPTION), 321, 'Error validating request'));
    await until(() => session.quote(OPTION)?.refusal?.code === '321', 'the refusal');
    await clock.advance(24 * 60 * MINUTE);
    assert.equal(peer.requestsOf(outgoing.marketData).length, 1);
    session.resubscribe();
    await until(() => peer.requestsOf(outgoing.marketData).length === 2, 'the second request');
    assert.equal(session.quote(OPTION)?.refusal, undefined);
  });
});

describe('qualification that fails', () => {
  test('200 for the contract details: the leg says why, the others are priced, nothing crashes', async (t) => {
    const { gateway, simulator, clock } = await startSimulator(t);
    simulator.faults.contractDetails = 'unknown';
    const recorded = record(t, gateway);
    const { session } = recorded;
    await untilReady(recorded);
    await advanceUntil(clock, () => session.legs().filter(({ kind }) => kind === 'OPT').every((leg) => hasGreeks(session, leg)), 'the options');
    for (const leg of session.legs().filter(({ kind }) => kind === 'FOP' || kind === 'FUT')) {
      assert.equal(quoteOf(session, leg.conId).refusal?.code, '200');
    }
    assert.deepEqual(eventsOf(recorded.events, 'closed'), []);
  });

  test('no answer: the leg says so after 15 s and is asked about again a minute later', async (t) => {
    const { peer, session, clock } = await runOnRawPeer(t, { positions: [positionFrame(OPTION, 1, { secType: 'FOP', symbol: 'ES' })] });
    await until(() => peer.requestsOf(outgoing.contractDetails).length === 1, 'the inquiry');
    await clock.advance(15_000);
    assert.equal(session.quote(OPTION)?.refusal?.code, 'no-contract-details');
    await clock.advance(MINUTE);
    const again = await until(() => peer.requestsOf(outgoing.contractDetails)[1], 'the second inquiry');
    peer.send(detailsFrame(Number(again[2]), OPTION, { exchange: 'CME', multiplier: '50', secType: 'FOP' }), frame(52, 1, Number(again[2])));
    peer.send(computationFrame(await peer.requestIdOf(OPTION), 13));
    await until(() => session.quote(OPTION)?.delta !== undefined && session.quote(OPTION)?.refusal === undefined, 'its Greeks');
  });
});
