import type { Ms } from '../../preload/contract.ts';
import { dayAndMonth, minuteOfDay, weekdayAndDay, zoneOffset } from '../words/times.ts';
import { signed } from '../words/numbers.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const timeSteps: readonly Ms[] = [minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute, hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 5 * day, 10 * day];

export interface TimeTicks {
  readonly ticks: readonly Ms[];
  readonly label: (at: Ms) => string;
}

/** At most `most` round local times between two instants; local in `timeZone`, right on daylight-saving nights. */
export function timeTicks(from: Ms, to: Ms, most: number, timeZone: string): TimeTicks {
  const step = timeSteps.find((each) => (to - from) / each <= most) ?? 10 * day;
  const ticks: Ms[] = [];
  const firstLocal = Math.ceil((from + zoneOffset(from, timeZone)) / step) * step;
  for (let local = firstLocal; ticks.length <= most + 1; local += step) {
    // The offset at the tick itself, not at the start: between the two the clocks may have changed.
    const guess = local - zoneOffset(local - zoneOffset(from, timeZone), timeZone);
    if (guess > to) break;
    if (guess >= from) ticks.push(guess);
  }
  return { ticks, label: (at) => timeLabel(at, step, timeZone) };
}

function timeLabel(at: Ms, step: Ms, timeZone: string): string {
  if (step >= 2 * day) return dayAndMonth(at, timeZone);
  if (step >= day) return weekdayAndDay(at, timeZone).replace(/ \w+$/, '');
  const time = minuteOfDay(at, timeZone);
  return time === '00:00' ? dayAndMonth(at, timeZone) : time;
}

/** Plain data, so that an equal axis is known as the same one. */
export interface ValueAxis {
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  /** Decimals of its labels. */
  readonly digits: number;
}

export function valueLabel({ digits }: ValueAxis, value: number): string {
  return signed(value, digits);
}

export type Extent = readonly [low: number, high: number];

/**
 * The extent that the axis is made for: the one before while the curve stays inside its air and fills most of it, so that
 * neither the scale nor the drawing of it moves with every row.
 */
export function steadyExtent(previous: Extent | null, wanted: Extent): Extent {
  if (previous === null) return wanted;
  const span = previous[1] - previous[0];
  // valueAxis leaves a tenth of the span on each side.
  const inside = wanted[0] >= previous[0] - span * 0.06 && wanted[1] <= previous[1] + span * 0.06;
  return inside && wanted[1] - wanted[0] >= span * 0.75 ? previous : wanted;
}

/** An axis around `[low, high]` with some air and about `wanted` round ticks. */
export function valueAxis([low, high]: Extent, wanted: number): ValueAxis {
  const span = high - low;
  // A flat curve stands in the middle of a range that its own size gives, not of an endless magnification.
  const air = span > 0 ? span * 0.1 : Math.max(Math.abs(high) * 0.05, 0.01);
  const domain: readonly [number, number] = [low - air, high + air];
  let step = roundStep((domain[1] - domain[0]) / Math.max(1, wanted));
  // One tick alone has no scale.
  while (Math.floor(domain[1] / step) - Math.ceil(domain[0] / step) < 1) step = roundStep(step / 2);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9) + (isQuarter(step) ? 1 : 0));
  const ticks: number[] = [];
  for (let tick = Math.ceil(domain[0] / step); tick * step <= domain[1]; tick += 1) ticks.push(Number((tick * step).toFixed(digits)) + 0);
  return { domain, ticks, digits };
}

/** 1, 2, 2.5 or 5 times a power of ten, at least `least`. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= least * 0.999) ?? 10);
}

function isQuarter(step: number): boolean {
  return Math.abs(step / 10 ** Math.floor(Math.log10(step) + 1e-9) - 2.5) < 1e-6;
}
