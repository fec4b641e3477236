import { memo, useLayoutEffect, useRef } from 'react';
import type { GreekName, HistorySeries } from '../../preload/contract.ts';
import { curveBreaks } from '../chart/chart-rows.ts';
import type { History } from '../chart/use-history.ts';
import type { Reading } from '../live/store.ts';
import { attributeWriter } from '../live/written-text.tsx';

/** Tenths of what is drawn: whole numbers are written many times faster than decimals, and four of these come at once. */
const width = 960;
const height = 280;
const inset = 20;

/** The last 15 minutes of one Greek as a line without axes; decorative, the chart tells the same with numbers. */
export const Sparkline = memo(function Sparkline({ recent, greek }: { readonly recent: Reading<History>; readonly greek: GreekName }) {
  const path = useRef<SVGPathElement>(null);
  useLayoutEffect(() => {
    const write = attributeWriter(path.current, 'd');
    const draw = (): void => {
      const { series } = recent.get();
      write(series === null ? '' : sparkPath(series, greek));
    };
    draw();
    return recent.subscribe(draw);
  }, [recent, greek]);
  return (
    <svg className="sparkline" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <path ref={path} vectorEffect="non-scaling-stroke" />
    </svg>
  );
});

/** One SVG path; a gap or a value that is not known lifts the pen. */
export function sparkPath(series: HistorySeries, greek: GreekName): string {
  const { last } = series.greeks[greek];
  const known = last.filter((value) => value !== null);
  if (known.length === 0) return '';
  const low = Math.min(...known);
  const high = Math.max(...known);
  const span = high - low;
  const x = (at: number): number => inset + ((at - series.from) / Math.max(1, series.to - series.from)) * (width - 2 * inset);
  const y = (value: number): number => (span === 0 ? height / 2 : height - inset - ((value - low) / span) * (height - 2 * inset));
  const breaksAfter = curveBreaks(series);
  let path = '';
  let down = false;
  series.at.forEach((at, index) => {
    const value = last[index] ?? null;
    if (value === null) {
      down = false;
      return;
    }
    if (breaksAfter[index - 1] === true) down = false;
    path += `${down ? 'L' : 'M'}${Math.round(x(at))} ${Math.round(y(value))}`;
    down = true;
  });
  return path;
}
