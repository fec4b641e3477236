import type { Ms } from '../../preload/contract.ts';

const formats = new Map<string, Intl.DateTimeFormat>();

function format(timeZone: string, options: Intl.DateTimeFormatOptions, at: Ms): string {
  const key = `${timeZone}|${JSON.stringify(options)}`;
  let found = formats.get(key);
  if (found === undefined) {
    found = new Intl.DateTimeFormat('en-GB', { ...options, timeZone });
    formats.set(key, found);
  }
  return found.format(at);
}

/** "14:32:05" */
export function timeOfDay(at: Ms, timeZone: string): string {
  return format(timeZone, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }, at);
}

/** "14:32" */
export function minuteOfDay(at: Ms, timeZone: string): string {
  return format(timeZone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, at);
}

/** "12 Jan" */
export function dayAndMonth(at: Ms, timeZone: string): string {
  return format(timeZone, { day: 'numeric', month: 'short' }, at);
}

/** "Mon 12 Jan" */
export function weekdayAndDay(at: Ms, timeZone: string): string {
  return format(timeZone, { weekday: 'short', day: 'numeric', month: 'short' }, at).replace(',', '');
}

/** "14:32", with the day before it when that is not today: "Mon 12 Jan 14:32". */
export function minuteWithDay(at: Ms, now: Ms, timeZone: string): string {
  const sameDay = dayAndMonth(at, timeZone) === dayAndMonth(now, timeZone) && Math.abs(now - at) < 86_400_000 * 2;
  return sameDay ? minuteOfDay(at, timeZone) : `${weekdayAndDay(at, timeZone)} ${minuteOfDay(at, timeZone)}`;
}

/** What must be added to UTC to read the zone's wall clock at an instant. */
export function zoneOffset(at: Ms, timeZone: string): Ms {
  const text = format(timeZone, { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }, at);
  const [day, month, year, hour, minute, second] = (text.match(/\d+/g) ?? []).map(Number);
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
}

const units: readonly (readonly [Ms, string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1000, 's'],
];

/** A duration in at most two units: "5 s", "3 m 20 s", "6 h 12 m", "2 d 4 h"; whole seconds, never negative. */
export function duration(durationMs: Ms): string {
  const rest = Math.max(0, Math.floor(durationMs / 1000) * 1000);
  const first = units.findIndex(([size]) => rest >= size);
  if (first === -1) return '0 s';
  const [size, name] = units[first] ?? [1000, 's'];
  const [nextSize, nextName] = units[first + 1] ?? [0, ''];
  const next = nextSize === 0 ? 0 : Math.floor((rest % size) / nextSize);
  return next === 0 ? `${Math.floor(rest / size)} ${name}` : `${Math.floor(rest / size)} ${name} ${next} ${nextName}`;
}

/** Time left until an instant, rounded up so that "in 1 s" is followed by nothing: "14 s"; "now" when it has come. */
export function timeLeft(until: Ms, now: Ms): string {
  return until - now <= 0 ? 'now' : duration(Math.ceil((until - now) / 1000) * 1000);
}
