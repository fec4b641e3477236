import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Instrument } from '../instruments.ts';
import { greeksFaults } from './faults.ts';
import type { GreeksFault } from './faults.ts';
import type { RecordedClient } from './recorded-client.ts';
import { createStand } from './stand.ts';
import type { Stand } from './stand.ts';

/** iv, delta, price, dividend, gamma, vega, theta, underlying price of a computation (stoqey puts tickAttrib first). */
function computation(client: RecordedClient, reqId: number, tickType: number): readonly unknown[] | undefined {
  return client.ticks(reqId).get(tickType)?.slice(1);
}

function route(instrument: Instrument): { readonly conId: number; readonly exchange: string } {
  return { conId: instrument.conId, exchange: instrument.exchanges[0] ?? '' };
}

async function subscribed(stand: Stand, instrument: Instrument, marketDataType?: number): Promise<RecordedClient> {
  const client = await stand.client().connect();
  if (marketDataType !== undefined) client.api.reqMarketDataType(marketDataType);
  client.subscribe(1, route(instrument));
  await client.settled();
  return client;
}

test('an option brings its model computation, bit for bit, and bid and ask computations that differ from it', async (context) => {
  const stand = await createStand(context);
  const option = stand.instrument('OPT', 'SPX');
  const client = await subscribed(stand, option);
  const model = stand.simulator.book.market.computation(option.conId, 'model');
  assert.ok(model);
  assert.deepEqual(computation(client, 1, 13), [
    model.impliedVolatility, model.delta, model.price, 0, model.gamma, model.vega, model.theta, model.underlyingPrice,
  ]);
  for (const side of [10, 11]) {
    const other = computation(client, 1, side);
    for (const field of [0, 1, 2, 4, 5, 6]) assert.notEqual(other?.[field], computation(client, 1, 13)?.[field], `field ${field} of ${side}`);
  }
  assert.deepEqual(client.all('marketDataType'), [[1, 1]]);
});

test('every tick moves the Greeks; a frozen market sends nothing', async (context) => {
  const stand = await createStand(context);
  const client = await subscribed(stand, stand.instrument('FOP'));
  const before = computation(client, 1, 13);
  stand.simulator.tick();
  await client.settled();
  const after = computation(client, 1, 13);
  assert.notDeepEqual(after, before);
  const { ticksSent } = stand.simulator;
  stand.simulator.book.market.freeze();
  stand.simulator.tick();
  assert.equal(stand.simulator.ticksSent, ticksSent);
  stand.simulator.book.market.thaw();
  stand.simulator.tick();
  assert.equal(stand.simulator.ticksSent, ticksSent + 6);
});

test('sums recomputed from what the client received equal the expected sums, also after ticks and trades', async (context) => {
  const stand = await createStand(context);
  const { book } = stand.simulator;
  const client = await stand.client().connect();
  const legs = book.positions('DU1234567').map(({ instrument }) => instrument);
  for (const [index, leg] of legs.entries()) client.subscribe(index, route(leg));
  await client.settled();
  stand.simulator.tick();
  book.setPosition('DU1234567', legs[0]?.conId ?? 0, 17);
  book.close('DU1234567', legs[1]?.conId ?? 0);
  await client.settled();
  const sum = (field: number): number =>
    legs.reduce((total, leg, index) => {
      const quantity = book.position('DU1234567', leg.conId)?.quantity ?? 0;
      if (leg.secType === 'STK' || leg.secType === 'FUT') return total + (field === 1 ? quantity : 0);
      return total + quantity * (leg.multiplier ?? NaN) * Number(computation(client, index, 13)?.[field]);
    }, 0);
  const expected = stand.simulator.expectedSums('DU1234567');
  assert.deepEqual([expected.legs, expected.priced, expected.unpriced], [39, 39, []]);
  for (const [field, value] of [[1, expected.delta], [4, expected.gamma], [5, expected.vega], [6, expected.theta]] as const) {
    assert.ok(Math.abs(sum(field) - value) < 1e-9 * Math.max(1, Math.abs(value)), `field ${field}: ${sum(field)} and ${value}`);
  }
});

test('stock and future bring bid, ask, last and close', async (context) => {
  const stand = await createStand(context);
  const client = await subscribed(stand, stand.instrument('STK'));
  client.subscribe(2, route(stand.instrument('FUT')));
  await client.settled();
  assert.deepEqual([1, 2, 4, 9].map((type) => client.ticks(1).get(type)?.[0]), [234.99, 235.01, 235, 235]);
  assert.deepEqual([1, 2, 4, 9].map((type) => client.ticks(2).get(type)?.[0]), [6014.75, 6015.25, 6015, 6015]);
});

