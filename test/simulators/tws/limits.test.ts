import assert from 'node:assert/strict';
import { test } from 'node:test';

import { OrderType } from '@stoqey/ib';

import { until } from '../../support/until.ts';
import { createBookOfSize } from '../demo-book.ts';
import { createStand } from './stand.ts';

test('50 messages in a second pass, the next are rejected with 100, the third violation ends the session', async (context) => {
  const stand = await createStand(context);
  const client = await stand.client().connect();
  // startApi was the first message of this second.
  for (let count = 0; count < 49; count++) client.api.reqCurrentTime();
  await client.heard('currentTime', 49);
  assert.deepEqual(client.codes(-1).filter((code) => code === 100), []);
  client.api.reqCurrentTime();
  client.api.reqCurrentTime();
  await until(() => client.codes(-1).filter((code) => code === 100).length === 2, 'two rejections');
  assert.equal(client.all('currentTime').length, 49);
  assert.match(String(client.all('info').at(-1)?.[0]), /max=50 rec=52 \(2\)/);
  assert.equal(client.disconnected, false);
  client.api.reqCurrentTime();
  await until(() => client.disconnected, 'the end of the session');
});

test('the limit looks at the last second only', async (context) => {
  const stand = await createStand(context);
  const client = await stand.client().connect();
  for (let second = 1; second <= 3; second++) {
    for (let count = 0; count < 49; count++) client.api.reqCurrentTime();
    await client.heard('currentTime', second * 49);
    await stand.clock.advance(1_000);
  }
  assert.equal(client.disconnected, false);
  assert.deepEqual(client.codes(-1).filter((code) => code === 100), []);
});

test('beyond the market-data lines a request gets 101; lines of all clients count together, a cancelled one is free again', async (context) => {
  const stand = await createStand(context, { book: createBookOfSize(5, { today: '20260304' }), marketDataLines: 4 });
  const options = stand.simulator.book.positions('DU1234567').map(({ instrument }) => ({ conId: instrument.conId, exchange: 'SMART' }));
  const first = await stand.client().connect();
  const second = await stand.client({ clientId: 11 }).connect();
  for (const reqId of [0, 1, 2]) first.subscribe(reqId, options[reqId] ?? {});
  await first.settled();
  for (const reqId of [3, 4]) second.subscribe(reqId, options[reqId] ?? {});
  await second.settled();
  assert.deepEqual([second.codes(3), second.codes(4)], [[], [101]]);
  first.api.cancelMktData(0);
  await first.settled();
  second.subscribe(5, options[4] ?? {});
  await second.settled();
  assert.deepEqual(second.codes(5), []);
  assert.equal(stand.simulator.subscribedConIds().length, 4);
});

test('every order message is written down and answered as in read-only mode', async (context) => {
  const stand = await createStand(context);
  const client = await stand.client().connect();
  const { api } = client;
  client.api.reqIds();
  await client.settled();
  assert.equal(stand.simulator.forbidden.length, 0);
  api.placeOrder(7, { conId: 265598, exchange: 'SMART' }, { orderType: OrderType.MKT });
  api.cancelOrder(8);
  api.reqOpenOrders();
  api.reqAutoOpenOrders(true);
  api.reqAllOpenOrders();
  api.reqGlobalCancel();
  api.reqCompletedOrders(false);
  await client.settled();
  assert.deepEqual(
    stand.simulator.forbidden.map(({ request, clientId }) => [clientId, request.type === 'order' ? request.name : '']),
    ['placeOrder', 'cancelOrder', 'reqOpenOrders', 'reqAutoOpenOrders', 'reqAllOpenOrders', 'reqGlobalCancel', 'reqCompletedOrders'].map((name) => [10, name]),
  );
  assert.deepEqual([client.codes(7), client.codes(8)], [[321], [321]]);
  assert.match(client.errorText(7), /Read-Only mode/);
  assert.equal(client.codes(-1).filter((code) => code === 321).length, 5);
});

test('ticks can be pumped: the client hears every one, and the last of each line counts as sent', async (context) => {
  const stand = await createStand(context, { book: createBookOfSize(5, { today: '20260304' }) });
  const client = await stand.client().connect();
  const { book } = stand.simulator;
  for (const [reqId, { instrument }] of book.positions('DU1234567').entries()) client.subscribe(reqId, { conId: instrument.conId, exchange: 'SMART' });
  await client.settled();
  const before = client.all('tickOptionComputation').filter(([, tickType]) => tickType === 13).length;
  const { ticks } = await stand.simulator.pump(1_003);
  await client.settled();
  assert.equal(ticks, 1_003);
  assert.equal(client.all('tickOptionComputation').filter(([, tickType]) => tickType === 13).length, before + 1_003);
  for (const [reqId, { instrument }] of book.positions('DU1234567').entries()) {
    assert.equal(client.ticks(reqId).get(13)?.[2], stand.simulator.sentGreeks.get(instrument.conId)?.delta);
  }
});
