import assert from 'node:assert/strict';
import { test } from 'node:test';

import { treasuryBond } from '../instruments.ts';
import { createStand } from './stand.ts';

interface HeardContract {
  readonly conId: number;
  readonly secType: string;
  readonly exchange: string;
  readonly multiplier: number;
  readonly right?: string;
}

test('positions arrive for every account, derivatives without an exchange, stock without a multiplier', async (context) => {
  const stand = await createStand(context, {}, { accounts: ['DU1', 'DU2'] });
  const client = await stand.client().connect();
  client.api.reqPositions();
  await client.heard('positionEnd');
  const rows = client.all('position').map(([account, contract, quantity]) => ({ account, contract: contract as HeardContract, quantity }));
  assert.equal(rows.filter(({ account }) => account === 'DU1').length, 40);
  assert.deepEqual(rows.filter(({ account }) => account === 'DU2').map(({ quantity }) => quantity), [10]);
  for (const { contract } of rows) {
    assert.equal(contract.exchange, contract.secType === 'STK' ? 'NASDAQ' : '', `exchange of ${contract.secType}`);
    // stoqey reads the empty multiplier of a stock as 0.
    assert.equal(contract.multiplier, { STK: 0, OPT: 100, FOP: 50, FUT: 50 }[contract.secType]);
  }
  const kinds = rows.filter(({ account }) => account === 'DU1').map(({ contract }) => contract.secType);
  assert.deepEqual(['OPT', 'FOP', 'FUT', 'STK'].map((kind) => kinds.filter((one) => one === kind).length), [26, 12, 1, 1]);
});

test('trades arrive while positions are subscribed: changed, opened, closed as quantity 0; not after cancelPositions', async (context) => {
  const stand = await createStand(context);
  const client = await stand.client().connect();
  const stock = stand.instrument('STK');
  stand.simulator.book.setPosition('DU1234567', stock.conId, 900);
  client.api.reqPositions();
  await client.heard('positionEnd');
  const before = client.all('position').length;
  stand.simulator.book.setPosition('DU1234567', stock.conId, -25.5);
  stand.simulator.book.addLeg('DU1234567', treasuryBond, 3);
  stand.simulator.book.close('DU1234567', stock.conId);
  await client.settled();
  const changes = client.all('position').slice(before).map(([, contract, quantity]) => [(contract as HeardContract).secType, quantity]);
  assert.deepEqual(changes, [['STK', -25.5], ['BOND', 3], ['STK', 0]]);
  client.api.cancelPositions();
  await client.settled();
  stand.simulator.book.setPosition('DU1234567', stock.conId, 7);
  await client.settled();
  assert.equal(client.all('position').length, before + 3);
});

test('account updates: values, portfolio with market values, time and end; another account overrides the first', async (context) => {
  const stand = await createStand(context, {}, { accounts: ['DU1', 'DU2'] });
  const client = await stand.client().connect();
  client.api.reqAccountUpdates(true, 'DU1');
  await client.heard('accountDownloadEnd');
  assert.equal(client.all('updatePortfolio').length, 40);
  assert.deepEqual(client.all('updateAccountValue').map(([key, value]) => [key, value])[1], ['AccountReady', 'true']);
  const future = client.all('updatePortfolio').find(([contract]) => (contract as HeardContract).secType === 'FUT');
  assert.deepEqual(future?.slice(1, 4), [-3, 6015, -3 * 50 * 6015]);
  client.api.reqAccountUpdates(true, 'DU2');
  await client.heard('accountDownloadEnd', 2);
  assert.ok(client.codes(-1).includes(2100));
});

test('profit and loss of an account and of one position follow the market', async (context) => {
  const stand = await createStand(context);
  const client = await stand.client().connect();
  const future = stand.instrument('FUT');
  client.api.reqPnL(1, 'DU1234567', '');
  client.api.reqPnLSingle(2, 'DU1234567', '', future.conId);
  await client.settled();
  stand.simulator.book.market.setPrice(future.conId, 6025);
  stand.simulator.sendValues();
  await client.settled();
  assert.deepEqual(client.all('pnlSingle').at(-1), [2, -3, -3 * 50 * 10, -3 * 50 * 10, 0, -3 * 50 * 6025]);
  assert.notEqual(client.all('pnl').at(-1)?.[1], 0);
});

test('contract details by conId name the exchange for market data; an unknown conId gets 200', async (context) => {
  const stand = await createStand(context);
  const client = await stand.client().connect();
  const option = stand.instrument('FOP');
  const future = stand.instrument('FUT');
  client.api.reqContractDetails(1, { conId: option.conId });
  client.api.reqContractDetails(2, { conId: 42 });
  await client.settled();
  const rows = client.all('contractDetails').map(([, details]) => details as { contract: HeardContract; underConId: number; validExchanges: string });
  assert.equal(rows.length, 1);
  assert.deepEqual(
    [rows[0]?.contract.exchange, rows[0]?.contract.multiplier, rows[0]?.contract.conId, rows[0]?.underConId, rows[0]?.validExchanges],
    ['CME', 50, option.conId, future.conId, 'CME,QBALGO'],
  );
  assert.deepEqual(client.all('contractDetailsEnd'), [[1]]);
  assert.deepEqual(client.codes(2), [200]);
});

test('contract details of a bond come as bond details', async (context) => {
  const stand = await createStand(context);
  stand.simulator.book.addLeg('DU1234567', treasuryBond, 3);
  const client = await stand.client().connect();
  client.api.reqContractDetails(1, { conId: treasuryBond.conId });
  await client.heard('contractDetailsEnd');
  const details = client.all('bondContractDetails')[0]?.[1] as { contract: HeardContract; maturity: string };
  assert.deepEqual([details.contract.conId, details.maturity], [treasuryBond.conId, treasuryBond.expiry]);
  assert.deepEqual(client.all('error'), []);
});

test('contract details can fail, stay away, come twice, come late while other answers go first', async (context) => {
  const stand = await createStand(context);
  const client = await stand.client().connect();
  const contract = { conId: stand.instrument('FUT').conId };
  const { faults } = stand.simulator;
  faults.contractDetails = 'unknown';
  client.api.reqContractDetails(1, contract);
  await client.settled();
  faults.contractDetails = 'silent';
  client.api.reqContractDetails(2, contract);
  await client.settled();
  faults.contractDetails = 'ambiguous';
  client.api.reqContractDetails(3, contract);
  await client.settled();
  faults.contractDetails = 'normal';
  faults.contractDetailsDelayMs = 4_000;
  client.api.reqContractDetails(4, contract);
  await client.settled();
  assert.deepEqual(client.codes(1), [200]);
  assert.deepEqual(client.all('contractDetailsEnd'), [[3]]);
  assert.deepEqual(
    client.all('contractDetails').map(([reqId, details]) => [reqId, (details as { contract: HeardContract }).contract.exchange]),
    [[3, 'CME'], [3, 'QBALGO']],
  );
  await stand.clock.advance(4_000);
  await client.heard('contractDetailsEnd', 2);
});
