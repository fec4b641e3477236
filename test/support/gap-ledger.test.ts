import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepLedger } from './gap-ledger.ts';

const at = (seconds: number): number => Date.UTC(2026, 2, 4, 20) + seconds * 1_000;
const iso = (seconds: number): string => new Date(at(seconds)).toISOString();
const started = { at: at(0), message: 'started in SOCKET mode, 127.0.0.1:4001' };
const gap = (from: number, to: number): { at: number; message: string } => ({ at: at(to), message: `gap of some time in portfolio_greeks, from ${iso(from)} to ${iso(to)}: a cause` });

test('rows on the grid need no explanation', () => {
  assert.deepEqual(keepLedger({ rows: [at(2), at(7), at(12)], logs: [started] }, 5_000).unexplained, []);
});

test('a hole needs a gap row that covers all of it', () => {
  const rows = [at(2), at(7), at(60)];
  const holes = (logs: readonly { at: number; message: string }[]) => keepLedger({ rows, logs: [started, ...logs] }, 5_000).unexplained;
  assert.deepEqual(holes([]), [{ from: at(14.5), to: at(60) }]);
  assert.deepEqual(holes([gap(7, 60)]), []);
  assert.deepEqual(holes([gap(7, 40)]), [{ from: at(40), to: at(60) }]);
  assert.deepEqual(holes([gap(30, 60)]), [{ from: at(14.5), to: at(30) }]);
  assert.deepEqual(holes([{ ...gap(7, 60), message: `gap of 53 s in portfolio_greeks, from ${iso(7)} to ${iso(60)}: ` }]).length, 1, 'without a cause it explains nothing');
});

test('the time from the start to the first row and from the newest row to the end counts as well', () => {
  assert.deepEqual(keepLedger({ rows: [at(20)], logs: [started] }, 5_000).unexplained, [{ from: at(7.5), to: at(20) }]);
  assert.deepEqual(keepLedger({ rows: [at(2)], logs: [started] }, 5_000, at(30)).unexplained, [{ from: at(9.5), to: at(30) }]);
  assert.deepEqual(keepLedger({ rows: [], logs: [started, { at: at(30), message: 'stopped' }] }, 5_000).unexplained, [{ from: at(7.5), to: at(30) }]);
});
