import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { historyPath, openHistory, type History, type HistorySample } from '../../../main/engine/delivery/history.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { OutboxFolder } from './delivery-stand.ts';

const DAY = 24 * 3_600_000;

function sample(timestamp: number, delta: number | null): HistorySample {
  return { timestamp, delta, gamma: 1, vega: null, theta: -2.5, underlyingPrice: 5_000 };
}

function open(folder: OutboxFolder, clock = new ManualClock()): { history: History; clock: ManualClock; path: string } {
  const path = historyPath(folder.path);
  return { history: openHistory(path, clock), clock, path };
}

test('recent samples come back one by one, with what was not known as null', () => {
  using folder = new OutboxFolder();
  const { history, clock } = open(folder);
  const start = clock.now() - 60_000;
  [3, null, 5].forEach((delta, index) => history.appendSample(sample(start + index * 5_000, delta)));
  const { at, bands, bucketMs } = history.series(start, start + 60_000, 600);
  assert.equal(bucketMs, 100);
  assert.deepEqual(at, [start, start + 5_000, start + 10_000]);
  assert.deepEqual(bands.delta, { low: [3, null, 5], high: [3, null, 5], last: [3, null, 5] });
  assert.deepEqual(bands.vega.last, [null, null, null]);
  history.close();
});

test('a long range keeps the lowest and the highest value of every bucket and its newest one, also from minutes', async () => {
  using folder = new OutboxFolder();
  const { history, clock } = open(folder);
  const start = Math.floor(clock.now() / 3_600_000) * 3_600_000;
  const samples: HistorySample[] = [];
  for (let index = 0; index < 2_000; index += 1) samples.push(sample(start + index * 5_000, Math.sin(index) * 100));
  samples[700] = sample(start + 700 * 5_000, 9_999);
  samples[900] = sample(start + 900 * 5_000, -9_999);
  for (const next of samples) history.appendSample(next);
  await clock.advance(3 * DAY);
  const { at, bands, bucketMs } = history.series(start - DAY, start + 20 * DAY, 600);
  assert.equal(bucketMs % 60_000, 0);
  for (const [index, newest] of at.entries()) {
    const bucket = Math.floor(newest / bucketMs);
    const inside = samples.filter(({ timestamp }) => Math.floor(timestamp / bucketMs) === bucket).map(({ delta }) => delta ?? 0);
    assert.equal(bands.delta.low[index], Math.min(...inside));
    assert.equal(bands.delta.high[index], Math.max(...inside));
    assert.equal(bands.delta.last[index], inside.at(-1));
  }
  assert.ok(bands.delta.high.includes(9_999) && bands.delta.low.includes(-9_999));
  history.close();
});

test('a range that cuts a bucket at its ends has only the rows within it', () => {
  using folder = new OutboxFolder();
  const { history, clock } = open(folder);
  const start = Math.floor(clock.now() / 12_000) * 12_000 - 60_000;
  for (let index = 0; index < 10; index += 1) history.appendSample(sample(start + index * 1_000, index));
  const { at, bands, bucketMs } = history.series(start + 5_000, start + 9_000, 1);
  assert.equal(bucketMs, 4_000);
  assert.equal(at.at(-1), start + 8_000, 'before its end');
  assert.deepEqual([Math.min(...bands.delta.low.map(Number)), Math.max(...bands.delta.high.map(Number))], [5, 8]);
  history.close();
});

test('samples older than a day are kept as minutes, minutes for ninety days', async () => {
  using folder = new OutboxFolder();
  const { history, clock } = open(folder);
  const start = clock.now();
  history.appendSample(sample(start, 1));
  await clock.advance(27 * 3_600_000);
  history.appendSample(sample(clock.now(), 2));
  assert.equal(history.countSince(start), 1);
  assert.equal(history.series(start - 60_000, clock.now() + 1, 600).at.length, 2);
  await clock.advance(90 * DAY);
  history.appendSample(sample(clock.now(), 3));
  assert.equal(history.series(start - 60_000, clock.now() + 1, 600).bands.delta.last.at(0), 2);
  history.close();
});

test('gaps and reset windows are found where they reach into the range', () => {
  using folder = new OutboxFolder();
  const { history } = open(folder);
  history.appendGap({ from: 100, to: 200, code: 'gateway-closed', text: 'the gateway closed the connection' });
  history.appendGap({ from: 300, to: 400, code: 'reset-window', text: 'nightly reset' });
  assert.deepEqual(history.gaps(150, 160), [{ from: 100, to: 200, code: 'gateway-closed', text: 'the gateway closed the connection', kind: 'gap' }]);
  assert.deepEqual(history.gaps(200, 500), []);
  assert.equal(history.gaps(200, 500, 'reset-window').length, 1);
  history.close();
});

test('the log feed pages backwards, filters by status and searches for text as it is written', () => {
  using folder = new OutboxFolder();
  const { history } = open(folder);
  for (let n = 1; n <= 10; n += 1) history.appendLog({ timestamp: n, status: n % 2 === 0 ? 'warning' : 'info', message: n === 7 ? '100 % Done_' : `row ${n}` });
  const [newest, next] = history.logs({ limit: 2 });
  assert.deepEqual([newest?.at, next?.at], [10, 9]);
  assert.deepEqual(history.logs({ limit: 2, before: next?.id ?? 0 }).map(({ at }) => at), [8, 7]);
  assert.deepEqual(history.logs({ limit: 2, statuses: ['warning'] }).map(({ at }) => at), [10, 8]);
  assert.deepEqual(history.logs({ limit: 9, search: '% done_' }).map(({ at }) => at), [7]);
  history.close();
});

test('a damaged history is moved aside and begun anew; nothing throws', () => {
  using folder = new OutboxFolder();
  const path = historyPath(folder.path);
  writeFileSync(path, 'this is no database, and long enough to be taken for one'.repeat(100));
  const { history, clock } = open(folder);
  history.appendSample(sample(clock.now(), 1));
  assert.equal(history.countSince(0), 1);
  assert.ok(readdirSync(folder.folder).some((name) => name.includes('history.sqlite.corrupt-')));
  history.close();
  history.appendSample(sample(clock.now(), 2));
  assert.deepEqual(history.series(0, clock.now() + 1).at, []);
});

test('a history that cannot be written lives in memory', () => {
  const clock = new ManualClock();
  const history = openHistory('/dev/null/history.sqlite', clock);
  history.appendSample(sample(clock.now(), 1));
  assert.equal(history.countSince(0), 1);
  history.close();
});
