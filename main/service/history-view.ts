import type { HistoryRange, HistorySeries } from '../../preload/contract.ts';
import type { Ms } from '../engine/clock.ts';
import type { History } from '../engine/delivery/history.ts';
import type { ResetWindow } from '../engine/supervision/reset-window.ts';
import { windowsBetween } from './overview.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

export const rangeMs: Readonly<Record<HistoryRange, Ms>> = {
  '15m': 15 * minuteMs,
  '1h': hourMs,
  '6h': 6 * hourMs,
  '1d': 24 * hourMs,
  '7d': 7 * 24 * hourMs,
  '30d': 30 * 24 * hourMs,
};

/** One bucket less than the contract's 600: buckets lie on whole multiples of their width, so that the range can cut one at each end. */
const maxBuckets = 599;

/** The local history of one range that ends `now`, with its gaps and reset windows. */
export function readHistory(history: History, range: HistoryRange, now: Ms, windows: readonly ResetWindow[]): HistorySeries {
  const from = now - rangeMs[range];
  const { bucketMs, at, bands } = history.series(from, now, maxBuckets);
  const { delta, gamma, vega, theta } = bands;
  // A lost connection inside a reset window is recorded as one of its own kind; in the curve it is a gap all the same.
  const gaps = [...history.gaps(from, now, 'gap'), ...history.gaps(from, now, 'reset-window')].sort((one, other) => one.from - other.from);
  return {
    range,
    from,
    to: now,
    bucketMs,
    at,
    greeks: { delta, gamma, vega, theta },
    gaps: gaps.map((gap) => ({ from: gap.from, to: gap.to, code: gap.code, text: gap.text })),
    resetWindows: windowsBetween(windows, from, now).map(({ start, end }) => ({ from: start, to: Math.min(end, now) })),
  };
}
