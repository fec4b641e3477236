import type { Ms } from '../clock.ts';
import { findTransition, isTimeZone, zoneOffset } from './zoned-time.ts';

/** Day of the week, as settings write it. */
export type Weekday = (typeof weekdays)[number];

export const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;

/** A daily window in which IBKR (or the Gateway itself) restarts; a hint, never a trigger. Local wall-clock times. */
export interface ResetWindow {
  /** IANA zone, "America/New_York". */
  readonly timeZone: string;
  /** First minute of the window, "HH:MM"; the window may cross midnight. */
  readonly start: string;
  /** When attempts resume, "HH:MM" (exclusive end). */
  readonly resume: string;
  /** Local days on which the window starts; absent: every day. */
  readonly days?: readonly Weekday[];
}

/** The brief's window and the default: 23:40 to 23:59 New York time, attempts resume at 00:05. */
export const briefWindow: ResetWindow = { timeZone: 'America/New_York', start: '23:40', resume: '00:05' };

const nightsBeforeTrading = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri'] as const;
const weekendWindow: ResetWindow = { timeZone: 'America/New_York', start: '23:00', resume: '03:00', days: ['Fri'] };
const hongKong = { timeZone: 'Asia/Hong_Kong', days: nightsBeforeTrading } as const;

/** Windows to choose from in Settings: the brief's, and IBKR's published ones by region (ibkr-facts.md 2.7, system status page). */
export const resetWindowPresets: readonly { readonly name: string; readonly windows: readonly ResetWindow[] }[] = [
  { name: 'Nightly restart, 23:40 to 00:05 New York', windows: [briefWindow] },
  { name: 'IBKR North America', windows: [{ timeZone: 'America/New_York', start: '00:15', resume: '01:45', days: nightsBeforeTrading }, weekendWindow] },
  { name: 'IBKR Europe', windows: [{ timeZone: 'Europe/Zurich', start: '06:25', resume: '07:45', days: nightsBeforeTrading }, weekendWindow] },
  {
    name: 'IBKR Asia-Pacific',
    windows: [{ ...hongKong, start: '04:45', resume: '06:05' }, { ...hongKong, start: '20:15', resume: '21:15' }, weekendWindow],
  },
  { name: 'None', windows: [] },
];

/**
 * The window that an instant lies in, and the instant at which attempts resume; null outside of all windows.
 *
 * Judged by the zone's wall clock at that instant. On the night on which clocks go back a window that holds the repeated
 * hour comes twice, and both passes are inside; on the night on which they go forward a window inside the skipped hour
 * does not come. Where windows overlap or touch, `until` is the end of the last of them.
 */
export function windowAt(windows: readonly ResetWindow[], at: Ms): { readonly until: Ms; readonly window: ResetWindow } | null {
  const window = windows.find((each) => isInside(each, at));
  if (window === undefined) return null;
  let until = at;
  // The horizon ends it where windows cover the whole day between them.
  for (let end = latestEnd(windows, until); end !== null && until < at + horizonMs; end = latestEnd(windows, until)) until = end;
  return { until, window };
}

/** The next window that begins after `at` (not the one that `at` lies in); null when there is none within three weeks. */
export function nextWindow(windows: readonly ResetWindow[], at: Ms): { readonly start: Ms; readonly end: Ms } | null {
  const outside = windowAt(windows, at)?.until ?? at;
  const starts = windows.map((window) => nextEdge(window, outside)).filter((edge) => edge !== null);
  if (outside >= at + horizonMs || starts.length === 0) return null;
  const start = Math.min(...starts);
  const found = windowAt(windows, start);
  return found === null ? null : { start, end: found.until };
}

/** A window in words: "23:40 to 00:05 America/New_York", "Fri 23:00 to 03:00 America/New_York". */
export function windowName({ timeZone, start, resume, days }: ResetWindow): string {
  return [days?.join(', '), `${start} to ${resume}`, timeZone].filter(Boolean).join(' ');
}

