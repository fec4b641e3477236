import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { measureCycle } from './cycle.ts';
import { measureDecoding } from './decoding.ts';
import { measureDrain } from './drain.ts';
import { fullEffort, type Effort, type Figure, type Part } from './figure.ts';
import { needlessMessages } from './first-row.ts';
import { parseProcessorTime, readUsage } from './process-usage.ts';
import { createReport, tabulate } from './report.ts';
import { median, quantile } from './statistics.ts';

const tiny: Effort = { ...fullEffort, rounds: 1, bookSizes: [60], cycles: 5, ticks: 400, rows: 700 };

/** Every number is one, and every verdict has a target. */
function assertShape({ title, figures }: Part): void {
  assert.ok(title.length > 0 && figures.length > 0);
  for (const { name, value, unit, floor, target, reached } of figures) {
    assert.ok(Number.isFinite(value) && value >= 0, `${title}: ${name} is ${value}`);
    assert.equal(typeof unit, 'string');
    assert.equal(reached === null, target === null, `${title}: ${name}`);
    if (floor !== null) assert.ok(floor.value > 0 && floor.ratio > 0, `${title}: the floor of ${name}`);
  }
}

test('each part that has a floor measures it in the same run, and every row and tick arrives', async () => {
  const parts = [await measureCycle(tiny), await measureDecoding(tiny), await measureDrain(tiny)];
  parts.forEach(assertShape);
  const judged = parts.flatMap(({ figures }) => figures.filter(({ target }) => target !== null));
  assert.equal(judged.length, 3);
  assert.ok(judged.every(({ floor }) => floor !== null));
});

test('the command prints a table and then JSON with the same figures', async () => {
  const command = ['test/bench/main.ts', '--quick', 'decoding'];
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: `${import.meta.dirname}/../..` });
  const start = stdout.indexOf('\n{');
  const report = JSON.parse(stdout.slice(start)) as { readonly parts: readonly Part[]; readonly machine: { readonly node: string } };
  assert.equal(report.machine.node, process.version);
  assert.deepEqual(report.parts.map(({ title }) => title), ['Socket to state']);
  report.parts.forEach(assertShape);
  assert.match(stdout.slice(0, start), /^Socket to state\nfigure .* floor of the same run/m);
});

test('a missed target is called so in the table', () => {
  const slow: Figure = { name: 'rate', value: 12_345.6, unit: 'rows/s', floor: { name: 'COPY', value: 0.25, ratio: 0.5 }, target: 'at least 70 %', reached: false, note: '' };
  const text = tabulate(createReport(tiny, [{ title: 'Drain', figures: [slow, { ...slow, target: null, reached: null, floor: null }], remarks: ['a remark'] }]));
  assert.match(text, /rate +12,346 rows\/s +0\.25 rows\/s \(COPY\) +0\.50 +at least 70 % +MISSED\n/);
  assert.match(text, /rate +12,346 rows\/s\n {2}a remark/);
});

test('messages to the gateway that nobody needs are named', () => {
  const contract = { conId: 1, symbol: '', secType: '', expiry: '', strike: 0, right: '', multiplier: '', exchange: '', primaryExchange: '', currency: '', localSymbol: '', tradingClass: '' };
  const marketData = { type: 'market-data', reqId: 1, contract, genericTickList: '', snapshot: false } as const;
  const needed = [{ type: 'start-api', clientId: 10 }, { type: 'positions' }, marketData, { ...marketData, reqId: 2, contract: { ...contract, conId: 2 } }] as const;
  assert.deepEqual(needlessMessages(needed), []);
  assert.deepEqual(needlessMessages([...needed, { type: 'positions' }, { ...marketData, reqId: 3 }, { type: 'pnl', reqId: 4, account: '' }]), ['positions', 'market-data of 1', 'pnl']);
});

test('quantiles by the nearest rank; the median of an even number lies between', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.deepEqual([quantile(hundred, 0.5), quantile(hundred, 0.99), quantile(hundred, 1), quantile([7], 0.99)], [50, 99, 100, 7]);
  assert.deepEqual([median(hundred), median([3, 1, 2]), median([])], [50.5, 2, NaN]);
});

test('memory and processor time of this process are read as the system tells them', () => {
  const before = readUsage(process.pid);
  const own = process.memoryUsage.rss();
  assert.ok(before.residentBytes > own * 0.5 && before.residentBytes < own * 2, `${before.residentBytes} of ${own} bytes`);
  assert.ok(before.processorMs > 0);
  assert.deepEqual(['1:02.34', '00:01:02', '2-01:00:00'].map(parseProcessorTime), [62_340, 62_000, 176_400_000]);
});
