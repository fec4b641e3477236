import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CircuitBreaker } from '../../../main/engine/delivery/circuit-breaker.ts';
import { ManualClock } from '../../support/manual-clock.ts';

type Step = { readonly kind: 'advance'; readonly ms: number } | { readonly kind: 'attempt'; readonly outcome: 'drained' | 'delivered' | 'failed' | 'refused-login' } | { readonly kind: 'probe-now' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 70_000 }) }),
  fc.record({ kind: fc.constant('attempt' as const), outcome: fc.constantFrom('drained', 'delivered', 'failed', 'failed', 'failed', 'refused-login') }),
  fc.constant({ kind: 'probe-now' as const }),
);

const runs = Number(process.env['MODEL_RUNS'] ?? 10_000);

test('the breaker does what its three-line model says: opens at the third failure, one probe a minute, closes when drained', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(step, { maxLength: 60 }), (startOpen, steps) => {
      const clock = new ManualClock();
      const breaker = new CircuitBreaker(clock, startOpen);
      // The model: failures in a row, and the instant from which an attempt is allowed while not closed.
      let failures = startOpen ? 3 : 0;
      let allowedAt = clock.monotonic();
      for (const { kind, ...rest } of steps) {
        if (kind === 'advance') clock.freeze((rest as { ms: number }).ms);
        if (kind === 'probe-now') {
          breaker.probeNow();
          allowedAt = Math.min(allowedAt, clock.monotonic());
        }
        if (kind !== 'attempt') continue;
        const allowed = failures < 3 || clock.monotonic() >= allowedAt;
        assert.equal(breaker.tryPass(), allowed);
        if (!allowed) continue;
        const { outcome } = rest as { outcome: string };
        if (outcome === 'drained' || (outcome === 'delivered' && failures < 3)) failures = 0;
        if (outcome === 'failed') failures = Math.min(3, failures + 1);
        if (outcome === 'refused-login') failures = 3;
        if (outcome === 'drained' || outcome === 'delivered') breaker.succeeded(outcome === 'drained');
        else if (outcome === 'failed') breaker.failed();
        else breaker.trip();
        if (failures === 3 && outcome !== 'delivered') allowedAt = clock.monotonic() + 60_000;
        assert.equal(breaker.state().kind, failures < 3 ? 'closed' : outcome === 'delivered' ? 'half-open' : 'open');
      }
    }),
    { numRuns: runs },
  );
});

test('a wall clock that is set back or forward neither keeps the breaker open nor opens it early', () => {
  const clock = new ManualClock();
  const breaker = new CircuitBreaker(clock, false);
  for (let n = 0; n < 3; n += 1) breaker.failed();
  clock.jumpWall(86_400_000);
  assert.equal(breaker.tryPass(), false);
  clock.jumpWall(-10 * 86_400_000);
  clock.freeze(60_000);
  assert.equal(breaker.tryPass(), true);
});

test('an attempt that hung until its deadline does not put the next probe off: one a minute, counted from the beginning of the last', () => {
  const clock = new ManualClock();
  const breaker = new CircuitBreaker(clock, true);
  assert.equal(breaker.tryPass(), true);
  clock.freeze(10_000);
  breaker.failed();
  clock.freeze(49_999);
  assert.equal(breaker.tryPass(), false);
  clock.freeze(1);
  assert.equal(breaker.tryPass(), true);
});
