import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { emptyQuote } from '../../main/engine/greeks/leg.ts';
import { RecordedHost, ServiceStand, type ServiceStandOptions } from './service-stand.ts';

const stands: ServiceStand[] = [];

async function open(options?: ServiceStandOptions): Promise<ServiceStand> {
  const stand = await ServiceStand.open(options);
  stands.push(stand);
  return stand;
}

afterEach(async () => {
  for (const stand of stands.splice(0)) await stand.close();
});

test('before the first row nothing is known: sums, ticks and the day\u2019s start are null, not zero', async () => {
  const stand = await open();
  const overview = await stand.ask('overview');
  assert.equal(overview.sums, null);
  assert.equal(overview.lastTickAt, null);
  assert.equal(overview.dayStart, null);
  assert.equal(overview.rowsToday, 0);
  assert.equal(overview.state.connection.kind, 'stopped');
});

test('sums move with each tick, rows only with each poll', async () => {
  const stand = await open();
  await stand.connect(0.5);
  const first = await stand.ask('overview');
  assert.equal(first.sums?.delta, 100);
  assert.equal(first.rowsToday, 1);
  stand.gateway.current.price(1, { delta: 0.6, gamma: 0.01, vega: 2, theta: -3 });
  const second = await stand.ask('overview');
  assert.equal(second.sums?.delta, 120);
  assert.equal(second.state.snapshot?.delta, 100, 'the row that was written');
  assert.equal(second.rowsToday, 1);
  await stand.clock.advance(5_000);
  assert.equal((await stand.ask('overview')).rowsToday, 2);
});

test('a leg that lost its data makes the sum unknown, never zero', async () => {
  const stand = await open();
  await stand.connect();
  stand.gateway.current.quotes.set(1, emptyQuote());
  const { sums } = await stand.ask('overview');
  assert.deepEqual([sums?.delta, sums?.gamma, sums?.vega, sums?.theta], [null, null, null, null]);
  assert.equal(sums?.coverage.unpriced.length, 1);
});

test('when the gateway is lost, the last sums stay with their own instant, and the tick\u2019s age goes on', async () => {
  const stand = await open();
  await stand.connect();
  const live = await stand.ask('overview');
  stand.gateway.onOpen = () => undefined;
  stand.gateway.current.lose();
  await stand.clock.advance(60_000);
  const stale = await stand.ask('overview');
  assert.equal(stale.state.live, false);
  assert.equal(stale.sums?.delta, 100);
  assert.equal(stale.sums?.at, live.state.snapshot?.at);
  assert.equal(stale.lastTickAt, live.lastTickAt);
  assert.ok(stale.now - (stale.lastTickAt ?? 0) >= 60_000);
});

test('while the book warms up the sums tell how far it is, and nothing is written', async () => {
  const stand = await open();
  await stand.connect(0.5);
  stand.gateway.onOpen = (session) => {
    session.book = stand.gateway.sessions[0]?.book.flatMap((leg) => [leg, { ...leg, conId: 2 }]) ?? [];
    session.ready();
    session.price(1, { delta: 0.5, gamma: 0.01, vega: 2, theta: -3 });
  };
  stand.gateway.current.lose();
  await stand.clock.advance(8_000);
  const { state, sums, rowsToday } = await stand.ask('overview');
  assert.equal(state.connection.kind, 'connected');
  assert.equal(state.live, false);
  assert.equal(rowsToday, 1);
  assert.deepEqual([sums?.coverage.priced, sums?.coverage.legs], [1, 2], 'of the present session, not of the one before');
});

test('another account has no numbers until its own first row, and its day starts with that', async () => {
  const stand = await open();
  await stand.connect(0.5);
  stand.gateway.onOpen = (session) => {
    session.book = stand.gateway.sessions[0]?.book ?? [];
    session.ready('U2');
  };
  stand.gateway.current.lose();
  await stand.clock.advance(8_000);
  const warming = await stand.ask('overview');
  assert.equal(warming.state.snapshot, null, 'the sums of the account before are not this one\u2019s');
  assert.equal(warming.dayStart, null);
  stand.gateway.current.price(1, { delta: 0.9, gamma: 0.01, vega: 2, theta: -3 });
  await stand.clock.advance(100);
  const live = await stand.ask('overview');
  assert.equal(live.state.snapshot?.delta, 180);
  assert.equal(live.dayStart?.delta, 180);
  assert.deepEqual((await stand.ask('history', '15m')).gaps.map(({ text }) => text), ['the account was changed']);
});

test('settings for another account take the numbers away at once; for the same one they stay, with their age', async () => {
  const stand = await open();
  await stand.connect(0.5);
  stand.gateway.onOpen = () => undefined;
  await stand.ask('saveSettings', { account: 'U1' });
  assert.equal((await stand.ask('overview')).sums?.delta, 100);
  await stand.ask('saveSettings', { account: 'U7654321' });
  assert.equal((await stand.ask('overview')).sums, null);
});

test('a day begins at midnight of the host\u2019s zone, with the sums of its first row', async () => {
  const host = new RecordedHost();
  host.timeZone = 'Asia/Tokyo';
  // Three seconds before midnight in Tokyo, in the middle of the day in New York.
  const stand = await open({ host, wall: Date.parse('2026-03-04T23:59:57+09:00') });
  await stand.connect(0.5);
  assert.equal((await stand.ask('overview')).rowsToday, 1);
  stand.gateway.current.price(1, { delta: 0.7, gamma: 0.01, vega: 2, theta: -3 });
  await stand.clock.advance(11_000);
  const { rowsToday, dayStart } = await stand.ask('overview');
  assert.equal(rowsToday, 2, 'the row of yesterday is not counted');
  assert.deepEqual(dayStart, { delta: 140, gamma: 2, vega: 400, theta: -600 });
});

test('the reset window is the one that holds now, else the next one', async () => {
  const before = await open({ wall: Date.parse('2026-03-04T15:00:00-05:00') });
  const window = { start: Date.parse('2026-03-04T23:40:00-05:00'), end: Date.parse('2026-03-05T00:05:00-05:00') };
  assert.deepEqual((await before.ask('overview')).resetWindow, window);
  const inside = await open({ wall: Date.parse('2026-03-04T23:50:00-05:00') });
  assert.deepEqual((await inside.ask('overview')).resetWindow, window);
  const none = await open({ file: JSON.stringify({ version: 1, resetWindows: [] }) });
  assert.equal((await none.ask('overview')).resetWindow, null);
});

test('legs are those of the present session', async () => {
  const stand = await open();
  assert.deepEqual(await stand.ask('legs'), []);
  await stand.connect();
  assert.equal((await stand.ask('legs'))[0]?.delta, 100);
});
