import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';

import type { Timer } from '../../../../main/engine/clock.ts';
import { createSocketGateway } from '../../../../main/engine/gateway/socket/socket-gateway.ts';
import { createDemoBook } from '../../../simulators/demo-book.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { until } from '../../../support/until.ts';
import { eventsOf, frame, gatewayAt, outgoing, positionFrame, RawPeer, rawFrame, record, startSimulator, untilClosed, untilReady } from './support.ts';

describe('opening a session', () => {
  test('a healthy gateway: account, 40 legs, ready once, no order message, client id 10', async (t) => {
    const { gateway, simulator } = await startSimulator(t);
    const recorded = record(t, gateway);
    assert.deepEqual(recorded.session.legs(), [], 'no legs before ready');
    await untilReady(recorded);
    assert.deepEqual(eventsOf(recorded.events, 'ready'), [{ type: 'ready', account: 'DU1234567', accounts: ['DU1234567'] }]);
    assert.equal(recorded.session.legs().length, 40);
    assert.deepEqual(simulator.clientIds(), [10]);
    assert.deepEqual(simulator.forbidden, []);
    assert.deepEqual(simulator.receivedOf('market-data-type').map((request) => request.marketDataType), [4]);
  });

  test('nothing listens: closed at once, with what to do', async (t) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const { cause } = await untilClosed(record(t, gatewayAt(port, new ManualClock())));
    assert.equal(cause.text, `nothing listens at 127.0.0.1:${port}`);
    assert.match(cause.action ?? '', /TWS or IB Gateway/);
  });

  test('localhost on both address families: the reason is not lost in an error without a message', async (t) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const gateway = createSocketGateway({ host: 'localhost', port, clientId: 10, account: '', clock: new ManualClock() });
    const { cause } = await untilClosed(record(t, gateway));
    assert.equal(cause.text, `nothing listens at localhost:${port}`);
  });

  test('an address that does not answer the dialling is given up after 10 s, and the dialling socket destroyed', async (t) => {
    const peer = await RawPeer.start(t);
    // The connection would stand in the next turn of the loop; the deadline comes before it.
    const timers: { readonly delayMs: number; readonly callback: () => void }[] = [];
    const clock = new (class extends ManualClock {
      override setTimer(delayMs: number, callback: () => void): Timer {
        timers.push({ delayMs, callback });
        return super.setTimer(delayMs, callback);
      }
    })();
    const { events } = record(t, gatewayAt(peer.port, clock));
    const [deadline] = timers;
    assert.equal(deadline?.delayMs, 10_000);
    deadline.callback();
    assert.match(eventsOf(events, 'closed')[0]?.cause.text ?? '', /did not answer within 10 s/);
    await until(() => peer.sockets.every((socket) => socket.destroyed || socket.readableEnded), 'the socket to be gone');
    assert.deepEqual(peer.requests, []);
  });

  test('a peer that accepts and never answers (2.10.1): closed 10 s after the connection stands', async (t) => {
    const { gateway, simulator, clock } = await startSimulator(t);
    simulator.faults.hangInHandshake = true;
    const recorded = record(t, gateway);
    await until(() => simulator.openConnections === 1 && clock.pendingTimers > 0, 'a connection');
    await clock.advance(9_999);
    assert.deepEqual(recorded.events, []);
    await clock.advance(1);
    const { cause } = await untilClosed(recorded);
    assert.equal(cause.code, 'handshake-timeout');
    assert.match(cause.text, /protocol version/);
    await until(() => simulator.openConnections === 0, 'the socket to be gone');
  });

  test('a version is not a connection (2.10.2): without nextValidId nothing is asked, and it is closed after 10 s', async (t) => {
    const { gateway, simulator, clock } = await startSimulator(t);
    simulator.faults.noNextValidId = true;
    const recorded = record(t, gateway);
    await until(() => simulator.clientIds().length === 1, 'the start message');
    await clock.advance(9_000);
    assert.deepEqual(recorded.events, []);
    assert.deepEqual(simulator.received.map(({ request }) => request.type), ['start-api']);
    await clock.advance(1_000);
    const { cause } = await untilClosed(recorded);
    assert.match(cause.text, /no next valid id within 10 s/);
  });

  test('a gateway without an answer to the positions: closed after 15 s', async (t) => {
    const clock = new ManualClock();
    const peer = await RawPeer.start(t, { onRequest: ([kind]) => kind === outgoing.positions });
    const recorded = record(t, gatewayAt(peer.port, clock));
    await until(() => peer.requestsOf(outgoing.positions).length === 1, 'the request for positions');
    await clock.advance(15_000);
    assert.equal((await untilClosed(recorded)).cause.code, 'positions-timeout');
  });

  test('client id in use (326 comes as info, 2.10.6): closed with what to do, and a pause of 20 s', async (t) => {
    const { gateway, simulator } = await startSimulator(t);
    simulator.faults.clientIdInUse = true;
    const closed = await untilClosed(record(t, gateway));
    assert.equal(closed.cause.code, 'client-id-in-use');
    assert.match(closed.cause.action ?? '', /IB_CLIENT_ID/);
    assert.equal(closed.retryAfterMs, 20_000);
  });

  test('client id 0 belongs to the primary session: refused before anything is dialled', () => {
    for (const clientId of [0, -1, 1.5, NaN]) {
      assert.throws(() => createSocketGateway({ host: '127.0.0.1', port: 7496, clientId, account: '', clock: new ManualClock() }), RangeError);
    }
  });

  test('a port that Node refuses is told like any other failure, not thrown', async (t) => {
    const { cause } = await untilClosed(record(t, gatewayAt(70_000, new ManualClock())));
    assert.match(cause.text, /70000/);
  });

  test('host and port are ours whatever the environment says (2.10.12)', async (t) => {
    const { gateway, simulator } = await startSimulator(t);
    const decoy = await RawPeer.start(t);
    const { IB_HOST, IB_PORT } = process.env;
    Object.assign(process.env, { IB_HOST: '127.0.0.1', IB_PORT: String(decoy.port) });
    t.after(() => {
      for (const [name, value] of Object.entries({ IB_HOST, IB_PORT })) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    });
    await untilReady(record(t, gateway));
    assert.equal(simulator.openConnections, 1);
    assert.equal(decoy.sockets.length, 0);
  });

  for (const [what, hello] of [
    ['a web server', Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')],
    ['a negative length', Buffer.from([0xff, 0xff, 0xff, 0xf0, 1, 2, 3, 4])],
    ['a first message that is no version', frame('hello', 'there')],
  ] as const) {
    test(`what answers is ${what}: closed as no gateway, at once`, async (t) => {
      const peer = await RawPeer.start(t, { hello });
      const { cause } = await untilClosed(record(t, gatewayAt(peer.port, new ManualClock())));
      assert.equal(cause.code, 'not-a-gateway');
      assert.match(cause.action ?? '', /7496/);
    });
  }

  test('the protocol version is agreed on down to 100 and not above what we speak', async (t) => {
    const { gateway } = await startSimulator(t, { serverVersion: 213 });
    await untilReady(record(t, gateway));
    const old = await startSimulator(t, { serverVersion: 151 });
    await untilReady(record(t, old.gateway));
    const peer = await RawPeer.start(t, { hello: frame(213, '20260304 15:00:00 EST') });
    assert.equal((await untilClosed(record(t, gatewayAt(peer.port, new ManualClock())))).cause.code, 'gateway-version');
  });

  test('the gateway hangs up during the handshake: the action names the API settings', async (t) => {
    const peer = await RawPeer.start(t, { onRequest: ([kind], self) => kind === outgoing.startApi && self.sockets.at(-1)!.end() !== undefined });
    const { cause } = await untilClosed(record(t, gatewayAt(peer.port, new ManualClock())));
    assert.match(cause.text, /closed the connection during the handshake/);
    assert.match(cause.action ?? '', /trusted IPs/);
  });
});

