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

/** Paths are in tenths of a pixel: whole numbers are written many times faster than decimals, and finer is not to be seen. */
export const unitsPerPx = 10;

/** An SVG path of the newest values, tenths of a pixel; it lifts its pen where a value is not known. */
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

/** The points of an SVG polyline through the known values: an attribute that is no style, so that a new one costs no styling. */
export function tipPoints(rows: readonly ChartRow[], scale: PlotScale): string {
  const { x, y } = placing(scale);
  return rows.flatMap(({ at, last }) => (last === null ? [] : `${x(at)},${y(last)}`)).join(' ');
}

/**
 * Index in `rows` of the newest of `drawn`, from where the curve goes on without a break; -1 where it does not, because a
 * row that both should have is another one or a value in what follows is not known.
 */
export function goesOnFrom(drawn: readonly ChartRow[], rows: readonly ChartRow[]): number {
  const first = rows[0];
  const newest = drawn.length - 1;
  const offset = first === undefined ? -1 : drawn.findIndex(({ at }) => at === first.at);
  if (offset === -1 || rows.length <= newest - offset) return -1;
  for (let index = offset; index <= newest; index += 1) {
    if (drawn[index]?.at !== rows[index - offset]?.at || drawn[index]?.last !== rows[index - offset]?.last) return -1;
  }
  return rows.slice(newest - offset).every(({ last }) => last !== null) ? newest - offset : -1;
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
  for (const { at, low, high } of rows) {
    if (low === null || high === null) close();
    else {
      upper += `L${x(at)} ${y(high)}`;
      lower = `L${x(at)} ${y(low)}${lower}`;
    }
  }
  close();
  return path;
}

/** An SVG path with a point for each row that nothing connects; round caps make dots of them. */
export function dotsPath(rows: readonly ChartRow[], scale: PlotScale): string {
  const { x, y } = placing(scale);
  let path = '';
  for (const { at, last, alone } of rows) if (alone && last !== null) path += `M${x(at)} ${y(last)}h0`;
  return path;
}

function placing({ from, to, domain: [low, high], size }: PlotScale): { x: (at: Ms) => number; y: (value: number) => number } {
  const perMs = (size.width * unitsPerPx) / Math.max(1, to - from);
  const perUnit = (size.height * unitsPerPx) / (high - low);
  return { x: (at) => Math.round((at - from) * perMs), y: (value) => Math.round((high - value) * perUnit) };
}
