import type { GreekName, HistoryGap, HistorySeries, Ms } from '../../preload/contract.ts';
import type { Size } from '../parts/use-size.ts';
import { greekDigits, signed } from '../words/numbers.ts';
import { steadyExtent, valueAxis, valueLabel, type Extent, type ValueAxis } from './axis-ticks.ts';
import { alignedSpan, extent, shadedGaps, type ChartRow, type OpenGap } from './chart-rows.ts';

/** Where the curve is inside the drawing; the crosshair stands on the same figures. */
export const plotMargin = { top: 8, left: 4, bottom: 24 } as const;

export interface Plot extends Size {
  readonly left: number;
  readonly top: number;
}

/** Everything of the drawing but the curve itself; plain data, of which most rows change nothing. */
export interface ChartView {
  /** Greek and range: what is steady is so within one of them. */
  readonly subject: string;
  /** The time that the plot shows. */
  readonly from: Ms;
  readonly to: Ms;
  /** What the axis of the values is made for. */
  readonly extent: Extent;
  readonly values: ValueAxis;
  /** Length of the longest label so far: an axis that followed each newest value would move the whole drawing. */
  readonly longestLabel: number;
  readonly size: Size;
  readonly plot: Plot;
  readonly axisWidth: number;
  readonly gaps: readonly HistoryGap[];
  readonly resetWindows: HistorySeries['resetWindows'];
  /** Length of the buckets whose lowest and highest values are worth drawing; null where they are as thin as the line. */
  readonly bandMs: Ms | null;
}

/** A history as it is drawn. */
export interface Drawn {
  readonly series: HistorySeries;
  readonly rows: readonly ChartRow[];
  /** Null where no value is known. */
  readonly view: ChartView | null;
}

/**
 * The drawing of `rows`, which are `series`' of one Greek.
 *
 * @param open why no rows come at the moment, null while they do.
 * @param previous the drawing before: what it can hold of the new rows stays as it was.
 */
export function viewChart(series: HistorySeries, rows: readonly ChartRow[], greek: GreekName, size: Size, open: OpenGap | null, previous: ChartView | null): ChartView | null {
  const subject = `${greek} ${series.range}`;
  const before = previous?.subject === subject ? previous : null;
  const wanted = extent(rows);
  if (wanted === null) return null;
  const steady = steadyExtent(before?.extent ?? null, wanted);
  const values = valueAxis(steady, Math.max(2, Math.floor((size.height - plotMargin.bottom) / 40)));
  const newest = signed(series.greeks[greek].last.at(-1) ?? null, greekDigits[greek]);
  const longestLabel = Math.max(before?.longestLabel ?? 0, newest.length, ...values.ticks.map((tick) => valueLabel(values, tick).length));
  const axisWidth = 20 + 6.5 * longestLabel;
  return {
    subject,
    ...alignedSpan(series),
    extent: steady,
    values,
    longestLabel,
    size,
    plot: { left: plotMargin.left, top: plotMargin.top, width: Math.max(0, size.width - plotMargin.left - axisWidth), height: Math.max(0, size.height - plotMargin.top - plotMargin.bottom) },
    axisWidth,
    gaps: shadedGaps(series, open),
    resetWindows: series.resetWindows,
    bandMs: bandOf(series),
  };
}

/** In the short ranges a bucket holds one row or two: their band would be as thin as the line. */
export function bandOf({ bucketMs, at }: HistorySeries): Ms | null {
  return bucketMs > 15_000 && at.length > 0 ? bucketMs : null;
}

/** Pixels from the upper edge of the plot. */
export function heightOf(value: number, { values: { domain }, plot }: ChartView): number {
  return plot.height * (1 - (value - domain[0]) / (domain[1] - domain[0]));
}

/** Half the height of the newest value's label and of one beside it. */
const labelReachPx = 15;

/** The ticks whose labels the newest value's covers, or half of them would be seen above or below. */
export function coveredTicks({ series, view }: Drawn, greek: GreekName): readonly number[] {
  const newest = series.greeks[greek].last.at(-1) ?? null;
  if (newest === null || view === null) return [];
  const y = heightOf(newest, view);
  return view.values.ticks.filter((tick) => Math.abs(heightOf(tick, view) - y) < labelReachPx);
}
