import type { Ms } from '../../preload/contract.ts';
import type { Size } from '../parts/use-size.ts';
import type { ChartRow } from './chart-rows.ts';

/** What the plot shows, and how large it is. */
export interface PlotScale {
  readonly from: Ms;
  readonly to: Ms;
  /** Values at its lower and upper edge. */
  readonly domain: readonly [number, number];
  readonly size: Size;
}

/** An SVG path of the newest values, pixels; it lifts its pen where a value is not known. */
export function curvePath(rows: readonly ChartRow[], scale: PlotScale): string {
  const { x, y } = placing(scale);
  let path = '';
  let down = false;
  for (const { at, last } of rows) {
    if (last !== null) path += `${down ? 'L' : 'M'}${x(at)} ${y(last)}`;
    down = last !== null;
  }
  return path;
}

/** An SVG path around lowest and highest values, one closed piece for each stretch of known ones. */
export function bandPath(rows: readonly ChartRow[], scale: PlotScale): string {
  const { x, y } = placing(scale);
  let path = '';
  let upper = '';
  let lower = '';
  const close = (): void => {
    if (upper !== '') path += `M${upper.slice(1)}${lower}Z`;
    upper = lower = '';
  };
  for (const { at, band } of rows) {
    if (band === null) close();
    else {
      upper += `L${x(at)} ${y(band[1])}`;
      lower = `L${x(at)} ${y(band[0])}${lower}`;
    }
  }
  close();
  return path;
}

/** Where the rows that nothing connects stand; drawn as dots. */
export function loneDots(rows: readonly ChartRow[], scale: PlotScale): readonly { readonly at: Ms; readonly x: number; readonly y: number }[] {
  const { x, y } = placing(scale);
  return rows.flatMap(({ at, last, alone }) => (alone && last !== null ? [{ at, x: x(at), y: y(last) }] : []));
}

/** Tenths of a pixel: finer is not to be seen and would only make the path longer. */
function placing({ from, to, domain, size }: PlotScale): { x: (at: Ms) => number; y: (value: number) => number } {
  const [low, high] = domain;
  return {
    x: (at) => Math.round(((at - from) / Math.max(1, to - from)) * size.width * 10) / 10,
    y: (value) => Math.round((1 - (value - low) / (high - low)) * size.height * 10) / 10,
  };
}