describe('the account', () => {
  test('several and none chosen: the list for the choice, then closed', async (t) => {
    const { gateway } = await startSimulator(t, { book: createDemoBook({ accounts: ['DU1', 'DU2'] }) });
    const recorded = record(t, gateway);
    const { cause } = await untilClosed(recorded);
    assert.deepEqual(eventsOf(recorded.events, 'account-needed'), [{ type: 'account-needed', accounts: ['DU1', 'DU2'] }]);
    assert.equal(cause.code, 'account-needed');
    assert.match(cause.action ?? '', /IB_ACCOUNT to one of DU1, DU2/);
    assert.equal(recorded.events.at(-1)?.type, 'closed');
  });

  test('the chosen one is not managed: likewise', async (t) => {
    const { gateway } = await startSimulator(t, { account: 'DU9' });
    const recorded = record(t, gateway);
    assert.match((await untilClosed(recorded)).cause.text, /does not manage account DU9, but DU1234567/);
    assert.equal(eventsOf(recorded.events, 'account-needed').length, 1);
  });

  test('positions of other accounts never count, neither at the start nor later', async (t) => {
    const peer = await RawPeer.start(t, {
      accounts: 'DU1,DU2,',
      positions: [positionFrame(1, 5, { account: 'DU2' }), positionFrame(2, 3, { account: 'DU1' })],
    });
    const recorded = record(t, gatewayAt(peer.port, new ManualClock(), 'du1'));
    await untilReady(recorded);
    peer.send(positionFrame(3, 7, { account: 'DU2' }), positionFrame(2, 4, { account: 'DU1' }));
    await until(() => eventsOf(recorded.events, 'legs-changed').length > 0, 'the change of our own position');
    assert.deepEqual(recorded.session.legs().map(({ conId, position }) => [conId, position]), [[2, 4]]);
    assert.equal(recorded.session.quote(1), undefined);
  });

  test('an account without positions is ready with no legs', async (t) => {
    const peer = await RawPeer.start(t);
    const recorded = record(t, gatewayAt(peer.port, new ManualClock()));
    await untilReady(recorded);
    assert.deepEqual(recorded.session.legs(), []);
  });

  test('a truncated handshake message is skipped, the whole one after it counts', async (t) => {
    const peer = await RawPeer.start(t, {
      onRequest: ([kind], self) => {
        if (kind === outgoing.startApi) self.send(rawFrame('15\x001'), frame(15), frame(15, 1, 'DU1'), frame(9, 1, 1));
        return kind === outgoing.startApi;
      },
    });
    await untilReady(record(t, gatewayAt(peer.port, new ManualClock())));
  });
});
