import assert from 'node:assert/strict';
import { test } from 'node:test';

import { until } from '../../support/until.ts';
import { createStand } from './stand.ts';

test('silence: the socket stands, requests arrive and are written down, nothing is answered until it ends', async (context) => {
  const stand = await createStand(context);
  const client = await stand.client().connect();
  const option = stand.instrument('OPT');
  client.subscribe(1, { conId: option.conId, exchange: 'SMART' });
  await client.settled();
  const heard = client.events.length;
  const good = stand.simulator.sentGreeks.get(option.conId);
  stand.simulator.faults.silence = true;
  stand.simulator.tick();
  client.api.reqCurrentTime();
  await until(() => stand.simulator.receivedOf('current-time').length === 2, 'the request');
  assert.deepEqual(client.events.slice(heard).filter(({ name }) => name !== 'sent').map(({ name }) => name), []);
  assert.deepEqual(stand.simulator.sentGreeks.get(option.conId), good, 'nothing was sent');
  assert.equal(client.disconnected, false);
  stand.simulator.faults.silence = false;
  await client.settled();
});

test('drop and reset end every connection; new ones work', async (context) => {
  const stand = await createStand(context);
  const dropped = await stand.client().connect();
  stand.simulator.drop();
  await until(() => dropped.disconnected, 'the end');
  const reset = await stand.client().connect();
  stand.simulator.reset();
  await until(() => reset.disconnected, 'the end');
  assert.match(String(reset.all('error')[0]?.[0]), /ECONNRESET/);
  await stand.client().connect();
  assert.equal(stand.simulator.connectionsAccepted, 3);
});

test('refusing: present connections stay, new ones are refused, and the port comes back', async (context) => {
  const stand = await createStand(context);
  const present = await stand.client().connect();
  await stand.simulator.refuseConnections();
  const refused = stand.client({ clientId: 11 });
  refused.api.connect();
  await until(() => refused.all('error').length > 0, 'the refusal');
  assert.match(String(refused.all('error')[0]?.[0]), /ECONNREFUSED/);
  await present.settled();
  await stand.simulator.acceptConnections();
  await stand.client({ clientId: 12 }).connect();
});

test('half-open: the connection stands, deaf and mute; a new one with the same id works, unless the ghost keeps it', async (context) => {
  const stand = await createStand(context);
  const lost = await stand.client().connect();
  stand.simulator.goHalfOpen();
  lost.api.reqCurrentTime();
  const second = await stand.client().connect();
  stand.simulator.goHalfOpen({ keepClientIds: true });
  const third = stand.client();
  third.api.connect();
  await until(() => third.disconnected, 'the refusal');
  assert.deepEqual(third.codes(-1), [326]);
  assert.deepEqual(lost.all('currentTime'), []);
  assert.deepEqual([lost.disconnected, second.disconnected], [false, false]);
  assert.deepEqual(stand.simulator.receivedOf('current-time'), []);
  lost.api.disconnect();
  await stand.client({ clientId: 11 }).connect();
  assert.equal(stand.simulator.openConnections, 3, 'the Gateway does not notice that its clients went away');
});

test('death in mid-message: the client is left with half a message and a closed socket', async (context) => {
  const stand = await createStand(context);
  const client = await stand.client().connect();
  await client.settled();
  const heard = client.all('managedAccounts').length;
  stand.simulator.dieInMidMessage();
  await until(() => client.disconnected, 'the end');
  assert.equal(client.all('managedAccounts').length, heard);
  assert.deepEqual(client.all('error'), []);
});

test('late answers come after their time and in order', async (context) => {
  const stand = await createStand(context);
  const client = await stand.client().connect();
  await client.settled();
  stand.simulator.faults.answerDelayMs = 2_000;
  client.api.reqPositions();
  await until(() => stand.simulator.receivedOf('positions').length === 1, 'the request');
  await stand.clock.advance(1_000);
  stand.simulator.faults.answerDelayMs = 0;
  client.api.reqCurrentTime();
  await until(() => stand.simulator.receivedOf('current-time').length === 2, 'the request');
  assert.deepEqual([client.all('position').length, client.all('currentTime').length], [0, 1]);
  await stand.clock.advance(1_000);
  await client.heard('currentTime', 2);
  const order = client.events.map(({ name }) => name).filter((name) => name === 'positionEnd' || name === 'currentTime');
  assert.deepEqual(order, ['currentTime', 'positionEnd', 'currentTime']);
});

test('one byte a second: the handshake takes as many seconds as it has bytes', async (context) => {
  const stand = await createStand(context);
  stand.simulator.faults.trickle = { bytes: 1, everyMs: 1_000 };
  const client = stand.client();
  client.api.connect();
  await until(() => stand.clock.pendingTimers > 0, 'the first byte');
  await stand.clock.advance(10_000);
  assert.deepEqual(client.all('server'), []);
  await stand.clock.advance(60_000);
  await client.heard('server');
  stand.simulator.faults.trickle = undefined;
  await stand.clock.advance(1_000);
  await client.heard('nextValidId');
});

test('any message can be put on the wire, also one that no Gateway sends', async (context) => {
  const stand = await createStand(context);
  const client = await stand.client().connect();
  stand.simulator.inject([999, 'what']);
  stand.simulator.inject([61, 3, 'DU1234567', 42]);
  stand.simulator.inject([49, 1, 1_700_000_000]);
  assert.deepEqual(await client.heard('currentTime'), [1_700_000_000]);
  // stoqey complains of the unknown number, of what is left of its message, and of the message that is too short.
  assert.deepEqual(client.all('error').map(([, code]) => code), [505, 505, 505]);
  assert.deepEqual(client.all('position'), []);
});

test('ticking by itself follows the clock, and close leaves neither timers nor connections', async (context) => {
  const stand = await createStand(context);
  const client = await stand.client().connect();
  client.subscribe(1, { conId: stand.instrument('OPT').conId, exchange: 'SMART' });
  await client.settled();
  stand.simulator.startTicking(1_000);
  await stand.clock.advance(5_000);
  await client.settled();
  assert.equal(client.all('tickOptionComputation').filter(([, type]) => type === 13).length, 6);
  stand.simulator.faults.contractDetailsDelayMs = 60_000;
  client.api.reqContractDetails(2, { conId: 265598 });
  stand.simulator.faults.answerDelayMs = 60_000;
  client.api.reqPositions();
  await until(() => stand.simulator.receivedOf('positions').length === 1, 'the request');
  assert.ok(stand.clock.pendingTimers >= 3);
  await stand.simulator.close();
  await until(() => client.disconnected, 'the end');
  assert.equal(stand.clock.pendingTimers, 0);
});
