import { memo, useMemo, useRef } from 'react';
import { historyRanges, type GreekName, type HistoryRange, type HistorySeries } from '../../preload/contract.ts';
import { useConnectionView } from '../header/header.tsx';
import { keepEqualParts } from '../live/keep-equal-parts.ts';
import { useHost, useLink, useOverview } from '../live/live-context.tsx';
import { Segmented } from '../parts/segmented.tsx';
import { useSize, type Size } from '../parts/use-size.ts';
import { greekWords } from '../words/greek-words.ts';
import { greekDigits, signed } from '../words/numbers.ts';
import { duration } from '../words/times.ts';
import { steadyExtent, timeTicks, valueAxis, type Extent, type ValueAxis } from './axis-ticks.ts';
import { alignedSpan, chartRows, extent, shadedGaps, type ChartRow } from './chart-rows.ts';
import { Crosshair } from './crosshair.tsx';
import { ChartFrame, Curve, plotMargin, plotOf, type Plot } from './history-chart.tsx';
import { everyRow, useHistory } from './use-history.ts';

const rangeWords: Readonly<Record<HistoryRange, readonly [string, string]>> = {
  '15m': ['15 m', 'the last 15 minutes'],
  '1h': ['1 h', 'the last hour'],
  '6h': ['6 h', 'the last 6 hours'],
  '1d': ['1 d', 'the last day'],
  '7d': ['7 d', 'the last 7 days'],
  '30d': ['30 d', 'the last 30 days'],
};

/** The curve of the chosen Greek over the chosen range. */
export const ChartPanel = memo(function ChartPanel({ greek, range, onRange }: {
  readonly greek: GreekName;
  readonly range: HistoryRange;
  readonly onRange: (range: HistoryRange) => void;
}) {
  const [box, size] = useSize<HTMLDivElement>();
  const history = useHistory(range, everyRow);
  const words = greekWords[greek];
  const { series, problem } = history;
  return (
    <section className="panel chart-panel" aria-label={`History of net ${greek}`}>
      <div className="panel-head">
        <h2>
          Net {greek} <span className="unit">{words.unit}</span>
        </h2>
        <Legend series={series} />
        <Segmented label="Range" value={range} onChange={onRange} options={historyRanges.map((each) => ({ value: each, label: rangeWords[each][0] }))} />
      </div>
      <div className="chart-box" ref={box}>
        {series !== null && size !== null && <Drawing series={series} greek={greek} size={size} />}
        {series === null && problem === null && <p className="chart-note">Reading the history</p>}
        {problem !== null && (
          <div className={series === null ? 'chart-note' : 'chart-note chart-note-corner'} role="alert">
            <p>The history could not be read. {problem}</p>
            <button type="button" className="button small" onClick={history.retry}>
              Try again
            </button>
          </div>
        )}
      </div>
    </section>
  );
});

/** In the short ranges a bucket holds one row or two: their band would be as thin as the line. */
function isBanded({ bucketMs, at }: HistorySeries): boolean {
  return bucketMs > 15_000 && at.length > 0;
}

/** Only what is to be seen in this range. */
function Legend({ series }: { readonly series: HistorySeries | null }) {
  if (series === null) return null;
  return (
    <ul className="legend" aria-label="Legend">
      {isBanded(series) && <li className="legend-band">low to high of {duration(series.bucketMs)}</li>}
      {series.gaps.length > 0 && <li className="legend-gap">no rows</li>}
      {series.resetWindows.length > 0 && <li className="legend-reset">reset window</li>}
    </ul>
  );
}

