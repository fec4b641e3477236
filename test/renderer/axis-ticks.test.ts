import assert from 'node:assert/strict';
import { test } from 'node:test';
import { steadyExtent, timeTicks, valueAxis, valueLabel } from '../../renderer/chart/axis-ticks.ts';
import { duration, timeLeft } from '../../renderer/words/times.ts';

test('time ticks stand on round local times, also in a zone of half hours', () => {
  const from = Date.UTC(2026, 0, 13, 10, 7);
  const { ticks, label } = timeTicks(from, from + 6 * 3_600_000, 7, 'Asia/Kolkata');
  assert.deepEqual(ticks.map(label), ['16:00', '17:00', '18:00', '19:00', '20:00', '21:00']);
});

test('over a daylight-saving night the ticks stay on local hours', () => {
  // New York, 8 March 2026: 02:00 becomes 03:00.
  const from = Date.UTC(2026, 2, 8, 2);
  const { ticks, label } = timeTicks(from, from + 86_400_000, 5, 'America/New_York');
  assert.deepEqual(ticks.map(label), ['8 Mar', '06:00', '12:00', '18:00']);
});

test('days are named by their date in a range of a month', () => {
  const to = Date.UTC(2026, 0, 13, 19);
  const { ticks, label } = timeTicks(to - 30 * 86_400_000, to, 7, 'UTC');
  assert.ok(ticks.length >= 5 && ticks.length <= 7);
  assert.match(label(ticks[0] ?? 0), /^\d{1,2} (Dec|Jan)$/);
});

test('the value axis has at least two round ticks inside its domain, with as many decimals as they need', () => {
  for (const [range, wanted] of [[[-46.2, -43.9], 5], [[2400, 2440], 2], [[3.2, 3.2], 4], [[0, 0], 3], [[-1e6, 2e6], 6], [[0.0011, 0.0014], 4]] as const) {
    const axis = valueAxis(range, wanted);
    const { domain, ticks } = axis;
    const label = (tick: number): string => valueLabel(axis, tick);
    assert.ok(ticks.length >= 2, `${range}: ${ticks}`);
    assert.ok(ticks.every((tick) => tick >= domain[0] && tick <= domain[1]), `${range}: ${ticks}`);
    assert.equal(new Set(ticks.map(label)).size, ticks.length, `${range}: ${ticks.map(label)}`);
  }
});

test('durations have at most two units, and a countdown ends in now', () => {
  assert.equal(duration(200_000), '3 m 20 s');
  assert.equal(duration(2 * 86_400_000 + 4 * 3_600_000 + 59_000), '2 d 4 h');
  assert.equal(duration(400), '0 s');
  assert.equal(timeLeft(13_001, 0), '14 s');
  assert.equal(timeLeft(0, 5), 'now');
});

test('the axis stays while the curve keeps within it, and is made anew when the curve leaves it or has shrunk', () => {
  const before = [10, 20] as const;
  assert.equal(steadyExtent(before, [9.5, 18]), before);
  assert.deepEqual(steadyExtent(before, [9.3, 18]), [9.3, 18]);
  assert.deepEqual(steadyExtent(before, [12, 20.7]), [12, 20.7]);
  assert.deepEqual(steadyExtent(before, [11, 18]), [11, 18]);
  assert.deepEqual(steadyExtent([5, 5], [5, 6]), [5, 6]);
  for (const extent of [[9.41, 20.59], [12, 20]] as const) {
    const { domain } = valueAxis(steadyExtent(before, extent), 4);
    assert.ok(domain[0] < extent[0] && domain[1] > extent[1], 'a kept axis holds the curve');
  }
});
