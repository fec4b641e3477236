import { memo, useMemo, useRef, useSyncExternalStore } from 'react';
import { historyRanges, type GreekName, type HistoryRange } from '../../preload/contract.ts';
import { useConnectionView } from '../header/header.tsx';
import { keepEqualParts } from '../live/keep-equal-parts.ts';
import { useHost, useLink, useOverview, useSelection } from '../live/live-context.tsx';
import { derive, type Reading } from '../live/store.ts';
import { Segmented } from '../parts/segmented.tsx';
import { useSize, type Size } from '../parts/use-size.ts';
import { unitOf } from '../words/greek-words.ts';
import { duration } from '../words/times.ts';
import { chartRows, type OpenGap } from './chart-rows.ts';
import { bandOf, viewChart, type ChartView, type Drawn } from './chart-view.ts';
import { Crosshair } from './crosshair.tsx';
import { AxisLayer, ChartFrame, Curve, NewestValue } from './history-chart.tsx';
import { everyRow, useHistory, type History } from './use-history.ts';

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
  const { history, retry } = useHistory(range, everyRow);
  const { read, problem } = useSelection(history, ({ series, problem }) => ({ read: series !== null, problem }));
  const currency = useOverview(({ state }) => state.currency);
  return (
    <section className="panel chart-panel" aria-label={`History of net ${greek}`}>
      <div className="panel-head">
        <h2>
          Net {greek} <span className="unit">{unitOf(greek, currency)}</span>
        </h2>
        <Legend history={history} />
        <Segmented label="Range" value={range} onChange={onRange} options={historyRanges.map((each) => ({ value: each, label: rangeWords[each][0] }))} />
      </div>
      <div className="chart-box" ref={box}>
        {read && size !== null && <Drawing history={history} greek={greek} size={size} />}
        {!read && problem === null && <p className="chart-note">Reading the history</p>}
        {problem !== null && (
          <div className={!read ? 'chart-note' : 'chart-note chart-note-corner'} role="alert">
            <p>The history could not be read. {problem}</p>
            <button type="button" className="button small" onClick={retry}>
              Try again
            </button>
          </div>
        )}
      </div>
    </section>
  );
});

/** Only what is to be seen in this range. */
const Legend = memo(function Legend({ history }: { readonly history: Reading<History> }) {
  const shown = useSelection(history, ({ series }) =>
    series === null ? null : { bandMs: bandOf(series), gaps: series.gaps.length > 0, resetWindows: series.resetWindows.length > 0 },
  );
  if (shown === null) return null;
  return (
    <ul className="legend" aria-label="Legend">
      {shown.bandMs !== null && <li className="legend-band">low to high of {duration(shown.bandMs)}</li>}
      {shown.gaps && <li className="legend-gap">no rows</li>}
      {shown.resetWindows && <li className="legend-reset">reset window</li>}
    </ul>
  );
});

function Drawing({ history, greek, size }: { readonly history: Reading<History>; readonly greek: GreekName; readonly size: Size }) {
  const { timeZone } = useHost();
  const open = useOpenGap();
  const linked = useLink().kind === 'open';
  const known = useOverview(({ sums }) => sums !== null && sums[greek] !== null);
  const drawn = useDrawn(history, greek, size, open);
  const view = useSyncExternalStore(drawn.subscribe, () => drawn.get()?.view ?? null);
  if (view === null) return <EmptyNote history={history} />;
  const spans = view.plot.width > 0 && view.plot.height > 0;
  const newestShown = open === null && linked && known;
  return (
    <>
      <div aria-hidden="true">
        {spans && <AxisLayer drawn={drawn} view={view} greek={greek} newestShown={newestShown} timeZone={timeZone} />}
        <ChartFrame size={size} axisWidth={view.axisWidth} values={view.values} />
        {spans && <Curve drawn={drawn} view={view} greek={greek} />}
      </div>
      {newestShown && <NewestValue drawn={drawn} view={view} greek={greek} />}
      {spans && <Crosshair drawn={drawn} view={view} greek={greek} timeZone={timeZone} />}
    </>
  );
}

/** The history as it is drawn; its view is the same object while a row changes nothing but the curve. */
function useDrawn(history: Reading<History>, greek: GreekName, size: Size, open: OpenGap | null): Reading<Drawn | null> {
  const previous = useRef<ChartView | null>(null);
  return useMemo(
    () =>
      derive(history, ({ series }) => {
        if (series === null) return null;
        const rows = chartRows(series, greek);
        // Remembered: the next drawing depends on this one, and making it twice gives the same one.
        previous.current = keepEqualParts(previous.current, viewChart(series, rows, greek, size, open, previous.current));
        return { series, rows, view: previous.current };
      }),
    [history, greek, size, open],
  );
}

/** Why no rows come at the moment; null while they do. */
function useOpenGap(): OpenGap | null {
  const live = useOverview(({ state }) => state.live);
  const connection = useOverview(({ state }) => state.connection);
  const view = useConnectionView();
  return useMemo(() => {
    if (live) return null;
    return { code: connection.kind, text: 'cause' in connection ? connection.cause.text : view.word };
  }, [live, connection, view.word]);
}

function EmptyNote({ history }: { readonly history: Reading<History> }) {
  const { range, rows } = useSelection(history, ({ series }) => ({ range: series?.range ?? '1h', rows: (series?.at.length ?? 0) > 0 }) as const);
  const seconds = useOverview((overview) => overview.pollIntervalMs);
  const live = useOverview(({ state }) => state.live);
  const connected = useOverview(({ state }) => state.connection.kind === 'connected');
  const words = rangeWords[range][1];
  const next = live ? 'The first row is on its way.' : connected ? 'The first row is written as soon as every leg is priced.' : `Once connected, a row is written every ${duration(seconds)}.`;
  return (
    <div className="chart-note">
      <p>{rows ? `In ${words} no leg was priced: the sums are not known.` : `No rows in ${words}.`}</p>
      <p className="secondary">{next}</p>
    </div>
  );
}
