import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';

import { until } from '../../support/until.ts';
import { encodeFrame } from './framing.ts';
import { createStand } from './stand.ts';

/** A client that speaks bytes: opens with a version range and collects the messages that come back. */
async function openRaw(context: TestContext, port: number, range: string) {
  const socket = connect(port, '127.0.0.1');
  const state = { received: Buffer.alloc(0) as Buffer, closed: false };
  socket.on('data', (chunk: Buffer) => (state.received = Buffer.concat([state.received, chunk])));
  socket.on('error', () => undefined);
  socket.on('close', () => (state.closed = true));
  context.after(() => socket.destroy());
  const length = Buffer.alloc(4);
  length.writeUInt32BE(range.length);
  socket.write(Buffer.concat([Buffer.from('API\0'), length, Buffer.from(range)]));
  return {
    socket,
    closed: () => state.closed,
    messages(): readonly (readonly string[])[] {
      const messages: string[][] = [];
      for (let at = 0; at + 4 <= state.received.length; at += 4 + state.received.readUInt32BE(at)) {
        const end = at + 4 + state.received.readUInt32BE(at);
        if (end > state.received.length) break;
        messages.push(state.received.toString('utf8', at + 4, end).split('\0').slice(0, -1));
      }
      return messages;
    },
  };
}

test('the real client agrees on version 193 and hears accounts, next id and the farms', async (context) => {
  const stand = await createStand(context, {}, { accounts: ['DU1', 'DU2'] });
  const client = await stand.client().connect();
  await client.settled();
  assert.equal(client.all('server')[0]?.[0], 193);
  assert.deepEqual(client.all('managedAccounts'), [['DU1,DU2']]);
  assert.deepEqual(client.codes(-1), [2104, 2104, 2106, 2158]);
  assert.deepEqual(stand.simulator.clientIds(), [10]);
});

for (const [range, version] of [['v100..187', '187'], ['v100..165', '165'], ['v100..225', '193'], ['v166', '166']] as const) {
  test(`a client that opens with ${range} gets version ${version}`, async (context) => {
    const stand = await createStand(context);
    const raw = await openRaw(context, stand.port, range);
    await until(() => raw.messages().length > 0, 'the version');
    assert.equal(raw.messages()[0]?.[0], version);
    raw.socket.write(encodeFrame([71, 2, 3, '']));
    await until(() => raw.messages().length >= 7, 'the greeting');
    const greeting = raw.messages();
    assert.deepEqual(greeting.slice(1, 3), [['15', '1', 'DU1234567'], ['9', '1', '1']]);
    // The error frame grew a field with version 166.
    assert.equal(greeting[3]?.length, Number(version) >= 166 ? 6 : 5);
  });
}

test('an opening in pieces is understood, and garbage ends the connection', async (context) => {
  const stand = await createStand(context);
  const slow = connect(stand.port, '127.0.0.1');
  context.after(() => slow.destroy());
  let answer = '';
  slow.on('data', (chunk: Buffer) => (answer += chunk.toString('utf8', 4)));
  for (const byte of Buffer.from('API\0\0\0\0\x09v100..193')) {
    slow.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until(() => answer.startsWith('193\0'), 'the version');
  const raw = await openRaw(context, stand.port, 'GET / HTTP/1.1');
  await until(() => raw.closed(), 'the end');
  assert.deepEqual(raw.messages(), []);
});

test('an id that is in use gets 326 without a request and the socket is closed; the first client stays', async (context) => {
  const stand = await createStand(context);
  const first = await stand.client().connect();
  const second = stand.client();
  second.api.connect();
  await until(() => second.disconnected, 'the end of the second client');
  assert.deepEqual(second.codes(-1), [326]);
  assert.deepEqual(second.all('nextValidId'), []);
  await first.settled();
  assert.equal(first.disconnected, false);
});

test('an id is free again after a goodbye, and held for a while after a death where that is asked for', async (context) => {
  const stand = await createStand(context);
  const first = await stand.client().connect();
  first.api.disconnect();
  await until(() => stand.simulator.clientIds().length === 0, 'the id to be free');
  const second = await stand.client().connect();
  stand.simulator.faults.holdClientIdMs = 30_000;
  stand.simulator.drop();
  await until(() => second.disconnected, 'the end of the second client');
  const third = stand.client();
  third.api.connect();
  await until(() => third.disconnected, 'the refusal');
  assert.deepEqual(third.codes(-1), [326]);
  await stand.clock.advance(30_000);
  await stand.client().connect();
});

test('hanging in the handshake: the connection stands and nothing is said', async (context) => {
  const stand = await createStand(context);
  stand.simulator.faults.hangInHandshake = true;
  const raw = await openRaw(context, stand.port, 'v100..193');
  await until(() => stand.simulator.openConnections === 1, 'the connection');
  stand.simulator.faults.hangInHandshake = false;
  await stand.client().connect();
  assert.deepEqual(raw.messages(), []);
  assert.equal(raw.closed(), false);
});

test('no nextValidId: accounts come, the client counts as connected, the id never comes', async (context) => {
  const stand = await createStand(context);
  stand.simulator.faults.noNextValidId = true;
  const client = stand.client();
  client.api.connect();
  await client.heard('managedAccounts');
  assert.equal(client.api.isConnected, true);
  assert.deepEqual(client.all('nextValidId'), []);
});
