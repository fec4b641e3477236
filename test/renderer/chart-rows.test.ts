import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HistorySeries } from '../../preload/contract.ts';
import { alignedSpan, chartRows, crosshairStops, curveBreaks, nearestStop, shadedGaps, trimYoung } from '../../renderer/chart/chart-rows.ts';
import { coveredTicks, heightOf, viewChart } from '../../renderer/chart/chart-view.ts';
import { bandPath, curvePath, dotsPath, goesOnFrom, tipPoints } from '../../renderer/chart/curve-path.ts';
import { readStop } from '../../renderer/chart/reading.ts';

const cause = { code: 'gateway-closed', text: 'the gateway closed the connection' };

function series(at: readonly number[], change: Partial<HistorySeries> = {}, values: readonly (number | null)[] = at.map((_, index) => index)): HistorySeries {
  const band = { low: values, high: values, last: values };
  return { range: '15m', from: 0, to: 900_000, bucketMs: 1500, at, gaps: [], resetWindows: [], greeks: { delta: band, gamma: band, vega: band, theta: band }, ...change };
}

test('the curve does not connect over a gap, however short', () => {
  const broken = series([5000, 10_000, 18_000, 23_000], { gaps: [{ from: 10_000, to: 18_000, ...cause }] });
  assert.deepEqual(curveBreaks(broken), [false, true, false]);
  const lifted = chartRows(broken, 'delta').filter(({ last }) => last === null);
  assert.deepEqual(lifted.map(({ at }) => at), [14_000]);
});

test('the curve does not connect where buckets are missing and nobody told why', () => {
  assert.deepEqual(curveBreaks(series([5000, 10_000, 15_000, 60_000, 65_000])), [false, false, true, false]);
});

test('rows that are written once a minute are one curve', () => {
  assert.deepEqual(curveBreaks(series([60_000, 120_000, 180_000])), [false, false]);
});

test('an interval that was changed to a longer one leaves one curve', () => {
  const at = [...Array.from({ length: 40 }, (_, index) => index * 5000), ...Array.from({ length: 10 }, (_, index) => 195_000 + (index + 1) * 60_000)];
  assert.ok(curveBreaks(series(at)).every((breaks) => !breaks));
});

test('a row between two gaps is drawn as a dot', () => {
  const rows = chartRows(series([5000, 10_000, 15_000], { gaps: [{ from: 5000, to: 10_000, ...cause }, { from: 10_000, to: 15_000, ...cause }] }), 'delta');
  assert.deepEqual(rows.filter(({ last }) => last !== null).map(({ alone }) => alone), [true, true, true]);
});

test('a value that is not known is no point of the curve, and the one beside it stands alone', () => {
  const rows = chartRows(series([5000, 10_000, 15_000], {}, [1, null, 3]), 'delta');
  assert.deepEqual(rows.map(({ last, alone }) => [last, alone]), [[1, true], [null, false], [3, true]]);
});

test('an outage that still lasts is shaded up to now with its cause', () => {
  const open = shadedGaps(series([5000, 10_000, 15_000]), cause);
  assert.deepEqual(open, [{ from: 15_000, to: 900_000, ...cause }]);
  assert.deepEqual(shadedGaps(series([5000, 10_000]), null), []);
  assert.deepEqual(shadedGaps(series([890_000, 895_000]), cause), []);
});

test('the crosshair reads all four Greeks of a row, and the cause of a gap', () => {
  const gap = { from: 10_000, to: 40_000, ...cause };
  const told = series([5000, 10_000, 40_000], { gaps: [gap] }, [-1, 2.5, null]);
  const stops = crosshairStops(told, told.gaps);
  assert.deepEqual(stops.map(({ kind }) => kind), ['row', 'row', 'gap', 'row']);
  const read = (at: number): string => readStop(told, stops[nearestStop(stops, at, 0)] ?? assert.fail(), 'UTC').spoken;
  assert.equal(read(4000), '00:00:05, Delta −1.00, Gamma −1.000, Vega −1.00, Theta −1.00');
  assert.equal(read(25_000), '00:00:10 to 00:00:40. No rows for 30 s. The gateway closed the connection.');
  assert.equal(read(99_000), '00:00:40, Delta not known, Gamma not known, Vega not known, Theta not known');
});

