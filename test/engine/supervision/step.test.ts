import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { backOffDelayMs, hasSession, step } from '../../../main/engine/supervision/step.ts';
import {
  connectionOf,
  initialSupervision,
  type Effect,
  type Facts,
  type Supervision,
  type SupervisionEvent,
} from '../../../main/engine/supervision/supervision.ts';

const cause = { code: 'gateway-closed', text: 'the gateway closed the connection' };

/** Offsets from the present generation, so that late and impossible events are as frequent as real ones. */
const generationOffset = fc.constantFrom(0, 0, 0, 0, 0, 0, -1, 1);

const anyEvent: fc.Arbitrary<(generation: number) => SupervisionEvent> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom<SupervisionEvent>(
    { type: 'start' },
    { type: 'start' },
    { type: 'stop' },
    { type: 'pause', by: 'user' },
    { type: 'pause', by: 'sleep' },
    { type: 'resume', by: 'user' },
    { type: 'resume', by: 'sleep' },
    { type: 'reconnect-now' },
    { type: 'fault' },
    { type: 'gateway-changed', cause },
    { type: 'tick' },
    { type: 'tick' },
    { type: 'tick' },
  ).map((event) => () => event) },
  { weight: 4, arbitrary: fc.tuple(generationOffset, fc.constantFrom('ready', 'ready', 'upstream-down', 'upstream-up', 'needs-login', 'login-done', 'closed', 'held'))
    .map(([offset, type]) => (generation: number) => sessionEvent(type, generation + offset)) },
  fc.record({ ms: fc.integer({ min: 1, max: 10 ** 8 }), slept: fc.boolean() })
    .map(({ ms, slept }) => (): SupervisionEvent => ({ type: 'stood-still', ms, slept })),
);

function sessionEvent(type: string, generation: number): SupervisionEvent {
  switch (type) {
    case 'ready':
      return { type, generation, account: 'U1' };
    case 'upstream-up':
      return { type, generation, dataLost: generation % 2 === 0 };
    case 'login-done':
      return { type, generation };
    case 'upstream-down':
    case 'needs-login':
    case 'closed':
      return { type, generation, cause };
    default:
      return { type: 'closed', generation, cause: { code: 'account-needed', text: 'choose an account' } };
  }
}

interface Moment {
  readonly event: (generation: number) => SupervisionEvent;
  readonly afterMs: number;
  readonly inWindow: boolean;
  readonly heard: boolean;
}

const moments = fc.array(
  fc.record({
    event: anyEvent,
    afterMs: fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 120_000 })),
    inWindow: fc.boolean(),
    heard: fc.boolean(),
  }),
  { maxLength: 60, size: 'max' },
);

interface Visit {
  readonly before: Supervision;
  readonly after: Supervision;
  readonly event: SupervisionEvent;
  readonly effects: readonly Effect[];
  readonly facts: Facts;
}

function play(story: readonly Moment[], visit: (step: Visit) => void): void {
  let supervision: Supervision = initialSupervision;
  let monotonic = 1_000;
  let heardAt = monotonic;
  for (const { event, afterMs, inWindow, heard } of story) {
    monotonic += afterMs;
    if (heard) heardAt = monotonic;
    const now = 1_700_000_000_000 + monotonic;
    const facts: Facts = {
      now,
      monotonic,
      windowUntil: inWindow ? now + 60_000 : null,
      windowName: 'the window',
      random: 0.5,
      heardAt: hasSession(supervision.phase) ? heardAt : undefined,
      tickAt: undefined,
      endpoint: 'the gateway',
    };
    const concrete = event(supervision.generation);
    const { next, effects } = step(supervision, concrete, facts);
    visit({ before: supervision, after: next, event: concrete, effects, facts });
    supervision = next;
  }
}

test('whatever happens in whatever order, at most one session exists and the old one is disposed of first', () => {
  fc.assert(fc.property(moments, (story) => {
    let open = 0;
    play(story, ({ after, effects }) => {
      for (const { type } of effects) {
        if (type === 'close') open = 0;
        if (type === 'open') open += 1;
        assert.ok(open <= 1, 'a second session was opened beside the first');
      }
      assert.equal(open === 1, hasSession(after.phase));
    });
  }), { numRuns: 5_000 });
});

test('an event of an older session changes nothing', () => {
  fc.assert(fc.property(moments, (story) => {
    play(story, ({ before, after, event, effects }) => {
      if ('generation' in event && event.generation !== before.generation) {
        assert.equal(after, before);
        assert.deepEqual(effects, []);
      }
    });
  }), { numRuns: 1_000 });
});

test('every state that is not connected either has a time at which it tries again, or waits for a person', () => {
  fc.assert(fc.property(moments, (story) => {
    play(story, ({ after, facts }) => {
      const { phase } = after;
      if (phase.kind === 'waiting') assert.ok(phase.dueAt - facts.monotonic <= 66_000);
      if (phase.kind === 'held') assert.ok(phase.dueAt - facts.monotonic <= 60_000);
      if (phase.kind === 'window') assert.ok(Number.isFinite(phase.until));
      if (phase.kind === 'opening') assert.ok(phase.deadlineAt - facts.monotonic <= 45_000);
    });
  }), { numRuns: 1_000 });
});

test('rows are possible exactly while the state shown is connected', () => {
  fc.assert(fc.property(moments, (story) => {
    let lit = false;
    play(story, ({ after, effects, facts }) => {
      for (const { type } of effects) {
        if (type === 'light') lit = true;
        if (type === 'dark') lit = false;
      }
      assert.equal(lit, connectionOf(after, facts.windowUntil).kind === 'connected');
    });
  }), { numRuns: 5_000 });
});

test('an outage raises one alarm at the most, besides the one that asks for a login', () => {
  fc.assert(fc.property(moments, (story) => {
    let raised = 0;
    play(story, ({ before, effects, event }) => {
      if (before.outage === null) raised = 0;
      if (event.type !== 'needs-login') raised += effects.filter(({ type }) => type === 'alarm').length;
      assert.ok(raised <= 1);
    });
  }), { numRuns: 5_000 });
});

test('the back-off is 5, 10, 20 s, then 60 s, then again, each within ten per cent', () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5].map((attempts) => backOffDelayMs(attempts, 0.5)), [5_000, 10_000, 20_000, 60_000, 5_000, 10_000]);
  assert.deepEqual([backOffDelayMs(0, 0), backOffDelayMs(0, 1)], [4_500, 5_500]);
});
