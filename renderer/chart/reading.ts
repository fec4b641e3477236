import type { GreekName, HistorySeries, Ms } from '../../preload/contract.ts';
import { greekNames, greekWords } from '../words/greek-words.ts';
import { greekDigits, signed } from '../words/numbers.ts';
import { sentence } from '../words/sentences.ts';
import { duration, timeOfDay, weekdayAndDay } from '../words/times.ts';
import type { Stop } from './chart-rows.ts';

/** What the crosshair reads at one place. */
export interface Reading {
  readonly time: string;
  /** Why there are no numbers, or that a reset window was on. */
  readonly text: string | null;
  readonly values: readonly { readonly greek: GreekName; readonly last: string; readonly range: string | null }[];
  /** All of it for a screen reader. */
  readonly spoken: string;
}

/** Reads a stop of the crosshair: all four Greeks of a row, or the cause of a gap. */
export function readStop(series: HistorySeries, stop: Stop, timeZone: string): Reading {
  if (stop.kind === 'gap') {
    const { from, to, text } = stop.gap;
    const time = `${instant(from, series, timeZone)} to ${timeOfDay(to, timeZone)}`;
    const told = `No rows for ${duration(to - from)}. ${sentence(text)}`;
    return { time, text: told, values: [], spoken: `${time}. ${told}` };
  }
  const time = instant(stop.at, series, timeZone);
  const inWindow = series.resetWindows.some((window) => stop.at >= window.from && stop.at <= window.to);
  const values = greekNames.map((greek) => readGreek(series, greek, stop.index));
  const spoken = [time, ...values.map(({ greek, last }) => `${greekWords[greek].name} ${last === '-' ? 'not known' : last}`)].join(', ');
  return { time, text: inWindow ? 'Reset window' : null, values, spoken };
}

function readGreek(series: HistorySeries, greek: GreekName, index: number): Reading['values'][number] {
  const { low, high, last } = series.greeks[greek];
  const digits = greekDigits[greek];
  const lowest = low[index] ?? null;
  const highest = high[index] ?? null;
  const spread = lowest !== null && highest !== null && lowest !== highest;
  return { greek, last: signed(last[index] ?? null, digits), range: spread ? `${signed(lowest, digits)} to ${signed(highest, digits)}` : null };
}

function instant(at: Ms, series: HistorySeries, timeZone: string): string {
  const time = timeOfDay(at, timeZone);
  return series.to - series.from > 6 * 3_600_000 ? `${weekdayAndDay(at, timeZone)} ${time}` : time;
}
