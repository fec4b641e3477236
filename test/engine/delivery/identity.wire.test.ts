import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { DatabaseTarget } from '../../../main/engine/delivery/delivery.ts';
import { sharedServer, type TestServer } from '../../support/postgres.ts';
import { until } from '../../support/until.ts';
import { DeliveryStand, OutboxFolder } from './delivery-stand.ts';
import { deltasIn, greeks } from './rows.ts';

const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);

/** The database as it was `rows` rows ago, as a restore from a dump leaves it: the newest rows and the watermark of that time. */
async function goBack(server: TestServer, target: DatabaseTarget, keep: number): Promise<void> {
  await server.query(
    `BEGIN;
     DELETE FROM portfolio_greeks WHERE delta > ${keep};
     UPDATE bridge_outbox_watermark SET seq = ${keep} WHERE epoch <> decode(repeat('00', 16), 'hex');
     COMMIT;
     SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    [],
    target.database,
  );
}

test('a database restored from an older dump gets what it lost from the outbox, in order, and nothing twice', async () => {
  const server = await sharedServer();
  const target = await server.createDatabase();
  await using stand = new DeliveryStand({ target });
  stand.start();
  for (const n of upTo(500)) stand.delivery.appendGreeks(greeks(n));
  await stand.delivered();
  await goBack(server, target, 100);
  stand.delivery.appendGreeks(greeks(501));
  await until(async () => (await deltasIn(server, target)).length === 501, 'the rows to come back');
  assert.deepEqual(await deltasIn(server, target), upTo(501));
  await until(() => stand.notices().some((message) => message.includes('400 rows behind')), 'the loss to be told');
});

test('two bridges that run on copies of one data folder deliver every row once', async () => {
  const server = await sharedServer();
  const target = await server.createDatabase();
  using folder = new OutboxFolder();
  const copy = join(folder.folder, 'copy.sqlite');
  {
    await using writer = new DeliveryStand({ target: null, bufferPath: folder.path });
    for (const n of upTo(3_000)) writer.delivery.appendGreeks(greeks(n));
  }
  copyFileSync(folder.path, copy);
  await using first = new DeliveryStand({ target, bufferPath: folder.path });
  await using second = new DeliveryStand({ target, bufferPath: copy });
  first.start();
  second.start();
  for (const n of upTo(50)) {
    first.delivery.appendGreeks(greeks(10_000 + n));
    second.delivery.appendGreeks(greeks(20_000 + n));
  }
  await Promise.all([first.delivered(), second.delivered()]);
  const rows = await deltasIn(server, target);
  assert.equal(rows.length, 3_100);
  assert.deepEqual(
    rows.filter((n) => n <= 3_000),
    upTo(3_000),
  );
  assert.equal(new Set(rows).size, 3_100);
  await until(() => [...first.noticeKeys(), ...second.noticeKeys()].includes('another-bridge'), 'a word that two bridges write here');
});

test('a second process on the same outbox refuses in words, and the first is not disturbed', async () => {
  const server = await sharedServer();
  const target = await server.createDatabase();
  await using stand = new DeliveryStand({ target });
  stand.start();
  stand.delivery.appendGreeks(greeks(1));
  const driver = fileURLToPath(new URL('./delivery-driver.ts', import.meta.url));
  const second = spawnSync(process.execPath, [driver, stand.path, JSON.stringify(target), '1', '1', 'never', '0'], { encoding: 'utf8' });
  assert.notEqual(second.status, 0);
  assert.match(second.stderr, /another bridge \(app or daemon\) already uses .*outbox\.sqlite/);
  stand.delivery.appendGreeks(greeks(2));
  await stand.delivered();
  assert.deepEqual(await deltasIn(server, target), [1, 2]);
});

test('a machine that was cloned while it ran: the second copy goes on under a run of its own and loses nothing', async () => {
  const server = await sharedServer();
  const target = await server.createDatabase();
  await using stand = new DeliveryStand({ target });
  stand.start();
  stand.delivery.appendGreeks(greeks(1));
  await stand.delivered();
  // The clone, under the same epoch, was faster with two rows of its own.
  await server.query(
    `UPDATE bridge_outbox_watermark SET seq = 3 WHERE epoch <> decode(repeat('00', 16), 'hex');
     INSERT INTO portfolio_greeks(delta) VALUES (-2), (-3)`,
    [],
    target.database,
  );
  for (const n of [2, 3, 4]) stand.delivery.appendGreeks(greeks(n));
  await stand.delivered();
  assert.deepEqual((await deltasIn(server, target)).filter((n) => n > 0), [1, 2, 3, 4]);
  await until(() => stand.alarms().includes('outbox-forked'), 'the alarm');
});
