import type { GreekName, HistoryGap, HistorySeries, Ms } from '../../preload/contract.ts';

/** One point of the curve as the chart draws it; a row of nulls lifts the pen. */
export interface ChartRow {
  readonly at: Ms;
  readonly last: number | null;
  /** Both or neither. */
  readonly low: number | null;
  readonly high: number | null;
  /** Neither neighbour is connected to it: drawn as a dot, or it would not be seen. */
  readonly alone: boolean;
}

/** A curve of seconds is drawn over at least this much, or its noise would fill the panel. */
const shortestSpanMs: Ms = 120_000;

/**
 * The series from its first row on, where the bridge is younger than the range: an hour's axis before the first minute
 * tells nothing. As it is where anything, also a gap, is known of the time before.
 */
export function trimYoung(series: HistorySeries): HistorySeries {
  const { at, from, to, gaps, resetWindows } = series;
  const first = at[0];
  if (first === undefined || first - from < (to - from) * 0.25 || gaps.some((gap) => gap.from < first)) return series;
  const start = Math.max(from, Math.min(first, to - shortestSpanMs));
  return { ...series, from: start, resetWindows: resetWindows.filter((window) => window.to > start) };
}

/**
 * The time that the plot shows: the series', rounded outwards to steps of about a hundredth, so that the axis stands still
 * while the curve grows into the last step. Its length changes only when the series' does, or the curve would be stretched.
 */
export function alignedSpan({ from, to }: Pick<HistorySeries, 'from' | 'to'>): { readonly from: Ms; readonly to: Ms } {
  const span = Math.max(1, to - from);
  const step = 2 ** Math.floor(Math.log2(span / 96));
  const end = Math.ceil(to / step) * step;
  return { from: end - (Math.ceil(span / step) + 1) * step, to: end };
}

const breaksOf = new WeakMap<HistorySeries, readonly boolean[]>();

/** For each row, whether the curve must not connect it to the next one: a gap lies between, or buckets are missing. */
export function curveBreaks(series: HistorySeries): readonly boolean[] {
  let breaks = breaksOf.get(series);
  if (breaks === undefined) {
    const { at, gaps } = series;
    const farthest = farthestNeighbour(series);
    const distance = (index: number): Ms => (at[index + 1] ?? NaN) - (at[index] ?? NaN);
    breaks = at.slice(0, -1).map((from, index) => {
      const to = at[index + 1] ?? from;
      // Rows may be written at another interval from some instant on: then the next ones are as far apart.
      const near = 2.5 * Math.max(distance(index - 1) || 0, distance(index + 1) || 0);
      return to - from > Math.max(farthest, near) || gaps.some((gap) => gap.from < to && gap.to > from);
    });
    breaksOf.set(series, breaks);
  }
  return breaks;
}

/**
 * Rows that are further apart than this have something missing between them.
 *
 * Twice a bucket, because the newest row of a bucket stands anywhere in it; and by the rows' own usual distance, because
 * rows may be written more rarely than the range has buckets. Shorter holes are among the recorded gaps.
 */
function farthestNeighbour({ at, bucketMs }: HistorySeries): Ms {
  const distances = Float64Array.from({ length: Math.max(0, at.length - 1) }, (_, index) => (at[index + 1] ?? 0) - (at[index] ?? 0)).sort();
  return 2 * Math.max(bucketMs, 1.25 * (distances[distances.length >> 1] ?? 0));
}

/** The rows of one Greek, with a lifted pen wherever the curve must not connect. */
export function chartRows(series: HistorySeries, greek: GreekName): ChartRow[] {
  const { low, high, last } = series.greeks[greek];
  const breaksAfter = curveBreaks(series);
  const rows: ChartRow[] = [];
  let startsAlone = true;
  series.at.forEach((at, index) => {
    const value = last[index] ?? null;
    const lowest = low[index] ?? null;
    const highest = high[index] ?? null;
    const breaks = breaksAfter[index] ?? true;
    const nextKnown = (last[index + 1] ?? null) !== null;
    rows.push({
      at,
      last: value,
      low: highest === null ? null : lowest,
      high: lowest === null ? null : highest,
      alone: value !== null && startsAlone && (breaks || !nextKnown),
    });
    if (breaks && index + 1 < series.at.length) rows.push({ at: (at + (series.at[index + 1] ?? at)) / 2, last: null, low: null, high: null, alone: false });
    startsAlone = breaks || value === null;
  });
  return rows;
}

/** Lowest and highest value of a range; null when nothing is known in it. */
export function extent(rows: readonly ChartRow[]): readonly [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  const include = (value: number | null): void => {
    if (value === null) return;
    if (value < low) low = value;
    if (value > high) high = value;
  };
  for (const row of rows) {
    include(row.last);
    include(row.low);
    include(row.high);
  }
  return low > high ? null : [low, high];
}

/** Why no rows come at the moment. */
export interface OpenGap {
  readonly code: string;
  readonly text: string;
}

/**
 * The gaps to shade: those that the bridge recorded, and the one that is still open at the end of the range.
 *
 * `open` tells why no rows come at the moment; a recorded gap ends with a row, so the present outage is not among them.
 */
export function shadedGaps(series: HistorySeries, open: OpenGap | null): readonly HistoryGap[] {
  const newest = series.at.at(-1);
  if (open === null || newest === undefined) return series.gaps;
  const covered = series.gaps.some((gap) => gap.to > newest);
  if (covered || series.to - newest <= farthestNeighbour(series)) return series.gaps;
  return [...series.gaps, { from: newest, to: series.to, ...open }];
}

/** Where the crosshair can stand: on a row, or in a gap. */
export type Stop = { readonly kind: 'row'; readonly at: Ms; readonly index: number } | { readonly kind: 'gap'; readonly at: Ms; readonly gap: HistoryGap };

/** Rows and gaps in the order of time, for the arrow keys. */
export function crosshairStops(series: HistorySeries, gaps: readonly HistoryGap[]): readonly Stop[] {
  const rows: Stop[] = series.at.map((at, index) => ({ kind: 'row', at, index }));
  const holes: Stop[] = gapsOf(series, gaps).map((gap) => ({ kind: 'gap', at: (Math.max(gap.from, series.from) + gap.to) / 2, gap }));
  return [...rows, ...holes].sort((one, other) => one.at - other.at);
}

function gapsOf({ from }: HistorySeries, gaps: readonly HistoryGap[]): readonly HistoryGap[] {
  return gaps.filter((gap) => gap.to > from);
}

/** Index of the stop nearest to an instant; a gap wins within `toleranceMs` of it, so that a narrow one can be hit. */
export function nearestStop(stops: readonly Stop[], at: Ms, toleranceMs: Ms): number {
  let best = -1;
  let bestDistance = Infinity;
  stops.forEach((stop, index) => {
    const inGap = stop.kind === 'gap' && at >= stop.gap.from - toleranceMs && at <= stop.gap.to + toleranceMs;
    const distance = inGap ? -1 : stop.kind === 'gap' ? Infinity : Math.abs(stop.at - at);
    if (distance < bestDistance) {
      best = index;
      bestDistance = distance;
    }
  });
  return best;
}