function Drawing({ series, greek, size }: { readonly series: HistorySeries; readonly greek: GreekName; readonly size: Size }) {
  const { timeZone } = useHost();
  const open = useOpenGap();
  const linked = useLink().kind === 'open';
  const known = useOverview(({ sums }) => sums !== null && sums[greek] !== null);
  const rows = useMemo(() => chartRows(series, greek), [series, greek]);
  const gaps = useSame(useMemo(() => shadedGaps(series, open), [series, open]));
  const resetWindows = useSame(series.resetWindows);
  const { from, to } = alignedSpan(series);
  const times = useMemo(() => {
    // A label centred at the very left would be cut.
    const edge = ((to - from) / Math.max(1, size.width)) * 24;
    return timeTicks(from + edge, to, Math.max(2, Math.floor(size.width / 84)), timeZone);
  }, [from, to, size.width, timeZone]);
  const values = useSteadyAxis(rows, size, `${greek} ${series.range}`);
  const newest = signed(series.greeks[greek].last.at(-1) ?? null, greekDigits[greek]);
  const axisWidth = 20 + 6.5 * useWidest(Math.max(...(values?.ticks ?? []).map((tick) => values?.label(tick).length ?? 0), newest.length), `${greek} ${series.range}`);
  const plot = useMemo(() => plotOf(size, axisWidth), [size, axisWidth]);
  if (values === null) return <EmptyNote series={series} />;
  const spans = plot.width > 0 && plot.height > 0;
  return (
    <>
      <div aria-hidden="true">
        <ChartFrame size={size} axisWidth={axisWidth} from={from} to={to} times={times} values={values} gaps={gaps} resetWindows={resetWindows} />
        {spans && <Curve plot={plot} from={from} to={to} domain={values.domain} rows={rows} banded={isBanded(series)} />}
      </div>
      {open === null && linked && known && <NewestValue series={series} greek={greek} values={values} plot={plot} axisWidth={axisWidth} />}
      {spans && <Crosshair series={series} gaps={gaps} from={from} to={to} greek={greek} values={values} plot={plot} timeZone={timeZone} />}
    </>
  );
}

/** The axis of the values, which stays while the curve keeps within it; null where nothing is known. */
function useSteadyAxis(rows: readonly ChartRow[], size: Size, subject: string): ValueAxis | null {
  const previous = useRef<{ readonly subject: string; readonly extent: Extent } | null>(null);
  const wanted = useMemo(() => extent(rows), [rows]);
  const kept = previous.current?.subject === subject ? previous.current.extent : null;
  const chosen = wanted === null ? null : steadyExtent(kept, wanted);
  // Remembered while rendering: the next axis depends on this one, and rendering twice gives the same one.
  previous.current = chosen === null ? null : { subject, extent: chosen };
  return useMemo(() => (chosen === null ? null : valueAxis(chosen, Math.max(2, Math.floor((size.height - plotMargin.bottom) / 40)))), [chosen, size.height]);
}

/** The longest so far of one subject: an axis that followed each length of its newest value would move the whole drawing. */
function useWidest(length: number, subject: string): number {
  const widest = useRef({ subject, length });
  const before = widest.current.subject === subject ? widest.current.length : 0;
  widest.current = { subject, length: Math.max(before, length) };
  return widest.current.length;
}

/** The object of the render before while the next one is equal to it. */
function useSame<T>(value: T): T {
  const previous = useRef(value);
  previous.current = keepEqualParts(previous.current, value);
  return previous.current;
}

/** The newest value on the axis, as wide as the axis' own labels; a trader looks for it there first. */
function NewestValue({ series, greek, values, plot, axisWidth }: { readonly series: HistorySeries; readonly greek: GreekName; readonly values: ValueAxis; readonly plot: Plot; readonly axisWidth: number }) {
  const value = series.greeks[greek].last.at(-1) ?? null;
  if (value === null) return null;
  const y = plot.top + plot.height * (1 - (value - values.domain[0]) / (values.domain[1] - values.domain[0]));
  return (
    <span className="newest" aria-hidden="true" style={{ top: y, left: plot.left + plot.width, width: axisWidth - 8 }}>
      {signed(value, greekDigits[greek])}
    </span>
  );
}

/** Why no rows come at the moment; null while they do. */
function useOpenGap(): { readonly code: string; readonly text: string } | null {
  const live = useOverview(({ state }) => state.live);
  const connection = useOverview(({ state }) => state.connection);
  const view = useConnectionView();
  return useMemo(() => {
    if (live) return null;
    return { code: connection.kind, text: 'cause' in connection ? connection.cause.text : view.word };
  }, [live, connection, view.word]);
}

function EmptyNote({ series }: { readonly series: HistorySeries }) {
  const seconds = useOverview((overview) => overview.pollIntervalMs);
  const live = useOverview(({ state }) => state.live);
  const connected = useOverview(({ state }) => state.connection.kind === 'connected');
  const words = rangeWords[series.range][1];
  const next = live ? 'The first row is on its way.' : connected ? 'The first row is written as soon as every leg is priced.' : `Once connected, a row is written every ${duration(seconds)}.`;
  return (
    <div className="chart-note">
      <p>{series.at.length > 0 ? `In ${words} no leg was priced: the sums are not known.` : `No rows in ${words}.`}</p>
      <p className="secondary">{next}</p>
    </div>
  );
}
