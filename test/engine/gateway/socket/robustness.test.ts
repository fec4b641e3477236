import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { SessionEvent } from '../../../../main/engine/gateway/gateway.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { until } from '../../../support/until.ts';
import { computationFrame, eventsOf, frame, gatewayAt, OPTION, outgoing, positionFrame, RawPeer, rawFrame, record, runOnRawPeer, startSimulator, untilClosed, untilReady } from './support.ts';

describe('what comes over the wire never ends the process (2.10.8)', () => {
  test('malformed advancedOrderReject JSON: the code still counts, and so does the message behind it in the same packet', async (t) => {
    const { peer, session, events } = await runOnRawPeer(t, { positions: [positionFrame(OPTION, 2), positionFrame(OPTION + 1, 1)] });
    const [one, other] = [await peer.requestIdOf(OPTION), await peer.requestIdOf(OPTION + 1)];
    peer.send(frame(4, 2, one, 354, 'not subscribed', '{"broken'), computationFrame(other, 13, { delta: 0.7 }));
    await until(() => session.quote(OPTION + 1)?.delta?.value === 0.7, 'the message behind it');
    assert.equal(session.quote(OPTION)?.refusal?.code, '354');
    assert.ok(eventsOf(events, 'notice').some(({ severity, message }) => severity === 'error' && /JSON/.test(message)));
  });

  test('malformed JSON in a message of the session: 1100 is still understood', async (t) => {
    const { peer, events } = await runOnRawPeer(t);
    peer.send(frame(4, 2, -1, 1100, 'lost', 'not json'));
    await until(() => eventsOf(events, 'upstream-down').length === 1, 'upstream down');
  });

  test('a listener that throws is told in a notice, and the session goes on', async (t) => {
    const peer = await RawPeer.start(t, { positions: [positionFrame(OPTION, 2)] });
    const events: SessionEvent[] = [];
    const session = gatewayAt(peer.port, new ManualClock()).open((event) => {
      events.push(event);
      if (event.type === 'legs-changed') throw new Error('the listener is broken');
    });
    t.after(() => session.close());
    await until(() => eventsOf(events, 'ready').length === 1, 'ready');
    peer.send(positionFrame(OPTION, 3), computationFrame(await peer.requestIdOf(OPTION), 13, { delta: 0.6 }));
    await until(() => session.quote(OPTION)?.delta?.value === 0.6, 'the message behind it');
    assert.ok(eventsOf(events, 'notice').some(({ severity, message }) => severity === 'error' && /the listener is broken/.test(message)));
  });

  test('unknown messages and truncated ones are skipped with a notice; what is behind them counts', async (t) => {
    const { peer, session, events } = await runOnRawPeer(t);
    const requestId = await peer.requestIdOf(OPTION);
    peer.send(
      frame(9_999, 1, 2, 3), frame(''), frame(21, requestId, 13, 0, 0.2), rawFrame(''), rawFrame(`21\x00${requestId}\x0013\x000\x000.2\x000.1`),
      rawFrame('no number at all'), computationFrame(requestId, 13, { delta: 0.65 }),
    );
    await until(() => session.quote(OPTION)?.delta?.value === 0.65, 'the message behind them');
    assert.ok(eventsOf(events, 'notice').every(({ foldKey }) => foldKey === 'code-505'));
    assert.ok(eventsOf(events, 'notice').length >= 3);
    assert.deepEqual(eventsOf(events, 'closed'), []);
  });

  test('messages in single bytes, and many in one packet, are the same messages', async (t) => {
    const { peer, session } = await runOnRawPeer(t);
    const requestId = await peer.requestIdOf(OPTION);
    for (const byte of computationFrame(requestId, 13, { delta: 0.31 })) {
      peer.send(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => session.quote(OPTION)?.delta?.value === 0.31, 'the message in bytes');
    peer.send(...Array.from({ length: 2_000 }, (_, i) => computationFrame(requestId, 13, { delta: i / 2_000 })));
    await until(() => session.quote(OPTION)?.delta?.value === 1_999 / 2_000, 'the last of many');
  });

  test('garbage in the middle of a session closes it: nothing behind it can be trusted', async (t) => {
    const run = await runOnRawPeer(t);
    const requestId = await run.peer.requestIdOf(OPTION);
    run.peer.send(Buffer.from([0x80, 0, 0, 1]), computationFrame(requestId, 13));
    assert.equal((await untilClosed(run)).cause.code, 'not-a-gateway');
    assert.equal(run.session.quote(OPTION)?.delta, undefined);
  });

  test('a position without a contract id is told as not counted', async (t) => {
    const { session, events } = await runOnRawPeer(t, { positions: [positionFrame(0, 5), positionFrame(OPTION, 1)] });
    assert.deepEqual(session.legs().map(({ conId }) => conId), [OPTION]);
    assert.ok(eventsOf(events, 'notice').some(({ severity, message }) => severity === 'error' && /not counted/.test(message)));
  });
});

describe('disposal', () => {
  test('closing unsubscribes, frees the socket and every timer; twice is once; nothing is told after it', async (t) => {
    const { peer, session, events, clock } = await runOnRawPeer(t);
    const requestId = await peer.requestIdOf(OPTION);
    const told = events.length;
    await Promise.all([session.close(), session.close()]);
    await until(() => peer.sockets.every((socket) => socket.destroyed), 'the socket to be gone');
    assert.deepEqual(peer.requestsOf(outgoing.cancelMarketData).map((fields) => Number(fields[2])), [requestId]);
    assert.equal(peer.requestsOf(outgoing.cancelPositions).length, 1);
    assert.equal(clock.pendingTimers, 0);
    await clock.advance(60_000);
    assert.equal(events.length, told);
  });

  test('closing while it dials, shakes hands, or waits for positions leaves nothing behind', async (t) => {
    const clock = new ManualClock();
    const peer = await RawPeer.start(t, { onRequest: ([kind]) => kind === outgoing.positions });
    const resourcesBefore = process.getActiveResourcesInfo().filter((name) => name !== 'Immediate').length;
    for (const wait of ['nothing', 'a connection', 'the positions request'] as const) {
      const sockets = peer.sockets.length;
      const requests = peer.requestsOf(outgoing.positions).length;
      const { session, events } = record(t, gatewayAt(peer.port, clock));
      if (wait === 'a connection') await until(() => peer.sockets.length > sockets, wait);
      if (wait === 'the positions request') await until(() => peer.requestsOf(outgoing.positions).length > requests, wait);
      await session.close();
      assert.deepEqual(events, [], wait);
      assert.equal(clock.pendingTimers, 0, wait);
    }
    await until(() => peer.sockets.every((socket) => socket.destroyed), 'all sockets to be gone');
    await until(() => process.getActiveResourcesInfo().filter((name) => name !== 'Immediate').length <= resourcesBefore, 'no sockets and no timers');
  });

  test('fifty sessions one after the other leave no socket and no timer', async (t) => {
    const { gateway, simulator, clock } = await startSimulator(t);
    const resourcesBefore = process.getActiveResourcesInfo().length;
    for (let i = 0; i < 50; i++) {
      const recorded = record(t, gateway);
      await untilReady(recorded);
      await recorded.session.close();
    }
    await until(() => simulator.openConnections === 0, 'no connection');
    assert.equal(clock.pendingTimers, 0);
    await until(() => process.getActiveResourcesInfo().length <= resourcesBefore, 'no sockets and no timers');
  });

  test('closing frees the timers of refused legs, of contract details without an answer, and of what waits to be sent', async (t) => {
    const positions = [...Array.from({ length: 60 }, (_, i) => positionFrame(5_000 + i, 1)), positionFrame(OPTION, 1, { secType: 'FOP', symbol: 'ES' })];
    const { peer, session, clock } = await runOnRawPeer(t, { positions });
    peer.send(frame(4, 2, await peer.requestIdOf(5_000), 354, 'not subscribed', ''));
    await until(() => session.quote(5_000)?.refusal, 'the refusal');
    assert.equal(clock.pendingTimers, 3);
    await session.close();
    assert.equal(clock.pendingTimers, 0);
  });

  test('closing on a half-open connection does not wait for the peer', async (t) => {
    const { gateway, simulator } = await startSimulator(t);
    const recorded = record(t, gateway);
    await untilReady(recorded);
    simulator.goHalfOpen();
    await recorded.session.close();
  });

  test('a new session does not hear the old one\'s gateway', async (t) => {
    const { peer, gateway, ...first } = await runOnRawPeer(t);
    const requestId = await peer.requestIdOf(OPTION);
    const oldSocket = peer.sockets[0]!;
    const second = record(t, gateway);
    await untilReady(second);
    oldSocket.write(computationFrame(requestId, 13, { delta: 0.9 }));
    await until(() => first.session.quote(OPTION)?.delta?.value === 0.9, 'the first session');
    assert.equal(second.session.quote(OPTION)?.delta, undefined);
  });
});
