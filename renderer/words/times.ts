import type { Ms } from '../../preload/contract.ts';

const second: Ms = 1000;
const minute: Ms = 60_000;

/** Texts that are kept of each format and zone; what stands in one window is fewer. */
const keptTexts = 64;

/**
 * A format that remembers its texts, each good for `lastsMs`: what stands in the window is judged again with every update,
 * and Intl takes longer than everything else there.
 */
function formatter(options: Intl.DateTimeFormatOptions, lastsMs: Ms): (at: Ms, timeZone: string) => string {
  const zones = new Map<string, { readonly format: Intl.DateTimeFormat; readonly texts: Map<number, string> }>();
  return (at, timeZone) => {
    let zone = zones.get(timeZone);
    if (zone === undefined) zones.set(timeZone, (zone = { format: new Intl.DateTimeFormat('en-GB', { ...options, timeZone }), texts: new Map() }));
    const turn = Math.floor(at / lastsMs);
    let text = zone.texts.get(turn);
    if (text === undefined) {
      if (zone.texts.size === keptTexts) zone.texts.clear();
      zone.texts.set(turn, (text = zone.format.format(at)));
    }
    return text;
  };
}

/** "14:32:05" */
export const timeOfDay = formatter({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }, second);

/** "14:32" */
export const minuteOfDay = formatter({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, minute);

/** "12 Jan" */
export const dayAndMonth = formatter({ day: 'numeric', month: 'short' }, minute);

const commaWeekday = formatter({ weekday: 'short', day: 'numeric', month: 'short' }, minute);
const numbers = formatter({ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }, second);

/** "Mon 12 Jan" */
export function weekdayAndDay(at: Ms, timeZone: string): string {
  return commaWeekday(at, timeZone).replace(',', '');
}

/** "14:32", with the day before it when that is not today: "Mon 12 Jan 14:32". */
export function minuteWithDay(at: Ms, now: Ms, timeZone: string): string {
  const sameDay = dayAndMonth(at, timeZone) === dayAndMonth(now, timeZone) && Math.abs(now - at) < 86_400_000 * 2;
  return sameDay ? minuteOfDay(at, timeZone) : `${weekdayAndDay(at, timeZone)} ${minuteOfDay(at, timeZone)}`;
}

/** What must be added to UTC to read the zone's wall clock at an instant. */
export function zoneOffset(at: Ms, timeZone: string): Ms {
  const text = numbers(at, timeZone);
  const [day, month, year, hours, minutes, seconds] = (text.match(/\d+/g) ?? []).map(Number);
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hours, minutes, seconds) - Math.floor(at / 1000) * 1000;
}

const units: readonly { readonly size: Ms; readonly name: string }[] = [
  { size: 86_400_000, name: 'd' },
  { size: 3_600_000, name: 'h' },
  { size: minute, name: 'm' },
  { size: second, name: 's' },
];

/** A duration in at most two units: "5 s", "3 m 20 s", "6 h 12 m", "2 d 4 h"; whole seconds, never negative. */
export function duration(durationMs: Ms): string {
  const rest = Math.max(0, Math.floor(durationMs / 1000) * 1000);
  for (let index = 0; index < units.length; index += 1) {
    const unit = units[index];
    if (unit === undefined || rest < unit.size) continue;
    const first = `${Math.floor(rest / unit.size)} ${unit.name}`;
    const smaller = units[index + 1];
    const next = smaller === undefined ? 0 : Math.floor((rest % unit.size) / smaller.size);
    return smaller === undefined || next === 0 ? first : `${first} ${next} ${smaller.name}`;
  }
  return '0 s';
}

/** Time left until an instant, rounded up so that "in 1 s" is followed by nothing: "14 s"; "now" when it has come. */
export function timeLeft(until: Ms, now: Ms): string {
  return until - now <= 0 ? 'now' : duration(Math.ceil((until - now) / 1000) * 1000);
}
