import { useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { GreekName, HistoryGap, HistorySeries, Ms } from '../../preload/contract.ts';
import { greekWords } from '../words/greek-words.ts';
import type { ValueAxis } from './axis-ticks.ts';
import { countStops, crosshairStops, nearestStop } from './chart-rows.ts';
import type { Plot } from './history-chart.tsx';
import { readStop, type Reading } from './reading.ts';

interface CrosshairProps {
  readonly series: HistorySeries;
  readonly gaps: readonly HistoryGap[];
  readonly greek: GreekName;
  readonly values: ValueAxis;
  /** The time that the plot shows. */
  readonly from: Ms;
  readonly to: Ms;
  readonly plot: Plot;
  readonly timeZone: string;
}

/** Pixels around a gap that still mean the gap. */
const reachPx = 4;

/**
 * Reads all four Greeks where the pointer or the arrow keys are; a slider to assistive technology, whose value is the
 * instant. It lies over the chart and moves without drawing the chart again.
 */
export function Crosshair({ series, gaps, greek, values, from, to, plot, timeZone }: CrosshairProps) {
  // By instant, not by index: the rows move on under a crosshair that stands still.
  const [at, setAt] = useState<Ms | null>(null);
  // Only where somebody reads: most rows come while nobody does.
  const stops = at === null ? null : crosshairStops(series, gaps);
  const count = stops?.length ?? countStops(series, gaps);
  if (count === 0) return null;
  const span = Math.max(1, to - from);
  const index = at === null || stops === null ? -1 : nearestStop(stops, at, (span / plot.width) * reachPx);
  const stop = stops?.[index];
  const reading = stop === undefined ? null : readStop(series, stop, timeZone);

  const follow = (event: PointerEvent<HTMLDivElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    setAt(from + ((event.clientX - box.left) / box.width) * span);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && at !== null) setAt(null);
    else {
      const next = (stops ?? crosshairStops(series, gaps))[stepTo(event.key, index, count)];
      if (next === undefined) return;
      setAt(next.at);
    }
    event.preventDefault();
  };

  const x = stop === undefined ? 0 : ((Math.max(from, stop.at) - from) / span) * plot.width;
  const value = stop?.kind === 'row' ? (series.greeks[greek].last[stop.index] ?? null) : null;
  const y = value === null ? null : plot.height * (1 - (value - values.domain[0]) / (values.domain[1] - values.domain[0]));
  return (
    <div
      className="crosshair"
      style={plot}
      role="slider"
      tabIndex={0}
      aria-label={`History of net ${greek}`}
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={count - 1}
      aria-valuenow={index === -1 ? count - 1 : index}
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
