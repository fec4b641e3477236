import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogRow } from '../../main/engine/delivery/delivery.ts';
import { EngineStand } from '../support/engine-stand.ts';
import { stock } from './greeks/book.ts';

function attempts(stand: EngineStand): LogRow[] {
  return stand.delivery.logs.filter(({ message }) => message.startsWith('reconnect attempt'));
}

/** Seconds between rows of api_logs, the first measured from `from`. */
function steps(from: number, rows: readonly LogRow[]): number[] {
  return rows.map(({ timestamp }, index) => (timestamp - (rows[index - 1]?.timestamp ?? from)) / 1_000);
}

test('a dropped gateway is dialled after 5, 10 and 20 s, then after a pause of 60 s the same again; each attempt is a row', async () => {
  const stand = new EngineStand();
  await stand.connect();
  stand.refuseFromNowOn();
  const lostAt = stand.clock.now();
  stand.gateway.current.lose();
  assert.equal(stand.kind, 'reconnecting');
  await stand.seconds(194);
  assert.deepEqual(steps(lostAt, attempts(stand)), [5, 10, 20, 60, 5, 10, 20, 60]);
  assert.equal(stand.gateway.openSessions, 0);
});

test('what a silent gateway cost an attempt is part of the pause after it: well again in its first round, it is dialled within 22 s', async () => {
  const stand = new EngineStand();
  await stand.connect();
  stand.gateway.onOpen = (session) => void stand.clock.setTimer(10_000, () => session.lose({ code: 'handshake-timeout', text: 'no answer for 10 s' }));
  const lostAt = stand.clock.now();
  stand.gateway.current.lose();
  await stand.seconds(121);
  assert.deepEqual(steps(lostAt, attempts(stand)), [5, 15, 20, 60, 15], 'never sooner than 5 s after the last attempt has failed');
});

test('the count of attempts starts over only after 60 s of being connected', async () => {
  const stand = new EngineStand();
  await stand.connect();
  stand.gateway.current.lose();
  await stand.seconds(6);
  assert.equal(stand.kind, 'connected');
  await stand.seconds(30);
  const second = stand.clock.now();
  stand.gateway.current.lose();
  await stand.seconds(11);
  assert.deepEqual(steps(second, attempts(stand).slice(1)), [10], 'still the second attempt of the round');
  await stand.seconds(61);
  const third = stand.clock.now();
  stand.gateway.current.lose();
  await stand.seconds(6);
  assert.deepEqual(steps(third, attempts(stand).slice(2)), [5]);
});

test('three failed attempts raise one alarm, and being back clears it', async () => {
  const stand = new EngineStand();
  await stand.connect();
  stand.refuseFromNowOn();
  stand.gateway.current.lose();
  await stand.seconds(400);
  assert.deepEqual(stand.engine.state.alarms.map(({ code }) => code), ['gateway']);
  assert.equal(stand.delivery.messages('no connection to IBKR').length, 1);
  stand.gateway.onOpen = (session) => session.ready();
  await stand.seconds(65);
  assert.equal(stand.kind, 'connected');
  assert.deepEqual(stand.engine.state.alarms, []);
});

test('a gateway that falls silent is noticed by the heartbeat within 20 s', async () => {
  const stand = new EngineStand();
  await stand.connect();
  stand.gateway.current.answers = false;
  const silentAt = stand.clock.monotonic();
  while (stand.kind === 'connected') await stand.seconds(1);
  assert.ok(stand.clock.monotonic() - silentAt <= 20_100, `found after ${stand.clock.monotonic() - silentAt} ms`);
  assert.equal(stand.gateway.sessions[0]?.probes, 2);
  assert.match(stand.delivery.messages('disconnected after')[0] ?? '', /fell silent/);
});

test('a quiet but healthy gateway answers and is left alone', async () => {
  const stand = new EngineStand();
  await stand.connect();
  await stand.seconds(600);
  assert.equal(stand.kind, 'connected');
  assert.equal(stand.gateway.sessions.length, 1);
});

