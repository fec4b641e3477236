import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LogRow } from '../../../main/engine/delivery/delivery.ts';
import { createEventLog, foldWindowMs, type EventLog } from '../../../main/engine/log/event-log.ts';
import type { ApiMode } from '../../../main/engine/state.ts';
import { ManualClock } from '../../support/manual-clock.ts';

interface Stand {
  readonly clock: ManualClock;
  readonly rows: LogRow[];
  readonly log: EventLog;
  mode: ApiMode;
  /** Called with each row as it is written. */
  onWrite: (row: LogRow) => void;
}

function stand(): Stand {
  const clock = new ManualClock();
  const rows: LogRow[] = [];
  const made: Stand = {
    clock,
    rows,
    mode: 'SOCKET',
    onWrite: () => {},
    log: createEventLog({
      clock,
      mode: () => made.mode,
      write: (row) => {
        rows.push(row);
        made.onWrite(row);
      },
    }),
  };
  return made;
}

const texts = (rows: readonly LogRow[]): readonly string[] => rows.map((row) => `${row.status}: ${row.message}`);

test('an event is written at once, with its instant, mode and severity', () => {
  const { clock, log, rows } = stand();
  log.record('warning', 'coverage changed');
  log.record('error', 'gateway refused', 'refused');
  assert.deepEqual(rows, [
    { timestamp: clock.now(), apiMode: 'SOCKET', message: 'coverage changed', status: 'warning' },
    { timestamp: clock.now(), apiMode: 'SOCKET', message: 'gateway refused', status: 'error' },
  ]);
});

test('seventeen repeats within five minutes are one row when the five minutes are over', async () => {
  const { clock, log, rows } = stand();
  log.record('error', 'gateway refused', 'refused');
  for (let repeat = 0; repeat < 17; repeat++) {
    await clock.advance(15_000);
    log.record('error', 'gateway refused', 'refused');
  }
  assert.equal(rows.length, 1);
  await clock.advance(foldWindowMs);
  assert.deepEqual(texts(rows), ['error: gateway refused', 'error: gateway refused: 17 times in 5 min']);
});

test('a repeat that goes on all night is one row every five minutes', async () => {
  const { clock, log, rows } = stand();
  for (let second = 0; second < 3600; second += 20) {
    log.record('warning', 'gateway refused', 'refused');
    await clock.advance(20_000);
  }
  assert.equal(rows.length, 1 + 12);
  assert.deepEqual(texts(rows).slice(-1), ['warning: gateway refused: 15 times in 5 min']);
});

test('after five quiet minutes the same event is news again, and nothing ticks in between', async () => {
  const { clock, log, rows } = stand();
  log.record('info', 'connected', 'connected');
  await clock.advance(foldWindowMs);
  assert.equal(clock.pendingTimers, 0);
  log.record('info', 'connected', 'connected');
  assert.deepEqual(texts(rows), ['info: connected', 'info: connected']);
});

test('events without a key, or with different keys, are never folded together', () => {
  const { log, rows } = stand();
  for (let repeat = 0; repeat < 3; repeat++) log.record('info', 'same words');
  log.record('info', 'a', 'a');
  log.record('info', 'b', 'b');
  assert.equal(rows.length, 5);
});

test('the folded row has the newest words, the worst severity, and the mode in which the newest repeat came', async () => {
  const made = stand();
  made.log.record('info', 'attempt 1 failed', 'connect');
  made.log.record('error', 'attempt 2 failed', 'connect');
  made.mode = 'PORTAL';
  made.log.record('warning', 'attempt 3 failed', 'connect');
  made.mode = 'SOCKET';
  await made.clock.advance(foldWindowMs);
  assert.deepEqual(made.rows.slice(1).map(({ apiMode, message, status }) => [apiMode, message, status]), [
    ['PORTAL', 'attempt 3 failed: 2 times in 5 min', 'error'],
  ]);
});

test('a flush writes what is only counted, and how long it was counted', async () => {
  const { clock, log, rows } = stand();
  log.record('error', 'gateway refused', 'refused');
  log.record('error', 'gateway refused', 'refused');
  await clock.advance(72_000);
  log.flush();
  log.flush();
  assert.deepEqual(texts(rows), ['error: gateway refused', 'error: gateway refused: 1 time in 1 m 12 s']);
});

test('after the close nothing is held back and no timer is left', async () => {
  const { clock, log, rows } = stand();
  log.record('error', 'refused', 'refused');
  log.record('error', 'refused', 'refused');
  log.close();
  log.record('error', 'refused', 'refused');
  log.record('error', 'refused', 'refused');
  assert.equal(rows.length, 4);
  assert.equal(clock.pendingTimers, 0);
});

test('a step of the wall clock neither ends nor prolongs a fold', async () => {
  const { clock, log, rows } = stand();
  log.record('info', 'tick', 'tick');
  clock.jumpWall(-8 * 3_600_000);
  log.record('info', 'tick', 'tick');
  clock.jumpWall(16 * 3_600_000);
  log.record('info', 'tick', 'tick');
  assert.equal(rows.length, 1);
  await clock.advance(foldWindowMs);
  assert.deepEqual(texts(rows).slice(1), ['info: tick: 2 times in 5 min']);
});

test('an event that comes while folded rows are written counts once, and so do they', async () => {
  const made = stand();
  for (const key of ['a', 'a', 'b', 'b']) made.log.record('info', key, key);
  made.onWrite = (row) => void (row.message.startsWith('a: ') && made.log.record('info', 'a', 'a'));
  await made.clock.advance(foldWindowMs);
  made.onWrite = () => {};
  made.log.close();
  assert.deepEqual(texts(made.rows), ['info: a', 'info: b', 'info: a: 1 time in 5 min', 'info: b: 1 time in 5 min', 'info: a: 1 time in 0 s']);
});

/** How many events the rows stand for. */
function countOf(rows: readonly LogRow[]): number {
  return rows.reduce((sum, { message }) => sum + Number(/: (\d+) times? in /.exec(message)?.[1] ?? 1), 0);
}

type Action = { readonly kind: 'record'; readonly key: string | undefined } | { readonly kind: 'advance' | 'freeze'; readonly ms: number } | { readonly kind: 'flush' };

const anyAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('record' as const), key: fc.constantFrom('a', 'b', 'c', undefined) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('advance', 'freeze' as const), ms: fc.constantFrom(0, 1, 1_000, 100_000, foldWindowMs - 1, foldWindowMs, 2 * foldWindowMs) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'flush' as const }) },
);

test('no event is lost in number and none counted twice, whatever comes when, also while a row is written', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyAction, { maxLength: 60 }), fc.integer({ min: 2, max: 7 }), async (actions, echoEvery) => {
      const made = stand();
      let recorded = 0;
      const record = (key: string | undefined): void => {
        recorded += 1;
        made.log.record('info', `event ${key}`, key);
      };
      // Writing gives rise to further events now and then, as a full disk does.
      made.onWrite = () => void (made.rows.length % echoEvery === 0 && record('a'));
      for (const action of actions) {
        if (action.kind === 'record') record(action.key);
        else if (action.kind === 'flush') made.log.flush();
        else if (action.kind === 'advance') await made.clock.advance(action.ms);
        else made.clock.freeze(action.ms);
        assert.ok(made.clock.pendingTimers <= 1);
      }
      made.onWrite = () => {};
      made.log.close();
      assert.equal(countOf(made.rows), recorded);
      assert.equal(made.clock.pendingTimers, 0);
    }),
    { numRuns: 300 },
  );
});
