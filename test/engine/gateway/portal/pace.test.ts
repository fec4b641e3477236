import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Pace, paceOf } from '../../../../main/engine/gateway/portal/pace.ts';
import { RateLimits } from '../../../simulators/portal/rate-limits.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

test('never more than 10 requests in any second, and the slow endpoints at their own pace, by IBKR\'s own count', async () => {
  const clock = new ManualClock();
  const pace = new Pace(clock);
  const limits = new RateLimits(clock, 10, 900_000);
  const { signal } = new AbortController();
  let sent = 0;
  const ask = async (path: string): Promise<void> => {
    await pace.take(path, signal);
    limits.admit(path);
    sent += 1;
  };
  const all = [...Array.from({ length: 60 }, () => '/iserver/marketdata/snapshot'), '/portfolio/accounts', '/portfolio/accounts', '/tickle', '/tickle'].map(ask);
  for (let step = 0; step < 120; step++) await clock.advance(100);
  await Promise.all(all);
  assert.equal(sent, 64);
  assert.equal(limits.violations, 0);
});

test('a request that waits is given up with its session, and leaves no timer', async () => {
  const clock = new ManualClock();
  const pace = new Pace(clock);
  const life = new AbortController();
  const asks = Array.from({ length: 12 }, () => pace.take('/tickle', life.signal));
  const outcomes = Promise.allSettled(asks);
  await clock.advance(0);
  life.abort();
  assert.equal((await outcomes).filter(({ status }) => status === 'rejected').length, 11);
  assert.equal(clock.pendingTimers, 0);
});

test('all gateway objects of one process share the pace of one address', () => {
  const clock = new ManualClock();
  assert.equal(paceOf(clock, 'https://localhost:5001'), paceOf(clock, 'https://localhost:5001'));
  assert.notEqual(paceOf(clock, 'https://localhost:5001'), paceOf(clock, 'https://localhost:5002'));
  assert.notEqual(paceOf(clock, 'https://localhost:5001'), paceOf(new ManualClock(), 'https://localhost:5001'));
});