for (const [name, evening, offset] of [
  ['an ordinary night', '2026-03-04', '-05:00'],
  ['the night to summer time', '2026-03-07', '-05:00'],
  ['the night to winter time', '2026-10-31', '-04:00'],
] as const) {
  test(`a connection lost inside the reset window waits until 00:05 New York time on ${name}`, async () => {
    const stand = new EngineStand(Date.parse(`${evening}T23:30:00${offset}`));
    await stand.connect();
    await stand.seconds(15 * 60);
    stand.refuseFromNowOn();
    stand.gateway.current.lose();
    const state = stand.engine.state.connection;
    const resume = Date.parse(`${evening}T23:59:00${offset}`) + 6 * 60_000;
    assert.equal(state.kind === 'reset-window' && state.until, resume);
    await stand.seconds(19 * 60);
    assert.equal(attempts(stand).length, 0);
    stand.gateway.onOpen = (session) => session.ready();
    await stand.seconds(3 * 60);
    assert.deepEqual(attempts(stand).map(({ timestamp }) => Math.floor((timestamp - resume) / 1_000)), [0]);
    assert.equal(stand.kind, 'connected');
    assert.deepEqual(stand.engine.state.alarms, [], 'the nightly reset raises no alarm');
    assert.equal(stand.delivery.messages('reset window begins').length, 1);
    assert.equal(stand.delivery.messages('reset window is over').length, 1);
  });
}

test('a healthy connection is left alone inside the reset window and goes on writing', async () => {
  const stand = new EngineStand(Date.parse('2026-03-04T23:39:00-05:00'));
  stand.gateway.onOpen = (session) => {
    session.book = [stock('AAPL', 1)];
    session.ready();
  };
  stand.engine.start();
  await stand.seconds(30 * 60);
  assert.equal(stand.gateway.sessions.length, 1);
  assert.ok(stand.delivery.greeks.length >= 360);
});

test('an outage that outlives the window is told, never slept through', async () => {
  const stand = new EngineStand(Date.parse('2026-03-04T23:50:00-05:00'));
  await stand.connect();
  stand.refuseFromNowOn();
  stand.gateway.current.lose();
  await stand.seconds(14 * 60);
  assert.equal(stand.engine.state.alarms.length, 0);
  await stand.seconds(90);
  assert.equal(stand.kind, 'reconnecting');
  assert.match(stand.engine.state.alarms[0]?.text ?? '', /did not come back after the reset window/);
});

test('1100 keeps the socket, stops the rows, and 1101 subscribes again', async () => {
  const stand = new EngineStand();
  await stand.connect();
  const session = stand.gateway.current;
  session.say({ type: 'upstream-down', cause: { code: 'upstream-1100', text: 'the gateway lost IBKR' } });
  assert.equal(stand.kind, 'degraded');
  const rows = stand.delivery.greeks.length;
  await stand.seconds(60);
  assert.equal(stand.delivery.greeks.length, rows);
  session.say({ type: 'upstream-up', dataLost: true });
  await stand.seconds(1);
  assert.equal(stand.kind, 'connected');
  assert.equal(session.resubscriptions, 1);
  assert.equal(stand.gateway.sessions.length, 1, 'the healthy socket was kept');
});

test('after 1102 ticks must resume within 30 s, else everything is subscribed again', async () => {
  const stand = new EngineStand();
  await stand.connect();
  const session = stand.gateway.current;
  const lose = (): void => session.say({ type: 'upstream-down', cause: { code: 'upstream-1100', text: 'lost' } });
  lose();
  await stand.seconds(5);
  session.say({ type: 'upstream-up', dataLost: false });
  await stand.seconds(10);
  session.price(1, { delta: 0.5, gamma: 0, vega: 0, theta: 0 });
  await stand.seconds(30);
  assert.equal(session.resubscriptions, 0);
  lose();
  session.say({ type: 'upstream-up', dataLost: false });
  await stand.seconds(31);
  assert.equal(session.resubscriptions, 1);
});

test('a lost upstream inside the reset window is calm; outside it is told after two minutes', async () => {
  const calm = new EngineStand(Date.parse('2026-03-04T23:50:00-05:00'));
  await calm.connect();
  calm.gateway.current.say({ type: 'upstream-down', cause: { code: 'upstream-1100', text: 'lost' } });
  await calm.seconds(300);
  assert.equal(calm.kind, 'reset-window');
  assert.deepEqual(calm.engine.state.alarms, []);

  const loud = new EngineStand();
  await loud.connect();
  loud.gateway.current.say({ type: 'upstream-down', cause: { code: 'upstream-1100', text: 'lost' } });
  await loud.seconds(119);
  assert.deepEqual(loud.engine.state.alarms, []);
  await loud.seconds(2);
  assert.equal(loud.engine.state.alarms.length, 1);
});

test('a sleep that nobody announced ends the session and opens a new one, and the log says how long it was', async () => {
  const stand = new EngineStand();
  await stand.connect();
  stand.clock.suspend(2 * 3_600_000 + 13 * 60_000);
  await stand.seconds(5);
  assert.equal(stand.gateway.sessions.length, 2);
  assert.equal(stand.kind, 'connected');
  assert.equal(stand.delivery.messages().filter((message) => message === 'the computer slept for 2 h 13 m').length, 1);
});

