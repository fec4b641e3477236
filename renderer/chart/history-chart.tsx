import { memo, useMemo } from 'react';
import { CartesianGrid, ComposedChart, ReferenceArea, ReferenceLine, XAxis, YAxis } from 'recharts';
import type { HistoryGap, Ms } from '../../preload/contract.ts';
import type { Size } from '../parts/use-size.ts';
import type { TimeTicks, ValueAxis } from './axis-ticks.ts';
import type { ChartRow } from './chart-rows.ts';
import { bandPath, curvePath, loneDots, type PlotScale } from './curve-path.ts';

/** Where the curve is inside the drawing; the crosshair stands on the same figures. */
export const plotMargin = { top: 8, left: 4, bottom: 24 } as const;
/** A gap of a few seconds in a range of days is still seen. */
const narrowestBandPx = 2;

export interface Plot extends Size {
  readonly left: number;
  readonly top: number;
}

/** The part of a drawing that the curve has. */
export function plotOf(size: Size, axisWidth: number): Plot {
  return { left: plotMargin.left, top: plotMargin.top, width: size.width - plotMargin.left - axisWidth, height: size.height - plotMargin.top - plotMargin.bottom };
}

interface ChartFrameProps {
  readonly size: Size;
  readonly axisWidth: number;
  readonly from: Ms;
  readonly to: Ms;
  readonly times: TimeTicks;
  readonly values: ValueAxis;
  readonly gaps: readonly HistoryGap[];
  readonly resetWindows: readonly { readonly from: Ms; readonly to: Ms }[];
}

/** What stands still while rows come: axes, grid, gaps and reset windows; drawn again when the time axis moves on by a step. */
export const ChartFrame = memo(function ChartFrame({ size, axisWidth, from, to, times, values, gaps, resetWindows }: ChartFrameProps) {
  const narrowest = ((to - from) / Math.max(1, size.width)) * narrowestBandPx;
  // Without data Recharts draws no time axis.
  const ends = useMemo(() => [{ at: from }, { at: to }], [from, to]);
  return (
    <ComposedChart width={size.width} height={size.height} data={ends} margin={{ ...plotMargin, bottom: 0, right: 0 }} accessibilityLayer={false} tabIndex={-1}>
      {resetWindows.map((window) => (
        <ReferenceArea key={`reset-${window.from}`} {...bandOf(window, from, to, narrowest)} className="reset-band" ifOverflow="hidden" zIndex={-20} />
      ))}
      {gaps.map((gap) => (
        <ReferenceArea key={`gap-${gap.from}`} {...bandOf(gap, from, to, narrowest)} className="gap-band" ifOverflow="hidden" zIndex={-10} />
      ))}
      <CartesianGrid vertical={false} syncWithTicks className="grid" />
      <XAxis
        dataKey="at"
        type="number"
        scale="linear"
        domain={[from, to]}
        allowDataOverflow
        ticks={times.ticks as number[]}
        tickFormatter={times.label}
        interval={0}
        tickLine={false}
        tickSize={0}
        axisLine={false}
        height={plotMargin.bottom}
        tickMargin={12}
      />
      <YAxis
        orientation="right"
        type="number"
        domain={values.domain as [number, number]}
        allowDataOverflow
        ticks={values.ticks as number[]}
        tickFormatter={values.label}
        interval={0}
        tickLine={false}
        tickSize={0}
        axisLine={false}
        width={axisWidth}
        tickMargin={8}
      />
      {values.domain[0] < 0 && values.domain[1] > 0 && <ReferenceLine y={0} className="zero-line" />}
    </ComposedChart>
  );
});

function bandOf(band: { readonly from: Ms; readonly to: Ms }, from: Ms, to: Ms, narrowest: Ms): { x1: Ms; x2: Ms } {
  const middle = (band.from + band.to) / 2;
  const half = Math.max(band.to - band.from, narrowest) / 2;
  return { x1: Math.max(from, middle - half), x2: Math.min(to, middle + half) };
}

interface CurveProps {
  readonly plot: Plot;
  readonly from: Ms;
  readonly to: Ms;
  readonly domain: readonly [number, number];
  readonly rows: readonly ChartRow[];
  /** Whether lowest and highest values of a bucket are worth drawing. */
  readonly banded: boolean;
}

/**
 * The curve with its band of minima and maxima, over the frame.
 *
 * Not Recharts' own lines: those build and compare an object for each point and keep the whole chart's state by it, which
 * costs 600 points each 5 s some 15 ms; these are two paths.
 */
export const Curve = memo(function Curve({ plot, from, to, domain, rows, banded }: CurveProps) {
  const scale = useMemo<PlotScale>(() => ({ from, to, domain, size: plot }), [from, to, domain, plot]);
  return (
    <svg className="curve-layer" style={plot} width={plot.width} height={plot.height}>
      {banded && <path className="band" d={bandPath(rows, scale)} />}
      <path className="curve" d={curvePath(rows, scale)} />
      {loneDots(rows, scale).map(({ at, x, y }) => (
        <circle key={at} className="lone-dot" cx={x} cy={y} r={1.5} />
      ))}
    </svg>
  );
});