test('the axis of a bridge that is younger than the range begins with its first row, at least two minutes ago', () => {
  assert.equal(trimYoung(series([600_000, 605_000])).from, 600_000);
  assert.equal(trimYoung(series([890_000, 895_000])).from, 780_000);
  assert.equal(trimYoung(series([100_000, 895_000])).from, 0);
  assert.equal(trimYoung(series([890_000], { gaps: [{ from: 10_000, to: 890_000, ...cause }] })).from, 0);
  assert.equal(trimYoung(series([])).from, 0);
});

test('a narrow gap can be hit within a few pixels', () => {
  const gap = { from: 10_000, to: 11_000, ...cause };
  const told = series([5000, 10_000, 11_000, 16_000], { gaps: [gap] });
  const stops = crosshairStops(told, told.gaps);
  assert.equal(stops[nearestStop(stops, 12_500, 2000)]?.kind, 'gap');
  assert.equal(stops[nearestStop(stops, 15_500, 2000)]?.kind, 'row');
});

test('curve and band lift their pen where nothing is known, and a lone row is a dot', () => {
  const rows = chartRows(series([0, 50, 100, 150, 200], {}, [0, 10, null, 5, null]), 'delta');
  const scale = { from: 0, to: 200, domain: [0, 10], size: { width: 10, height: 5 } } as const;
  assert.equal(curvePath(rows, scale), 'M0 50L25 0M75 25');
  assert.equal(bandPath(rows, scale), 'M0 50L25 0L25 0L0 50ZM75 25L75 25Z');
  assert.equal(dotsPath(rows, scale), 'M75 25h0');
});

test('the plot holds the whole range at one scale, and stands still from row to row', () => {
  const spans = Array.from({ length: 720 }, (_, row) => alignedSpan({ from: 1_768_332_900_000 + row * 5000, to: 1_768_336_500_000 + row * 5000 }));
  spans.forEach(({ from, to }, row) => assert.ok(from <= 1_768_332_900_000 + row * 5000 && to >= 1_768_336_500_000 + row * 5000));
  assert.equal(new Set(spans.map(({ from, to }) => to - from)).size, 1);
  assert.ok(spans.every(({ from, to }) => to - from < 3_600_000 * 1.03));
  assert.ok(new Set(spans.map(({ to }) => to)).size < 720 / 6);
});

test('the curve goes on from what is drawn while the rows that both have are the same, and is drawn anew otherwise', () => {
  const drawn = chartRows(series([5000, 10_000, 15_000, 20_000]), 'delta');
  const later = (at: readonly number[], first: number) => chartRows(series(at, {}, at.map((_, index) => first + index)), 'delta');
  assert.equal(goesOnFrom(drawn, later([5000, 10_000, 15_000, 20_000, 25_000], 0)), 3);
  assert.equal(goesOnFrom(drawn, later([10_000, 15_000, 20_000, 25_000, 30_000], 1)), 2, 'the oldest has left the range');
  assert.equal(goesOnFrom(drawn, later([5000, 10_000, 15_000, 20_000, 25_000], 1)), -1, 'other values');
  assert.equal(goesOnFrom(drawn, later([5000, 10_000, 15_500, 20_000, 25_000], 0)), -1, 'another instant');
  assert.equal(goesOnFrom(drawn, later([5000, 10_000, 15_000], 0)), -1, 'rows are missing');
  assert.equal(goesOnFrom(drawn, later([30_000, 35_000], 5)), -1, 'nothing in common');
  assert.equal(goesOnFrom(drawn, []), -1);
  assert.equal(goesOnFrom(drawn, later([5000, 10_000, 15_000, 20_000, 60_000], 0)), -1, 'a break in what follows');
  assert.equal(tipPoints(drawn.slice(2), { from: 0, to: 20_000, domain: [0, 4], size: { width: 10, height: 4 } }), '75,20 100,10');
});

test('in a low panel the newest value takes the place of both labels that it would lie on', () => {
  const told = series([5000, 10_000, 15_000], {}, [0, 10, 5]);
  const rows = chartRows(told, 'delta');
  const view = viewChart(told, rows, 'delta', { width: 400, height: 56 }, null, null) ?? assert.fail();
  const covered = coveredTicks({ series: told, rows, view }, 'delta');
  const near = view.values.ticks.filter((tick) => Math.abs(heightOf(tick, view) - heightOf(5, view)) < 15);
  assert.ok(near.length >= 2, `${view.values.ticks}`);
  assert.deepEqual(covered, near);
});
