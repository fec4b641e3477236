import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { openHistory, type History } from '../../main/engine/delivery/history.ts';
import { briefWindow, resetWindowPresets } from '../../main/engine/supervision/reset-window.ts';
import { rangeMs, readHistory } from '../../main/service/history-view.ts';
import { windowsBetween } from '../../main/service/overview.ts';
import { historyRanges } from '../../preload/contract.ts';
import { ManualClock } from '../support/manual-clock.ts';

const hourMs = 3_600_000;
const now = Date.parse('2026-03-11T12:00:00-04:00');

let folder: string;
let history: History;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'history-view-'));
  history = openHistory(join(folder, 'history.sqlite'), new ManualClock(now));
});

afterEach(() => {
  history.close();
  rmSync(folder, { recursive: true, force: true });
});

function sample(at: number, delta: number | null): void {
  history.appendSample({ timestamp: at, delta, gamma: 1, vega: 2, theta: null, underlyingPrice: 6_000 });
}

test('every range is at most 600 points and keeps the spike that one row showed', () => {
  // 30 days of rows, dense in the last hours; one of them is a spike.
  for (let at = now - 30 * 24 * hourMs; at < now; at += at < now - 2 * hourMs ? 15 * 60_000 : 5_000) sample(at + 1_000, Math.sin(at / hourMs));
  sample(now - 10 * 60_000 + 30_000, 999);
  for (const range of historyRanges) {
    const series = readHistory(history, range, now, []);
    assert.ok(series.at.length > 10 && series.at.length <= 600, `${range}: ${series.at.length}`);
    assert.equal(series.to - series.from, rangeMs[range]);
    assert.equal(Math.max(...series.greeks.delta.high.map((value) => value ?? -Infinity)), 999, range);
    for (const band of Object.values(series.greeks)) assert.deepEqual([band.low.length, band.high.length, band.last.length], Array(3).fill(series.at.length));
    assert.ok(series.at.every((at, index) => at >= series.from && at < series.to && at > (series.at[index - 1] ?? 0)), range);
    assert.ok(series.greeks.theta.last.every((value) => value === null), 'what was not known stays unknown');
    assert.deepEqual(Object.keys(series.greeks), ['delta', 'gamma', 'vega', 'theta']);
  }
});

test('gaps carry their cause, also those of a reset window, and only those of the range', () => {
  history.appendGap({ from: now - 50 * hourMs, to: now - 49 * hourMs, code: 'heartbeat-lost', text: 'too old' });
  history.appendGap({ from: now - 12 * hourMs, to: now - 11.6 * hourMs, code: 'reset-window', text: 'no rows for 25 min: reset window' });
  history.appendGap({ from: now - 2 * hourMs, to: now - 1 * hourMs, code: 'not-running', text: 'no rows for 1 h: the bridge was not running' });
  const { gaps } = readHistory(history, '1d', now, []);
  assert.deepEqual(gaps, [
    { from: now - 12 * hourMs, to: now - 11.6 * hourMs, code: 'reset-window', text: 'no rows for 25 min: reset window' },
    { from: now - 2 * hourMs, to: now - 1 * hourMs, code: 'not-running', text: 'no rows for 1 h: the bridge was not running' },
  ]);
});

test('reset windows of the range are shaded, right over the night on which clocks go forward', () => {
  const { resetWindows } = readHistory(history, '7d', now, [briefWindow]);
  assert.deepEqual(
    resetWindows.map(({ from, to }) => [new Date(from).toISOString(), (to - from) / 60_000]),
    // New York goes to summer time on 8 March 2026: 23:40 is 04:40 UTC before and 03:40 UTC after.
    [
      ['2026-03-05T04:40:00.000Z', 25],
      ['2026-03-06T04:40:00.000Z', 25],
      ['2026-03-07T04:40:00.000Z', 25],
      ['2026-03-08T04:40:00.000Z', 25],
      ['2026-03-09T03:40:00.000Z', 25],
      ['2026-03-10T03:40:00.000Z', 25],
      ['2026-03-11T03:40:00.000Z', 25],
    ],
  );
});

test('a window that is open at either end of the range is cut there', () => {
  const midnight = Date.parse('2026-03-11T00:00:00-04:00');
  assert.deepEqual(readHistory(history, '15m', midnight, [briefWindow]).resetWindows, [{ from: midnight - 15 * 60_000, to: midnight }]);
  const after = Date.parse('2026-03-11T00:10:00-04:00');
  assert.deepEqual(readHistory(history, '15m', after, [briefWindow]).resetWindows, [{ from: after - 15 * 60_000, to: after - 5 * 60_000 }]);
});

test('each window of each preset is found once, in order, without overlap', () => {
  for (const { name, windows } of resetWindowPresets) {
    const found = windowsBetween(windows, now - 30 * 24 * hourMs, now);
    assert.ok(windows.length === 0 ? found.length === 0 : found.length >= 25, `${name}: ${found.length}`);
    assert.ok(found.every(({ start, end }, index) => start < end && start >= (found[index - 1]?.end ?? 0)), name);
  }
});
