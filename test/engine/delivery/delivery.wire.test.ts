import assert from 'node:assert/strict';
import { test } from 'node:test';
import { greeks, greeksIn, log } from './rows.ts';
import { DeliveryStand } from './delivery-stand.ts';
import { sharedServer } from '../../support/postgres.ts';

test('rows arrive in PostgreSQL once, in order, with their own timestamps and NULL where nothing is known', async () => {
  const server = await sharedServer();
  const target = await server.createDatabase();
  await using stand = new DeliveryStand({ target });
  for (let n = 1; n <= 1_200; n += 1) {
    stand.delivery.appendGreeks(greeks(n));
    if (n % 100 === 0) stand.delivery.appendLog(log(`row ${n}`));
  }
  stand.start();
  await stand.delivered();

  const rows = await greeksIn(server, target);
  assert.deepEqual(rows.map(({ delta }) => delta), Array.from({ length: 1_200 }, (_, index) => index + 1));
  assert.ok(rows.every((row, index) => row.ms === greeks(index + 1).timestamp && row['gamma'] === (index + 1) / 7 && row['theta'] === null));
  const logs = await server.query('SELECT message, api_mode, status FROM api_logs ORDER BY id', [], target.database);
  assert.deepEqual(logs[0], { message: 'row 100', api_mode: 'SOCKET', status: 'info' });
  assert.equal(logs.length, 12);
});
