import { memo, useLayoutEffect, useRef } from 'react';
import { CartesianGrid, ComposedChart, ReferenceLine, YAxis } from 'recharts';
import type { GreekName, Ms } from '../../preload/contract.ts';
import { useSelection } from '../live/live-context.tsx';
import type { Reading } from '../live/store.ts';
import { attributeWriter, textWriter } from '../live/written-text.tsx';
import type { Size } from '../parts/use-size.ts';
import { greekDigits, signed } from '../words/numbers.ts';
import { timeTicks, valueLabel, type ValueAxis } from './axis-ticks.ts';
import type { ChartRow } from './chart-rows.ts';
import { coveredTicks, heightOf, plotMargin, type ChartView, type Drawn } from './chart-view.ts';
import { bandPath, curvePath, dotsPath, goesOnFrom, tipPoints, unitsPerPx } from './curve-path.ts';

/** A gap of a few seconds in a range of days is still seen. */
const narrowestBandPx = 2;

interface DrawingProps {
  readonly drawn: Reading<Drawn | null>;
  readonly view: ChartView;
  readonly greek: GreekName;
}

/** A step of the time axis would cost Recharts 8 to 17 ms, so its labels are ours, here and in {@link AxisLayer}. */
function noLabel(): null {
  return null;
}

/** What depends on the values' axis alone, and stands still while the curve keeps within it. */
export const ChartFrame = memo(function ChartFrame({ size, axisWidth, values }: { readonly size: Size; readonly axisWidth: number; readonly values: ValueAxis }) {
  return (
    <ComposedChart width={size.width} height={size.height} margin={{ ...plotMargin, right: 0 }} accessibilityLayer={false} tabIndex={-1}>
      <CartesianGrid vertical={false} syncWithTicks className="grid" />
      <YAxis
        orientation="right"
        type="number"
        domain={values.domain as [number, number]}
        allowDataOverflow
        ticks={values.ticks as number[]}
        tick={noLabel}
        interval={0}
        tickLine={false}
        tickSize={0}
        axisLine={false}
        width={axisWidth}
      />
      {values.domain[0] < 0 && values.domain[1] > 0 && <ReferenceLine y={0} className="zero-line" />}
    </ComposedChart>
  );
});

/** Gaps, reset windows and the labels of both axes; drawn again when the time axis moves on by a step. */
export const AxisLayer = memo(function AxisLayer({ drawn, view, greek, newestShown, timeZone }: DrawingProps & {
  /** Whether the newest value stands on the axis, where it takes a label's place. */
  readonly newestShown: boolean;
  readonly timeZone: string;
}) {
  const { size, plot, from, to, values, gaps, resetWindows } = view;
  const covered = useSelection(drawn, (now) => (now === null ? [] : coveredTicks(now, greek)));
  // A label centred at the very left would be cut.
  const edge = ((to - from) / Math.max(1, size.width)) * 24;
  const times = timeTicks(from + edge, to, Math.max(2, Math.floor(size.width / 84)), timeZone);
  const x = (at: Ms): number => ((at - from) / (to - from)) * plot.width;
  const span = (band: { readonly from: Ms; readonly to: Ms }): { x: number; width: number } => {
    const middle = x((band.from + band.to) / 2);
    const half = Math.max(x(band.to) - x(band.from), narrowestBandPx) / 2;
    const left = Math.max(0, middle - half);
    return { x: left, width: Math.max(0, Math.min(plot.width, middle + half) - left) };
  };
  return (
    <svg className="axis-layer" width={size.width} height={size.height}>
      <g transform={`translate(${plot.left} ${plot.top})`}>
        {resetWindows.map((window) => (
          <rect key={`reset-${window.from}`} className="reset-band" {...span(window)} height={plot.height} />
        ))}
        {gaps.map((gap) => (
          <rect key={`gap-${gap.from}`} className="gap-band" {...span(gap)} height={plot.height} />
        ))}
        {times.ticks.map((at) => (
          <text key={at} className="axis-label time-label" x={x(at)} y={plot.height + 20}>
            {times.label(at)}
          </text>
        ))}
        {values.ticks.map(
          (tick) =>
            !(newestShown && covered.includes(tick)) && (
              <text key={tick} className="axis-label" x={plot.width + 8} y={heightOf(tick, view) + 4}>
                {valueLabel(values, tick)}
              </text>
            ),
        )}
      </g>
    </svg>
  );
});

/**
 * The curve with its band of minima and maxima, written with each row: only its tip, until the axis moves on by a step.
 *
 * Not Recharts' own lines: those build and compare an object for each point and keep the whole chart's state by it, which
 * costs 600 points each 5 s some 15 ms; these are paths.
 */
export const Curve = memo(function Curve({ drawn, view: { plot } }: DrawingProps) {
  const band = useRef<SVGPathElement>(null);
  const curve = useRef<SVGPathElement>(null);
  const tip = useRef<SVGPolylineElement>(null);
  const dots = useRef<SVGPathElement>(null);
  useLayoutEffect(() => {
    const writeBand = attributeWriter(band.current, 'd');
    const writeCurve = attributeWriter(curve.current, 'd');
    const writeTip = attributeWriter(tip.current, 'points');
    const writeDots = attributeWriter(dots.current, 'd');
    let settled: { readonly view: ChartView; readonly rows: readonly ChartRow[] } | null = null;
    const draw = (): void => {
      const now = drawn.get();
      if (now === null || now.view === null) return;
      const { rows, view } = now;
      const scale = { from: view.from, to: view.to, domain: view.values.domain, size: view.plot };
      writeBand(view.bandMs === null ? '' : bandPath(rows, scale));
      let from = settled?.view === view ? goesOnFrom(settled.rows, rows) : -1;
      if (settled === null || from === -1) {
        // The newest bucket is not full: its row may still be another one.
        settled = { view, rows: rows.slice(0, -1) };
        writeCurve(curvePath(settled.rows, scale));
        from = Math.max(0, rows.length - 2);
      }
      writeTip(tipPoints(rows.slice(from), scale));
      writeDots(dotsPath(rows, scale));
    };
    draw();
    return drawn.subscribe(draw);
  }, [drawn]);
  return (
    <svg className="curve-layer" style={plot} viewBox={`0 0 ${plot.width * unitsPerPx} ${plot.height * unitsPerPx}`}>
      <path className="band" vectorEffect="non-scaling-stroke" ref={band} />
      <path className="curve" vectorEffect="non-scaling-stroke" ref={curve} />
      <polyline className="curve-tip" vectorEffect="non-scaling-stroke" ref={tip} />
      <path className="lone-dots" vectorEffect="non-scaling-stroke" ref={dots} />
    </svg>
  );
});

/** The newest value on the axis, as wide as the axis' own labels; a trader looks for it there first. */
export const NewestValue = memo(function NewestValue({ drawn, view: { plot, axisWidth }, greek }: DrawingProps) {
  const label = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const element = label.current;
    if (element === null) return;
    const write = textWriter(element);
    const place = (): void => {
      const now = drawn.get();
      const value = now?.series.greeks[greek].last.at(-1) ?? null;
      element.hidden = value === null;
      if (now === null || now.view === null || value === null) return;
      write(signed(value, greekDigits[greek]));
      // Whole pixels: most rows move it by less.
      element.style.top = `${now.view.plot.top + Math.round(heightOf(value, now.view))}px`;
    };
    place();
    return drawn.subscribe(place);
  }, [drawn, greek]);
  return <span className="newest" aria-hidden="true" ref={label} style={{ left: plot.left + plot.width, width: axisWidth - 8 }} />;
});
