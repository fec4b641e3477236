import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDelivery } from '../../main/engine/delivery/durable-delivery.ts';
import { Engine } from '../../main/engine/engine.ts';
import { quietLogger } from '../../main/engine/log/logger.ts';
import { stock } from '../engine/greeks/book.ts';
import { standSettings } from '../support/engine-stand.ts';
import { ledgerOf } from '../support/gap-ledger.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { sharedServer } from '../support/postgres.ts';
import { ScriptedGateway } from '../support/scripted-gateway.ts';
import { until } from '../support/until.ts';

test('a first hour without a gateway that ends in a kill stands in api_logs as a gap, although there was never a row', async () => {
  const server = await sharedServer();
  const target = await server.createDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'bridge-first-'));
  const clock = new ManualClock();
  const start = (path: string) => {
    const gateway = new ScriptedGateway(clock);
    const delivery = openDelivery({ bufferPath: path, target, clock, limits: { ballastBytes: 0 } });
    const recorder = { recordSnapshot: () => undefined, recordGap: () => undefined, recordLog: () => undefined, recordBook: () => undefined };
    const engine = new Engine({ settings: { ...standSettings, bufferPath: path }, clock, delivery, recorder, logger: quietLogger, openGateway: () => gateway, random: () => 0.5 });
    return { engine, gateway, delivery };
  };
  const [first, second] = [join(folder, 'first.sqlite'), join(folder, 'second.sqlite')];
  const refused = start(first);
  refused.gateway.onOpen = (session) => session.lose({ code: 'refused', text: 'nothing listens' });
  refused.engine.start();
  await until(() => refused.engine.state.delivery.database === 'delivering', 'the database');
  await clock.advance(3_600_000);
  // Killed: the files as they are, and the process says nothing any more.
  for (const suffix of ['', '-wal']) if (existsSync(first + suffix)) copyFileSync(first + suffix, second + suffix);
  refused.delivery.setTarget(null);
  await refused.engine.stop(0);

  const { engine, gateway } = start(second);
  gateway.onOpen = (session) => {
    session.book = [stock('SPY', 1)];
    session.ready();
  };
  engine.start();
  await until(() => engine.state.delivery.database === 'delivering', 'the database again');
  await clock.advance(6_000);
  await until(() => engine.state.delivery.waiting === 0 && engine.state.delivery.database === 'delivering', 'delivery');
  const { unexplained } = await ledgerOf(server, target, 5_000, clock.now());
  assert.deepEqual(unexplained, []);
  await engine.stop(0);
  rmSync(folder, { recursive: true, force: true });
});
