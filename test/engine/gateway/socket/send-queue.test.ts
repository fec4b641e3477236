import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';

import { SendQueue } from '../../../../main/engine/gateway/socket/send-queue.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

function queueOn(clock: ManualClock) {
  const errors: unknown[] = [];
  return { queue: new SendQueue(clock, (error) => errors.push(error)), errors };
}

test('whatever is queued whenever: never more than 45 messages in any second, each sent exactly once, in order', async () => {
  const step = fc.record({ waitMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2_500 })), messages: fc.integer({ min: 0, max: 80 }) });
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
    const clock = new ManualClock();
    const { queue } = queueOn(clock);
    const sent: { readonly number: number; readonly at: number }[] = [];
    let number = 0;
    for (const { waitMs, messages } of steps) {
      await clock.advance(waitMs);
      for (let i = 0; i < messages; i++) {
        const mine = number++;
        queue.send(() => sent.push({ number: mine, at: clock.monotonic() }));
      }
    }
    await clock.advance(40_000);
    assert.deepEqual(sent.map((message) => message.number), Array.from({ length: number }, (_, i) => i));
    for (let i = 45; i < sent.length; i++) assert.ok(sent[i]!.at - sent[i - 45]!.at >= 1_000, `message ${i} came ${sent[i]!.at - sent[i - 45]!.at} ms after message ${i - 45}`);
    assert.equal(clock.pendingTimers, 0);
  }), { numRuns: 60, seed: 7 });
});

test('the first 45 messages leave at once, and the rest costs no more than its share of 45 a second', async () => {
  const clock = new ManualClock();
  const { queue } = queueOn(clock);
  let sent = 0;
  for (let i = 0; i < 100; i++) queue.send(() => sent++);
  assert.equal(sent, 45);
  await clock.advance((100 / 45) * 1_000);
  assert.equal(sent, 100);
});

test('an urgent message overtakes what waits, but not the pace', async () => {
  const clock = new ManualClock();
  const { queue } = queueOn(clock);
  const sent: string[] = [];
  for (let i = 0; i < 50; i++) queue.send(() => sent.push(`ordinary ${i}`));
  queue.sendUrgently(() => sent.push('urgent'));
  assert.equal(sent.length, 45);
  await clock.advance(2_000);
  assert.equal(sent[45], 'urgent');
  assert.equal(sent.length, 51);
});

test('a message past the queue counts, a withdrawn one does not leave', async () => {
  const clock = new ManualClock();
  const { queue } = queueOn(clock);
  const sent: number[] = [];
  queue.countForeign();
  const queued = Array.from({ length: 46 }, (_, i) => queue.send(() => sent.push(i)));
  assert.equal(sent.length, 44);
  assert.equal(queued[44]!.withdraw(), true);
  assert.equal(queued[0]!.withdraw(), false, 'sent messages cannot be taken back');
  await clock.advance(2_000);
  assert.equal(sent.at(-1), 45);
  assert.ok(!sent.includes(44));
});

test('closing empties the queue: nothing leaves afterwards, no timer stays', async () => {
  const clock = new ManualClock();
  const { queue } = queueOn(clock);
  let sent = 0;
  for (let i = 0; i < 60; i++) queue.send(() => sent++);
  queue.close();
  queue.send(() => sent++);
  assert.equal(clock.pendingTimers, 0);
  await clock.advance(10_000);
  assert.equal(sent, 45);
});

test('a message that cannot be encoded is reported and the next ones leave', () => {
  const { queue, errors } = queueOn(new ManualClock());
  let sent = 0;
  queue.send(() => {
    throw new Error('cannot encode');
  });
  queue.send(() => sent++);
  assert.equal(sent, 1);
  assert.match(String(errors[0]), /cannot encode/);
});
