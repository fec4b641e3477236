import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectDatabase } from '../../../main/engine/delivery/database-session.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { DeliveryStand } from './delivery-stand.ts';
import { FakePostgres, quiet } from './fake-postgres.ts';
import { greeks } from './rows.ts';

const target = { host: 'fake', port: 5432, database: 'fake', user: 'fake', password: undefined };

/** A server that swallows everything: each attempt ends by the driver's own timeout of 5 s. */
function silentAfter(clock: ManualClock): ConnectDatabase {
  return () => new Promise((_resolve, reject) => clock.setTimer(5_000, () => reject(new Error('timeout expired'))));
}

test('a database that falls silent is given up 15 s after the first unanswered attempt', async () => {
  const clock = new ManualClock();
  await using stand = new DeliveryStand({ target, clock, connect: silentAfter(clock) });
  stand.start();
  stand.delivery.appendGreeks(greeks(1));
  const states: string[] = [];
  for (let second = 1; second <= 15; second += 1) {
    await clock.advance(1_000);
    states.push(stand.delivery.state().breaker);
  }
  assert.deepEqual(states, [...Array.from({ length: 14 }, () => 'closed'), 'open']);
});

test('over a line so thin that no large statement gets through in its time, smaller ones do', async () => {
  const clock = new ManualClock();
  const server = new FakePostgres();
  const connect = server.connector();
  const thin: ConnectDatabase = async (to, options) => {
    const session = await connect(to, options);
    const deliver = session.deliver.bind(session);
    session.deliver = (batch, onSent) => (batch.rows.length > 40 ? Promise.reject(new Error('Query read timeout')) : deliver(batch, onSent));
    return session;
  };
  await using stand = new DeliveryStand({ target, clock, connect: thin });
  for (let n = 1; n <= 1_000; n += 1) stand.delivery.appendGreeks(greeks(n));
  stand.start();
  for (let minute = 0; minute < 60 && stand.delivery.state().waiting > 0; minute += 1) {
    await quiet(server, clock);
    await clock.advance(60_000);
  }
  assert.equal(stand.delivery.state().waiting, 0);
  assert.deepEqual(server.contents.greeks, Array.from({ length: 1_000 }, (_, index) => index + 1));
});