/** Parses a window from outside; a problem is a sentence that names the wrong part and what is allowed. */
export function parseResetWindow(value: unknown): { readonly window: ResetWindow } | { readonly problem: string } {
  if (typeof value !== 'object' || value === null) return { problem: 'a reset window is an object with timeZone, start and resume' };
  const { timeZone, start, resume, days, ...others } = value as Record<string, unknown>;
  const [unknownKey] = Object.keys(others);
  if (unknownKey !== undefined) return { problem: `"${unknownKey}" is no part of a reset window` };
  if (typeof timeZone !== 'string' || !isTimeZone(timeZone)) return { problem: `timeZone must be a zone such as America/New_York, not ${JSON.stringify(timeZone)}` };
  if (!isTimeOfDay(start)) return { problem: `start must be a time from 00:00 to 23:59, not ${JSON.stringify(start)}` };
  if (!isTimeOfDay(resume)) return { problem: `resume must be a time from 00:00 to 23:59, not ${JSON.stringify(resume)}` };
  if (start === resume) return { problem: `start and resume are both ${start}: the window would be empty or the whole day` };
  if (days === undefined) return { window: { timeZone, start, resume } };
  if (!areWeekdays(days)) return { problem: `days must be a list of ${weekdays.join(', ')}, each at most once, not ${JSON.stringify(days)}` };
  return { window: { timeZone, start, resume, days } };
}

const dayMs = 86_400_000;
/** Every window comes within two weeks, also one a week that a skipped hour swallows. */
const horizonMs = 21 * dayMs;

/** The latest end of the windows that an instant lies in; null outside of all. */
function latestEnd(windows: readonly ResetWindow[], at: Ms): Ms | null {
  const ends = windows.filter((window) => isInside(window, at)).map((window) => nextEdge(window, at) ?? at + horizonMs);
  return ends.length === 0 ? null : Math.max(...ends);
}

function isInside(window: ResetWindow, at: Ms): boolean {
  const local = at + zoneOffset(window.timeZone, at);
  const time = positiveRemainder(local, dayMs);
  const start = timeOfDay(window.start);
  const resume = timeOfDay(window.resume);
  if (start < resume) return time >= start && time < resume && startsOn(window, local);
  if (time >= start) return startsOn(window, local);
  return time < resume && startsOn(window, local - dayMs);
}

/**
 * The first instant after `at` at which `isInside` changes; null when it does not within three weeks.
 *
 * Goes from one reading of the wall clock at which it can change to the next; between two settings of the clock local
 * time runs like time itself. Never "+24 h": that is wrong on the two nights a year for which windows are made.
 */
function nextEdge(window: ResetWindow, at: Ms): Ms | null {
  const inside = isInside(window, at);
  for (let from = at; from < at + horizonMs; ) {
    const local = from + zoneOffset(window.timeZone, from);
    const toStart = dayMs - positiveRemainder(local - timeOfDay(window.start), dayMs);
    const toResume = dayMs - positiveRemainder(local - timeOfDay(window.resume), dayMs);
    const next = from + Math.min(toStart, toResume);
    from = findTransition(window.timeZone, from, next) ?? next;
    if (isInside(window, from) !== inside) return from;
  }
  return null;
}

function startsOn({ days }: ResetWindow, local: Ms): boolean {
  const day = weekdays[positiveRemainder(Math.floor(local / dayMs) + 4, 7)]; // 1 January 1970 was a Thursday
  return days === undefined || (day !== undefined && days.includes(day));
}

function timeOfDay(text: string): Ms {
  return (Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5))) * 60_000;
}

function positiveRemainder(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}

function isTimeOfDay(value: unknown): value is string {
  return typeof value === 'string' && /^([01]\d|2[0-3]):[0-5]\d$/.test(value);
}

function areWeekdays(value: unknown): value is readonly Weekday[] {
  return Array.isArray(value) && value.length > 0 && new Set(value).size === value.length && value.every((day) => weekdays.includes(day));
}