test('without an exchange nothing comes, neither data nor error; derivatives on futures get 200 for SMART', async (context) => {
  const stand = await createStand(context);
  const client = await stand.client().connect();
  const [option, fop, future] = [stand.instrument('OPT'), stand.instrument('FOP'), stand.instrument('FUT')];
  client.subscribe(1, { conId: option.conId });
  client.subscribe(2, { conId: fop.conId, exchange: 'SMART' });
  client.subscribe(3, { conId: future.conId, exchange: 'SMART' });
  client.subscribe(4, { conId: 42, exchange: 'SMART' });
  client.subscribe(5, { conId: option.conId, exchange: 'SMART', symbol: 'NDX' });
  await client.settled();
  stand.simulator.tick();
  await client.settled();
  assert.equal(client.ticks(1).size, 0);
  assert.deepEqual([1, 2, 3, 4, 5].map((reqId) => client.codes(reqId)), [[], [200], [200], [200], [200]]);
  assert.deepEqual(stand.simulator.subscribedConIds(), []);
});

test('a wrong generic tick list gets 321 in IBKR\'s words and no data', async (context) => {
  const stand = await createStand(context);
  const client = await stand.client().connect();
  client.subscribe(1, route(stand.instrument('OPT')), '10,13');
  client.subscribe(2, route(stand.instrument('OPT')), '100,106');
  await client.settled();
  assert.deepEqual(client.codes(1), [321]);
  assert.match(client.errorText(1), /^Error validating request\.-'bW' : cause - Incorrect generic tick list of 10,13\. +Legal ones for \(OPT\) are: 100\(/);
  assert.equal(client.ticks(1).size, 0);
  assert.ok(client.ticks(2).has(13));
});

test('a cancelled line ends; cancelling an unknown one gets 300, a second use of an id 322', async (context) => {
  const stand = await createStand(context);
  const option = stand.instrument('OPT');
  const client = await subscribed(stand, option);
  client.subscribe(1, route(option));
  client.api.cancelMktData(99);
  await client.settled();
  assert.deepEqual([client.codes(1), client.codes(99)], [[322], [300]]);
  client.api.cancelMktData(1);
  await client.settled();
  const { ticksSent } = stand.simulator;
  stand.simulator.tick();
  assert.equal(stand.simulator.ticksSent, ticksSent);
});

/** How stoqey decodes what each fault sends (ibkr-facts.md 2.2). */
const decoded: Readonly<Record<Exclude<GreeksFault, 'theta-sentinel' | 'none'>, unknown>> = {
  sentinels: undefined, empty: 0, nan: NaN, infinity: Infinity, 'max-value': undefined, 'all-zero': 0,
};

for (const fault of greeksFaults) {
  test(`Greeks spoilt as "${fault}" reach the client so, and do not count as sent`, async (context) => {
    const stand = await createStand(context);
    const option = stand.instrument('OPT');
    const client = await subscribed(stand, option);
    const good = stand.simulator.sentGreeks.get(option.conId);
    const heard = client.all('tickOptionComputation').length;
    stand.simulator.faults.greeks.set(option.conId, fault);
    stand.simulator.tick();
    await client.settled();
    const fields = computation(client, 1, 13);
    if (fault === 'none') {
      assert.equal(client.all('tickOptionComputation').length, heard);
    } else if (fault === 'theta-sentinel') {
      assert.equal(fields?.[6], undefined);
      assert.notEqual(fields?.[1], good?.delta);
      assert.equal(stand.simulator.sentGreeks.get(option.conId)?.theta, good?.theta);
      assert.equal(stand.simulator.sentGreeks.get(option.conId)?.delta, fields?.[1]);
      return;
    } else {
      assert.deepEqual(fields, Array.from({ length: 8 }, () => decoded[fault]));
    }
    assert.deepEqual(stand.simulator.sentGreeks.get(option.conId), good);
  });
}

test('a cold Gateway begins with sentinels; an option that never had Greeks is unpriced in the expected sums', async (context) => {
  const stand = await createStand(context);
  const option = stand.instrument('OPT');
  stand.simulator.faults.warmUpTicks = 1;
  const client = await subscribed(stand, option);
  assert.equal(computation(client, 1, 13)?.[1], undefined);
  assert.ok(stand.simulator.expectedSums('DU1234567').unpriced.includes(option.conId));
  stand.simulator.tick();
  await client.settled();
  assert.equal(computation(client, 1, 13)?.[1], stand.simulator.sentGreeks.get(option.conId)?.delta);
  assert.ok(!stand.simulator.expectedSums('DU1234567').unpriced.includes(option.conId));
});

for (const code of [354, 10168, 10186, 10197, 200, 101]) {
  test(`${code} refuses a line; nothing follows`, async (context) => {
    const stand = await createStand(context);
    const option = stand.instrument('OPT');
    stand.simulator.faults.refusals.set(option.conId, code);
    const client = await subscribed(stand, option, 4);
    stand.simulator.tick();
    await client.settled();
    assert.deepEqual(client.codes(1), [code]);
    assert.equal(client.ticks(1).size, 0);
  });
}

for (const code of [10089, 10090, 10091, 10167]) {
  test(`${code} is an advice: delayed computations follow it for a client that takes delayed data, and only for that one`, async (context) => {
    const stand = await createStand(context);
    const option = stand.instrument('OPT');
    stand.simulator.faults.refusals.set(option.conId, code);
    const client = await subscribed(stand, option, 4);
    const strict = await stand.client({ clientId: 11 }).connect();
    strict.subscribe(1, route(option));
    await strict.settled();
    assert.deepEqual([client.codes(1), strict.codes(1)], [[code], [code]]);
    assert.deepEqual(client.all('marketDataType'), [[1, 3]]);
    assert.deepEqual([...client.ticks(1).keys()].toSorted((a, b) => a - b), [66, 67, 68, 75, 80, 81, 83]);
    assert.equal(computation(client, 1, 83)?.[1], stand.simulator.sentGreeks.get(option.conId)?.delta);
    assert.equal(strict.ticks(1).size, 0);
  });
}

test('a refusal in mid-stream ends the line; once allowed, a new request gets data again', async (context) => {
  const stand = await createStand(context);
  const option = stand.instrument('OPT');
  const client = await subscribed(stand, option);
  stand.simulator.refuse(option.conId, 10197);
  await client.settled();
  const heard = client.all('tickOptionComputation').length;
  stand.simulator.tick();
  await client.settled();
  assert.deepEqual(client.codes(1), [10197]);
  assert.equal(client.all('tickOptionComputation').length, heard);
  stand.simulator.setMarketData('frozen');
  stand.simulator.setMarketData('live');
  await client.settled();
  assert.deepEqual(client.all('marketDataType'), [[1, 1]], 'a dead line hears of nothing');
  stand.simulator.allow(option.conId);
  client.subscribe(2, route(option));
  await client.settled();
  assert.ok(client.ticks(2).has(13));
});

test('delayed and frozen data: the kind is told per line, a client that wants live data only is refused delayed data', async (context) => {
  const stand = await createStand(context);
  const option = stand.instrument('OPT');
  const client = await subscribed(stand, option, 4);
  stand.simulator.setMarketData('frozen');
  await client.settled();
  const heard = client.all('tickOptionComputation').length;
  stand.simulator.tick();
  await client.settled();
  assert.equal(client.all('tickOptionComputation').length, heard, 'frozen data does not move');
  stand.simulator.setMarketData('delayed');
  stand.simulator.tick();
  await client.settled();
  assert.ok(client.ticks(1).has(83));
  stand.simulator.setMarketData('delayed-frozen');
  await client.settled();
  assert.deepEqual(client.all('marketDataType'), [[1, 1], [1, 2], [1, 3], [1, 4]]);
  const strict = await stand.client({ clientId: 11 }).connect();
  strict.subscribe(1, route(option));
  await strict.settled();
  assert.deepEqual(strict.codes(1), [354]);
});

test('the real client reads every layout of older Gateways: version 145, 152 and 163', async (context) => {
  for (const serverVersion of [145, 152, 163]) {
    const stand = await createStand(context, { serverVersion });
    const option = stand.instrument('FOP');
    const client = await subscribed(stand, option);
    client.api.reqPositions();
    client.api.reqContractDetails(2, { conId: option.conId });
    client.api.reqPnL(3, 'DU1234567', '');
    await client.settled();
    assert.deepEqual(client.all('error'), [], `errors at version ${serverVersion}`);
    assert.equal(computation(client, 1, 13)?.[6], stand.simulator.sentGreeks.get(option.conId)?.theta);
    assert.equal((client.all('contractDetails')[0]?.[1] as { contract: { multiplier: number } }).contract.multiplier, 50);
    assert.equal(client.all('position').length, 40);
  }
});
