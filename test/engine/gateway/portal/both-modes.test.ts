import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';

import { Engine } from '../../../../main/engine/engine.ts';
import { openGateway } from '../../../../main/engine/gateway/open-gateway.ts';
import { createSocketGateway } from '../../../../main/engine/gateway/socket/socket-gateway.ts';
import { quietLogger } from '../../../../main/engine/log/logger.ts';
import type { Settings } from '../../../../main/engine/settings/settings.ts';
import { createDemoBook } from '../../../simulators/demo-book.ts';
import { TwsSimulator } from '../../../simulators/tws/simulator.ts';
import { standSettings } from '../../../support/engine-stand.ts';
import { RecordedDelivery } from '../../../support/recorded-delivery.ts';
import { advance, advanceUntil, difference, record, settle, startPortal, sumsOf, untilPriced } from './support.ts';

/** Both simulators over one book, on one clock. */
async function startBoth(test: TestContext) {
  const book = createDemoBook({ today: '20260304' });
  const stand = await startPortal(test, { book });
  const tws = new TwsSimulator({ book, clock: stand.clock });
  const { port } = await tws.listen();
  test.after(() => tws.close());
  return { ...stand, book, tws, port };
}

test('the same book gives the same legs and the same sums in both modes, to 1e-9', async (t) => {
  const { clock, gateway, tws, port, simulator } = await startBoth(t);
  const socket = record(t, createSocketGateway({ host: '127.0.0.1', port, clientId: 10, account: '', clock }));
  const portal = record(t, gateway);
  await untilPriced(clock, portal);
  await untilPriced(clock, socket);
  for (let move = 0; move < 4; move++) {
    tws.tick();
    simulator.sendValues();
    await advance(clock, 5_000);
    const [one, other] = [sumsOf(socket.session, clock), sumsOf(portal.session, clock)];
    assert.equal(one.coverage.priced, 40);
    assert.ok(difference(one as never, other) < 1e-9, `move ${move}`);
    assert.ok(difference(tws.expectedSums('DU1234567'), other) < 1e-9, `move ${move}`);
    assert.deepEqual([other.underlyingSymbol, other.underlyingPrice], [one.underlyingSymbol, one.underlyingPrice]);
    assert.deepEqual(other.coverage, one.coverage);
  }
  assert.deepEqual(portal.session.legs(), socket.session.legs());
});

/** An engine on real gateways of both modes, with the clock and the delivery in the test's hands. */
async function startEngine(test: TestContext) {
  const both = await startBoth(test);
  const { clock, simulator, port } = both;
  const delivery = new RecordedDelivery();
  const settings: Settings = { ...standSettings, apiMode: 'PORTAL', socket: { host: '127.0.0.1', port, clientId: 10 }, portal: { ...standSettings.portal, url: simulator.url } };
  const engine = new Engine({
    settings, clock, delivery, logger: quietLogger, random: () => 0.5,
    recorder: { recordSnapshot: () => undefined, recordGap: () => undefined, recordLog: () => undefined, recordBook: () => undefined },
    openGateway: (next) => openGateway(next, clock),
  });
  const stop = async (): Promise<void> => {
    let isStopped = false;
    const stopping = engine.stop(1_000).then(() => (isStopped = true));
    await advanceUntil(clock, () => isStopped, 'stopped');
    await stopping;
  };
  return { ...both, delivery, settings, engine, stop };
}

test('SOCKET, PORTAL, SOCKET during a run: rows go on, the same sums, and nothing is left of the mode before', async (t) => {
  const { clock, simulator, tws, delivery, settings, engine, stop } = await startEngine(t);
  const connectedIn = (mode: string): boolean => engine.state.mode === mode && engine.state.connection.kind === 'connected' && engine.state.live;
  const untilRows = async (mode: string): Promise<void> => {
    const before = delivery.greeks.length;
    await advanceUntil(clock, () => connectedIn(mode) && delivery.greeks.length >= before + 3, `rows in ${mode} mode`, 40_000);
  };
  engine.apply({ ...settings, apiMode: 'SOCKET' });
  engine.start();
  await untilRows('SOCKET');
  const timersInSocketMode = clock.pendingTimers;
  const bySocket = delivery.greeks.at(-1);

  engine.apply(settings);
  await untilRows('PORTAL');
  const byPortal = delivery.greeks.at(-1);
  assert.ok(bySocket !== undefined && byPortal !== undefined);
  assert.ok(difference(bySocket as never, byPortal as never) < 1e-9);
  assert.equal(byPortal.underlyingPrice, bySocket.underlyingPrice);
  assert.deepEqual([tws.openConnections, tws.subscribedConIds().length], [0, 0], 'of the socket');

  engine.apply({ ...settings, apiMode: 'SOCKET' });
  await untilRows('SOCKET');
  await settle();
  assert.deepEqual([simulator.openConnections, simulator.streams.conIds().length], [0, 0], 'of the portal');
  assert.ok(Math.abs(clock.pendingTimers - timersInSocketMode) <= 1, `${clock.pendingTimers} timers, before ${timersInSocketMode}`);
  assert.deepEqual([...new Set(delivery.logs.map(({ apiMode }) => apiMode))].sort(), ['PORTAL', 'SOCKET']);
  assert.equal(simulator.limits.violations, 0);
  await stop();
  assert.equal(clock.pendingTimers, 0);
});

