import { memo } from 'react';
import { Area, CartesianGrid, ComposedChart, Curve, Line, type CurveProps, ReferenceArea, ReferenceLine, XAxis, YAxis } from 'recharts';
import type { HistoryGap, Ms } from '../../preload/contract.ts';
import type { Size } from '../parts/use-size.ts';
import type { TimeTicks, ValueAxis } from './axis-ticks.ts';
import type { ChartRow } from './chart-rows.ts';

/** Where the curve is inside the drawing; the crosshair stands on the same figures. */
export const plotMargin = { top: 8, left: 4, bottom: 24 } as const;
/** A gap of a few seconds in a range of days is still seen. */
const narrowestBandPx = 2;

interface HistoryChartProps {
  readonly size: Size;
  readonly axisWidth: number;
  readonly from: Ms;
  readonly to: Ms;
  readonly rows: readonly ChartRow[];
  /** Whether lowest and highest values of a bucket are worth drawing. */
  readonly banded: boolean;
  readonly times: TimeTicks;
  readonly values: ValueAxis;
  readonly gaps: readonly HistoryGap[];
  readonly resetWindows: readonly { readonly from: Ms; readonly to: Ms }[];
}

/** The curve with its band of minima and maxima; drawn again only when its rows change, never for the crosshair. */
export const HistoryChart = memo(function HistoryChart({ size, axisWidth, from, to, rows, banded, times, values, gaps, resetWindows }: HistoryChartProps) {
  const narrowest = ((to - from) / Math.max(1, size.width)) * narrowestBandPx;
  return (
    <ComposedChart
      width={size.width}
      height={size.height}
      data={rows as ChartRow[]}
      margin={{ ...plotMargin, bottom: 0, right: 0 }}
      accessibilityLayer={false}
      tabIndex={-1}
    >
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
      {banded && <Area dataKey="band" type="linear" className="band" stroke="none" isAnimationActive={false} connectNulls={false} activeDot={false} dot={false} />}
      <Line dataKey="last" type="linear" className="curve" isAnimationActive={false} connectNulls={false} activeDot={false} shape={PlainCurve} dot={rows.some(({ alone }) => alone) ? LoneDot : false} />
    </ComposedChart>
  );
});

function bandOf(band: { readonly from: Ms; readonly to: Ms }, from: Ms, to: Ms, narrowest: Ms): { x1: Ms; x2: Ms } {
  const middle = (band.from + band.to) / 2;
  const half = Math.max(band.to - band.from, narrowest) / 2;
  return { x1: Math.max(from, middle - half), x2: Math.min(to, middle + half) };
}

/** The usual shape measures the length of its path at each drawing, for an animation that is off here; that costs more than the drawing. */
function PlainCurve({ points, className }: Pick<CurveProps, 'points' | 'className'>) {
  return <Curve {...(points === undefined ? {} : { points })} {...(className === undefined ? {} : { className })} type="linear" connectNulls={false} fill="none" />;
}

function LoneDot({ cx, cy, payload, index }: { readonly cx?: number; readonly cy?: number; readonly payload?: ChartRow; readonly index?: number }) {
  if (payload?.alone !== true || cx === undefined || cy === undefined) return <g key={index} />;
  return <circle key={index} cx={cx} cy={cy} r={1.5} className="lone-dot" />;
}
