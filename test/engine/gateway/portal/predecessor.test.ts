import assert from 'node:assert/strict';
import { test } from 'node:test';
import { respectPredecessor } from '../../../../main/engine/gateway/open-gateway.ts';
import { Pace, paceOf } from '../../../../main/engine/gateway/portal/pace.ts';
import { RateLimits } from '../../../simulators/portal/rate-limits.ts';
import { standSettings } from '../../../support/engine-stand.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const asked = ['/portfolio/accounts', '/iserver/auth/status', ...Array.from({ length: 8 }, () => '/iserver/marketdata/snapshot')];

/** Violations when a process asks, dies, and the next one asks the same at once. */
async function violationsAfter(lastSeenAgoMs: number | null): Promise<number> {
  const clock = new ManualClock();
  const limits = new RateLimits(clock, 10, 900_000);
  const { signal } = new AbortController();
  const ask = (pace: Pace): Promise<void>[] =>
    asked.map(async (path) => {
      await pace.take(path, signal);
      limits.admit(path);
    });
  await Promise.all(ask(new Pace(clock)));
  respectPredecessor({ ...standSettings, apiMode: 'PORTAL' }, clock, lastSeenAgoMs === null ? null : clock.now() - lastSeenAgoMs);
  const next = ask(paceOf(clock, 'https://localhost:5001'));
  for (let step = 0; step < 80; step += 1) await clock.advance(100);
  await Promise.all(next);
  return limits.violations;
}

test('a bridge that is started again at once asks nothing that the one before it asked a moment ago', async () => {
  assert.equal(await violationsAfter(1_000), 0);
  assert.ok((await violationsAfter(null)) > 0, 'without the knowledge it would be punished');
});