test('an expired session: no rows, the words say where to log in, one gap with its cause, and rows again after the login', async (t) => {
  const { clock, simulator, delivery, engine, stop } = await startEngine(t);
  engine.start();
  await advanceUntil(clock, () => delivery.greeks.length >= 3, 'rows', 40_000);
  simulator.expire();
  await advanceUntil(clock, () => engine.state.connection.kind === 'needs-login', 'needs-login', 5_000);
  const { connection } = engine.state;
  assert.equal(connection.kind === 'needs-login' ? connection.cause.action : '', `Log in at ${simulator.url}`);
  const rows = delivery.greeks.length;
  await advance(clock, 90_000);
  assert.equal(delivery.greeks.length, rows, 'a row was written without a login');
  assert.equal(engine.state.live, false);
  assert.equal(engine.state.connection.kind, 'needs-login');
  simulator.tick();
  simulator.login();
  await advanceUntil(clock, () => delivery.greeks.length > rows, 'a row', 20_000);
  const row = delivery.greeks.at(-1);
  assert.ok(difference(simulator.expectedSums('DU1234567'), row as never) < 1e-9, 'the first row is of the values after the login');
  assert.equal(engine.state.alarms.length, 0);
  assert.equal(delivery.messages('nobody is logged in').length > 0, true);
  await stop();
});

test('what a person has to do is always the newest cause: first another session, then the login', async (t) => {
  const { clock, simulator, delivery, engine, stop } = await startEngine(t);
  const action = (): string => (engine.state.connection.kind === 'needs-login' ? (engine.state.connection.cause.action ?? '') : '');
  engine.start();
  await advanceUntil(clock, () => delivery.greeks.length >= 1, 'rows', 40_000);
  simulator.compete();
  await advanceUntil(clock, () => action().startsWith('Log out there'), 'the other session', 6_000);
  simulator.isCompeting = false;
  simulator.expire();
  await advanceUntil(clock, () => action() === `Log in at ${simulator.url}`, 'the login', 6_000);
  assert.deepEqual(engine.state.alarms.map((alarm) => alarm.action), [`Log in at ${simulator.url}`]);
  await stop();
});

test('429: the countdown is to be seen, and not a single request is made until it has run out', async (t) => {
  const { clock, simulator, delivery, engine, stop } = await startEngine(t);
  engine.start();
  await advanceUntil(clock, () => delivery.greeks.length >= 1, 'rows', 40_000);
  simulator.limits.punish();
  await advanceUntil(clock, () => engine.state.connection.kind === 'reconnecting', 'reconnecting', 5_000);
  const { connection } = engine.state;
  assert.ok(connection.kind === 'reconnecting');
  assert.ok(Math.abs(connection.retryAt - clock.now() - 900_000) < 1_000, `${connection.retryAt - clock.now()} ms`);
  await settle();
  const asked = simulator.received.length;
  engine.reconnectNow();
  await advance(clock, 890_000);
  assert.equal(simulator.received.length, asked);
  await advanceUntil(clock, () => engine.state.live, 'rows again', 90_000);
  await stop();
});

test('a brokerage session that is interrupted and mended writes no row from forgotten quotes', async (t) => {
  const { clock, simulator, delivery, engine, stop } = await startEngine(t);
  engine.start();
  await advanceUntil(clock, () => delivery.greeks.length >= 2, 'rows', 40_000);
  simulator.closeBrokerage();
  await advance(clock, 60_000);
  assert.deepEqual(delivery.greeks.filter(({ delta }) => delta === null), []);
  assert.equal(engine.state.live, true);
  assert.deepEqual(delivery.messages('legs priced'), [], 'no warning of legs without prices');
  await stop();
});

test('a gateway that hangs is found within 25 s, and the bridge goes on when it answers again', async (t) => {
  const { clock, simulator, delivery, engine, stop } = await startEngine(t);
  engine.start();
  await advanceUntil(clock, () => delivery.greeks.length >= 2, 'rows', 40_000);
  simulator.faults.silence = true;
  await advanceUntil(clock, () => engine.state.connection.kind !== 'connected', 'found', 25_000);
  await advance(clock, 60_000);
  simulator.faults.silence = false;
  const rows = delivery.greeks.length;
  await advanceUntil(clock, () => delivery.greeks.length > rows, 'rows again', 120_000);
  await stop();
});