test('an announced sleep closes the session, a wake opens a new one after three seconds', async () => {
  const stand = new EngineStand();
  await stand.connect();
  stand.engine.pause('sleep');
  assert.equal(stand.gateway.openSessions, 0);
  stand.clock.suspend(3_600_000);
  await stand.clock.advance(0);
  stand.engine.resume('sleep');
  await stand.seconds(2.9);
  assert.equal(stand.gateway.sessions.length, 1);
  await stand.seconds(0.2);
  assert.equal(stand.kind, 'connected');
});

test('a pause by the user outlasts sleep and wake', async () => {
  const stand = new EngineStand();
  await stand.connect();
  stand.engine.pause('user');
  stand.engine.pause('sleep');
  stand.engine.resume('sleep');
  await stand.seconds(30);
  assert.equal(stand.kind, 'paused');
  stand.engine.resume('user');
  await stand.seconds(1);
  assert.equal(stand.kind, 'connected');
});

test('an unexpected error gives a live and a waiting bridge a new session, and the log tells the error as the reason', async () => {
  const stand = new EngineStand();
  await stand.connect();
  stand.engine.reportFault(new Error('planted'));
  await stand.seconds(1);
  assert.equal(stand.kind, 'connected');
  assert.equal(stand.gateway.sessions.length, 2);
  assert.equal(stand.gateway.openSessions, 1);
  stand.refuseFromNowOn();
  stand.gateway.current.lose();
  assert.equal(stand.kind, 'reconnecting');
  stand.gateway.onOpen = (session) => session.ready();
  stand.engine.reportFault(new Error('planted'));
  await stand.seconds(1);
  assert.equal(stand.kind, 'connected', 'dialled at once');
  assert.equal(stand.delivery.messages('the session is opened anew after an unexpected error').length, 2);
  assert.deepEqual(stand.delivery.messages('as asked'), []);
});

for (const by of ['user', 'sleep'] as const) {
  test(`an unexpected error leaves a bridge alone that is paused by ${by === 'user' ? 'the user' : 'sleep'}, and is told`, async () => {
    const stand = new EngineStand();
    await stand.connect();
    stand.engine.pause(by);
    stand.engine.reportFault(new Error('planted'));
    await stand.seconds(30);
    assert.deepEqual(stand.engine.state.connection, { kind: 'paused', by });
    assert.equal(stand.gateway.sessions.length, 1);
    assert.equal(stand.delivery.messages('unexpected error: planted').length, 1);
    assert.deepEqual(stand.delivery.messages('opened anew'), []);
    stand.engine.resume(by);
    await stand.seconds(4);
    assert.equal(stand.kind, 'connected');
  });
}

test('several accounts and none chosen: they are listed, and a person must choose', async () => {
  const stand = new EngineStand();
  stand.gateway.onOpen = (session) => {
    session.say({ type: 'account-needed', accounts: ['U1', 'U2'] });
    session.lose({ code: 'account-needed', text: 'the login manages 2 accounts: U1, U2', action: 'set IB_ACCOUNT to one of them' });
  };
  stand.engine.start();
  await stand.seconds(1);
  assert.equal(stand.kind, 'needs-login');
  assert.deepEqual(stand.engine.state.accountChoice, ['U1', 'U2']);
  assert.equal(stand.engine.state.alarms.length, 1);
});

test('what an old session still says changes nothing', async () => {
  const stand = new EngineStand();
  await stand.connect();
  const [old] = stand.gateway.sessions;
  stand.engine.reconnectNow();
  await stand.seconds(1);
  const { rev } = stand.engine.state;
  old?.sayLate({ type: 'upstream-down', cause: { code: 'upstream-1100', text: 'lost' } });
  old?.sayLate({ type: 'closed', cause: { code: 'x', text: 'x' } });
  assert.equal(stand.engine.state.rev, rev);
  assert.equal(stand.kind, 'connected');
  assert.equal(stand.gateway.openSessions, 1);
});

test('a gateway that asks for a longer pause gets it', async () => {
  const stand = new EngineStand();
  await stand.connect();
  const lostAt = stand.clock.now();
  stand.gateway.current.lose({ code: 'client-id-in-use', text: 'client id 10 is in use' }, 60_000);
  await stand.seconds(61);
  assert.deepEqual(steps(lostAt, attempts(stand)), [60]);
});
