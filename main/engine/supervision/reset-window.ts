/** Day of the week, as settings write it. */
export type Weekday = 'Sun' | 'Mon' | 'Tue' | 'Wed' | 'Thu' | 'Fri' | 'Sat';

export const WEEKDAYS: readonly Weekday[] = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

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

/** The brief's window: 23:40 to 23:59 New York time, attempts resume at 00:05. */
export const DEFAULT_RESET_WINDOWS: readonly ResetWindow[] = [{ timeZone: 'America/New_York', start: '23:40', resume: '00:05' }];

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
  if (!areWeekdays(days)) return { problem: `days must be a list of ${WEEKDAYS.join(', ')}, each at most once, not ${JSON.stringify(days)}` };
  return { window: { timeZone, start, resume, days } };
}

function isTimeOfDay(value: unknown): value is string {
  return typeof value === 'string' && /^([01]\d|2[0-3]):[0-5]\d$/.test(value);
}

function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone });
    return true;
  } catch {
    return false; // a RangeError is Intl's only way of saying that a zone does not exist
  }
}

function areWeekdays(value: unknown): value is readonly Weekday[] {
  return Array.isArray(value) && value.length > 0 && new Set(value).size === value.length && value.every((day) => WEEKDAYS.includes(day));
}
