import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';

import { createStand } from './stand.ts';

/** A client with one option line that has had its first computations. */
async function watch(context: TestContext) {
  const stand = await createStand(context);
  const option = stand.instrument('OPT');
  const client = await stand.client().connect();
  client.subscribe(1, { conId: option.conId, exchange: 'SMART' });
  await client.settled();
  const models = (): number => client.all('tickOptionComputation').filter(([, type]) => type === 13).length;
  return {
    ...stand, client, option, models,
    /** Ticks once and tells whether a model computation arrived. */
    async hearsTick(): Promise<boolean> {
      const before = models();
      stand.simulator.tick();
      await client.settled();
      return models() > before;
    },
  };
}

test('1100 stops the data and nothing else; 1102 lets it go on; the socket stays', async (context) => {
  const { simulator, client, hearsTick } = await watch(context);
  assert.equal(await hearsTick(), true);
  simulator.loseUpstream();
  assert.equal(await hearsTick(), false);
  simulator.restoreUpstreamDataKept();
  assert.equal(await hearsTick(), true);
  assert.deepEqual(client.codes(-1).slice(-2), [1100, 1102]);
  assert.equal(client.disconnected, false);
  assert.equal(simulator.connectionsAccepted, 1);
});

test('1101 loses every line: no data until it is asked for again, with the same request id', async (context) => {
  const { simulator, client, option, hearsTick } = await watch(context);
  simulator.loseUpstream();
  simulator.restoreUpstreamDataLost();
  assert.equal(await hearsTick(), false);
  assert.deepEqual(simulator.subscribedConIds(), []);
  client.subscribe(1, { conId: option.conId, exchange: 'SMART' });
  await client.settled();
  assert.equal(await hearsTick(), true);
  assert.deepEqual(client.codes(-1).slice(-2), [1100, 1101]);
  assert.deepEqual(client.codes(1), []);
});

test('1102 can lie: the lines count and are dead until they are cancelled and asked for again', async (context) => {
  const { simulator, client, option, hearsTick } = await watch(context);
  simulator.loseUpstream();
  simulator.restoreUpstreamDataKept({ silentlyDead: true });
  assert.equal(await hearsTick(), false);
  assert.deepEqual(simulator.subscribedConIds(), [option.conId]);
  client.api.cancelMktData(1);
  client.subscribe(2, { conId: option.conId, exchange: 'SMART' });
  await client.settled();
  assert.equal(await hearsTick(), true);
});

test('a request during an outage gets its data after it', async (context) => {
  const { simulator, client, instrument, models } = await watch(context);
  simulator.breakServerLink();
  client.subscribe(2, { conId: instrument('FOP').conId, exchange: 'CME' });
  await client.settled();
  assert.equal(client.ticks(2).size, 0);
  const heard = models();
  simulator.restoreUpstreamDataKept();
  await client.settled();
  assert.equal(models(), heard + 1, 'only the new line begins');
  assert.ok(client.ticks(2).has(13));
});

test('a broken farm stops the data while the link stands; a client that connects meanwhile is told', async (context) => {
  const { simulator, client, hearsTick, client: first } = await watch(context);
  simulator.breakFarm();
  assert.equal(await hearsTick(), false);
  simulator.restoreFarm();
  assert.equal(await hearsTick(), true);
  assert.deepEqual(client.codes(-1).slice(-2), [2103, 2104]);
  assert.equal(first.disconnected, false);
});

test('a client that connects while the link is lost gets its id and 2110 in place of the farms', async (context) => {
  const stand = await createStand(context);
  stand.simulator.loseUpstream();
  const client = await stand.client().connect();
  await client.settled();
  assert.deepEqual(client.codes(-1), [2110]);
});

test('1300: the port changes, the client is told the new one and dropped', async (context) => {
  const { simulator, client } = await watch(context);
  const port = await simulator.changePort();
  await client.heard('disconnected');
  const [text, code] = client.all('info').at(-1) ?? [];
  assert.equal(code, 1300);
  assert.ok(String(text).endsWith(String(port)));
});
