import { memo, useState, useSyncExternalStore, type KeyboardEvent, type PointerEvent } from 'react';
import type { GreekName, Ms } from '../../preload/contract.ts';
import { greekWords } from '../words/greek-words.ts';
import type { Reading as StoreReading } from '../live/store.ts';
import { crosshairStops, nearestStop, type Stop } from './chart-rows.ts';
import { heightOf, type ChartView, type Drawn } from './chart-view.ts';
import { readStop, type Reading } from './reading.ts';

interface CrosshairProps {
  readonly drawn: StoreReading<Drawn | null>;
  readonly view: ChartView;
  readonly greek: GreekName;
  readonly timeZone: string;
}

/** Pixels around a gap that still mean the gap. */
const reachPx = 4;

/**
 * Reads all four Greeks where the pointer or the arrow keys are; a slider to assistive technology, whose value is the
 * instant. It lies over the chart and moves without drawing the chart again.
 */
export const Crosshair = memo(function Crosshair({ drawn, view, greek, timeZone }: CrosshairProps) {
  // By instant, not by index: the rows move on under a crosshair that stands still.
  const [at, setAt] = useState<Ms | null>(null);
  // Rows that come while nobody reads render nothing here.
  const series = useSyncExternalStore(drawn.subscribe, () => (at === null ? null : (drawn.get()?.series ?? null)));
  const { from, to, gaps, plot } = view;
  const span = Math.max(1, to - from);
  const stops = series === null ? [] : crosshairStops(series, gaps);
  const index = at === null ? -1 : nearestStop(stops, at, (span / plot.width) * reachPx);
  const stop = stops[index];
  const reading = series === null || stop === undefined ? null : readStop(series, stop, timeZone);

  const follow = (event: PointerEvent<HTMLDivElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    setAt(from + ((event.clientX - box.left) / box.width) * span);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && at !== null) setAt(null);
    else {
      const all = stops.length > 0 ? stops : stopsOf(drawn.get(), view);
      const next = all[stepTo(event.key, index, all.length)];
      if (next === undefined) return;
      setAt(next.at);
    }
    event.preventDefault();
  };

  const x = stop === undefined ? 0 : ((Math.max(from, stop.at) - from) / span) * plot.width;
  const value = stop?.kind === 'row' ? (series?.greeks[greek].last[stop.index] ?? null) : null;
  const y = value === null ? null : heightOf(value, view);
  return (
    <div
      className="crosshair"
      style={plot}
      role="slider"
      tabIndex={0}
      aria-label={`History of net ${greek}`}
      aria-orientation="horizontal"
      aria-valuemin={from}
      aria-valuemax={to}
      aria-valuenow={stop === undefined ? to : Math.min(to, Math.max(from, stop.at))}
      aria-valuetext={reading === null ? 'Arrow keys read the history' : reading.spoken}
      onPointerMove={follow}
      onPointerLeave={() => setAt(null)}
      onBlur={() => setAt(null)}
      onKeyDown={onKeyDown}
    >
      {reading !== null && (
        <>
          <span className="crosshair-line" style={{ left: x }} />
          {y !== null && <span className="crosshair-dot" style={{ left: x, top: y }} />}
          <ReadingCard reading={reading} greek={greek} x={x} width={plot.width} />
        </>
      )}
    </div>
  );
});

function stopsOf(drawn: Drawn | null, { gaps }: ChartView): readonly Stop[] {
  return drawn === null ? [] : crosshairStops(drawn.series, gaps);
}

/** Where a key leads from stop `index` (-1: nowhere yet) of `count`; -1 for a key that means nothing here. */
function stepTo(key: string, index: number, count: number): number {
  const from = index === -1 ? count - 1 : index;
  const clamp = (to: number): number => Math.min(count - 1, Math.max(0, to));
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return index === -1 ? from : clamp(from - 1);
    case 'ArrowRight':
    case 'ArrowUp':
      return clamp(from + 1);
    case 'PageDown':
      return clamp(from - 20);
    case 'PageUp':
      return clamp(from + 20);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return -1;
  }
}

function ReadingCard({ reading, greek, x, width }: { readonly reading: Reading; readonly greek: GreekName; readonly x: number; readonly width: number }) {
  const onLeft = x > width / 2;
  return (
    <div className="reading" style={onLeft ? { right: width - x + 12 } : { left: x + 12 }}>
      <p className="reading-time">{reading.time}</p>
      {reading.text !== null && <p className="reading-text">{reading.text}</p>}
      {reading.values.length > 0 && (
        <table>
          <tbody>
            {reading.values.map((line) => (
              <tr key={line.greek} data-chosen={line.greek === greek}>
                <th scope="row">{greekWords[line.greek].name}</th>
                <td>{line.last}</td>
                {line.range !== null && <td className="reading-range">{line.range}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
