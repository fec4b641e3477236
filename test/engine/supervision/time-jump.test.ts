import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyTimeJump, readTime, type TimeJump, type TimeReading } from '../../../main/engine/supervision/time-jump.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const second = 1_000;
const hour = 3_600_000;
const tickMs = second;
const jumps = [6 * second, 10 * second, 90 * second, 10 * 60 * second, hour, 8 * hour];

/** What a tick that is `lateMs` late reads after the three clocks moved apart by these amounts. */
function classify({ wall = 0, monotonic = 0, uptime = 0 }: Partial<TimeReading>, { before = ORIGIN, lateMs = 0 } = {}): TimeJump {
  const passed = tickMs + lateMs;
  const after = { wall: before.wall + passed + wall, monotonic: before.monotonic + passed + monotonic, uptime: before.uptime + passed + uptime };
  return classifyTimeJump(before, after, tickMs);
}

const ORIGIN: TimeReading = { wall: Date.UTC(2026, 2, 4), monotonic: 1_234_567.89, uptime: 9_876_540 };

/** Uptime as some systems count it, in whole seconds. */
function inWholeSeconds(reading: TimeReading): TimeReading {
  return { ...reading, uptime: Math.floor(reading.uptime / second) * second };
}

test('nothing happened: a punctual tick, a late one, a slow clock adjustment', () => {
  for (const lateMs of [0, 1, 200, 4_900]) assert.deepEqual(classify({}, { lateMs }), { kind: 'none' }, `${lateMs} ms late`);
  for (const wall of [-second, -500, 500, second, 1_999]) assert.deepEqual(classify({ wall }), { kind: 'none' }, `${wall} ms`);
});

test('Linux: a sleep is the time that uptime saw and the monotonic clock did not', () => {
  for (const ms of jumps) assert.deepEqual(classify({ wall: ms, uptime: ms }), { kind: 'slept', ms });
  assert.deepEqual(classify({ wall: second, uptime: second }), { kind: 'none' }, 'a second of sleep harms nothing');
  assert.deepEqual(classify({ wall: 3 * second, uptime: 3 * second }), { kind: 'none' }, 'nor is it a step of the wall clock');
});

test('macOS: all clocks go on during sleep, as they do for a stopped process on any system', () => {
  for (const ms of jumps) {
    const jump = classify({ wall: ms, monotonic: ms, uptime: ms });
    assert.deepEqual(jump, { kind: 'stalled', ms: ms + tickMs });
  }
});

test('a wall clock that is set forward or back is a step, on Linux and on macOS, and no sleep', () => {
  for (const ms of [3 * second, ...jumps]) {
    assert.deepEqual(classify({ wall: ms }), { kind: 'clock-stepped', ms });
    assert.deepEqual(classify({ wall: -ms }), { kind: 'clock-stepped', ms: -ms });
  }
});

test('a standstill with a step of the clock at once is told as the standstill', () => {
  for (const step of [-8 * hour, -10 * second, 10 * second, 8 * hour]) {
    assert.deepEqual(classify({ wall: hour + step, uptime: hour }), { kind: 'slept', ms: hour });
    assert.deepEqual(classify({ wall: hour + step, monotonic: hour, uptime: hour }), { kind: 'stalled', ms: hour + tickMs });
  }
});

test('an uptime in whole seconds invents neither sleeps nor steps', () => {
  for (let phase = 0; phase < second; phase += 1) {
    const start = { ...ORIGIN, uptime: ORIGIN.uptime + phase };
    for (const step of [-1_500, 0, 1_500]) {
      const later = { wall: start.wall + tickMs + 7 + step, monotonic: start.monotonic + tickMs + 7, uptime: start.uptime + tickMs + 7 };
      assert.deepEqual(classifyTimeJump(inWholeSeconds(start), inWholeSeconds(later), tickMs), { kind: 'none' }, `phase ${phase}, step ${step}`);
    }
    const slept = inWholeSeconds({ wall: start.wall + hour, monotonic: start.monotonic, uptime: start.uptime + hour });
    assert.equal(classifyTimeJump(inWholeSeconds(start), slept, tickMs).kind, 'slept');
  }
});

test('the three clocks of the machine are read together', async () => {
  const clock = new ManualClock();
  let before = readTime(clock);
  const next = (): TimeJump => {
    const after = readTime(clock);
    const jump = classifyTimeJump(before, after, tickMs);
    before = after;
    return jump;
  };
  await clock.advance(tickMs);
  assert.deepEqual(next(), { kind: 'none' });
  clock.suspend(8 * hour);
  await clock.advance(tickMs);
  assert.deepEqual(next(), { kind: 'slept', ms: 8 * hour });
  clock.jumpWall(-hour);
  await clock.advance(tickMs);
  assert.deepEqual(next(), { kind: 'clock-stepped', ms: -hour });
  clock.freeze(90 * second);
  assert.deepEqual(next(), { kind: 'stalled', ms: 90 * second });
});
