import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { nextWindow, resetWindowPresets, windowAt, type ResetWindow } from '../../../main/engine/supervision/reset-window.ts';
import { hongKong, lordHowe, newYork, zurich, type ZoneRules } from './zone-rules.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** Windows at the hours that a change of the clock touches, and every preset of the zone. */
function windowsOf({ timeZone }: ZoneRules): readonly ResetWindow[] {
  const presets = resetWindowPresets.flatMap((preset) => preset.windows).filter((window) => window.timeZone === timeZone);
  const around = [['01:00', '02:00'], ['01:30', '02:30'], ['02:15', '02:45'], ['01:45', '01:15']] as const;
  const days = [{ start: '23:40', resume: '01:30', days: ['Sat'] as const }, { start: '02:05', resume: '02:25', days: ['Sun'] as const }];
  return [...new Set([...presets, ...around.map(([start, resume]) => ({ timeZone, start, resume })), ...days.map((window) => ({ timeZone, ...window }))])];
}

/** The wall clock that the law prescribes, minute by minute from a day before a change of the clock to nine days after. */
interface Walls {
  readonly first: number;
  readonly timeOfDay: readonly number[];
  readonly weekday: readonly number[];
}

function wallsAround(rules: ZoneRules, transition: number): Walls {
  const first = transition - dayMs;
  const locals = Array.from({ length: 10 * 1440 }, (_, minute) => new Date(first + minute * minuteMs + rules.offset(first + minute * minuteMs)));
  return { first, timeOfDay: locals.map((local) => local.getUTCHours() * 60 + local.getUTCMinutes()), weekday: locals.map((local) => local.getUTCDay()) };
}

/** By minute, whether that wall clock stands inside the window. */
function insideOf({ start, resume, days }: ResetWindow, { timeOfDay, weekday }: Walls): readonly boolean[] {
  const [from = 0, to = 0] = [start, resume].map((text) => Number(text.split(':')[0]) * 60 + Number(text.split(':')[1]));
  const evenings = weekdays.map((day) => days === undefined || days.includes(day as never));
  return timeOfDay.map((time, minute) => {
    const today = weekday[minute] as number;
    if (from <= to) return from <= time && time < to && evenings[today] === true;
    return (time >= from && evenings[today] === true) || (time < to && evenings[(today + 6) % 7] === true);
  });
}

/** A window with what the oracle says of each minute. */
interface Expectation {
  readonly window: ResetWindow;
  readonly inside: readonly boolean[];
  /** By minute: the first later minute at which `inside` changes. */
  readonly next: readonly number[];
}

function expectationOf(window: ResetWindow, walls: Walls): Expectation {
  const inside = insideOf(window, walls);
  const next: number[] = [];
  for (let minute = inside.length - 1; minute >= 0; minute--) next[minute] = inside[minute] === inside[minute + 1] ? (next[minute + 1] as number) : minute + 1;
  return { window, inside, next };
}

/** Compares every minute of the day and a half around a change of the clock; returns how many. */
function compare({ walls, expectations }: (typeof cases)[number]): number {
  const instant = (minute: number): number => walls.first + minute * minuteMs;
  for (let minute = 720; minute < 2880; minute++) {
    // Off the full minute as well: the engine looks at any millisecond.
    const at = instant(minute) + (minute % 3) * 19_999;
    for (const { window, inside, next } of expectations) {
      const expected = inside[minute] === true ? instant(next[minute] as number) : null;
      const found = windowAt([window], at)?.until ?? null;
      if (found !== expected) assert.fail(`${JSON.stringify(window)} at ${new Date(at).toISOString()}: ${found} instead of ${expected}`);
      if (minute % 60 > 0) continue;
      const start = next[inside[minute] === true ? (next[minute] as number) : minute] as number;
      const end = next[start];
      if (end === undefined || end >= inside.length) continue; // beyond what the oracle computed
      assert.deepEqual(nextWindow([window], at), { start: instant(start), end: instant(end) }, `${JSON.stringify(window)} after ${new Date(at).toISOString()}`);
    }
  }
  return 2160 * expectations.length;
}

const years = Array.from({ length: 21 }, (_, index) => 2020 + index);
const cases = [newYork, zurich, lordHowe, hongKong].flatMap((rules) =>
  years.flatMap((year) =>
    rules.transitions(year).map((transition) => {
      const walls = wallsAround(rules, transition);
      return { rules, year, walls, expectations: windowsOf(rules).map((window) => expectationOf(window, walls)) };
    }),
  ),
);

const timeZoneBefore = process.env['TZ'];
after(() => {
  if (timeZoneBefore === undefined) delete process.env['TZ'];
  else process.env['TZ'] = timeZoneBefore;
});

// New York's changes are compared in full on each setting of the machine, those of the other zones every fourth year on each.
for (const [index, timeZone] of ['UTC', 'Asia/Jerusalem', 'Europe/Berlin', 'Australia/Lord_Howe'].entries()) {
  test(`windows are right in every minute around every change of the clock 2020 to 2040, on a machine set to ${timeZone}`, () => {
    process.env['TZ'] = timeZone;
    assert.equal(Intl.DateTimeFormat().resolvedOptions().timeZone, timeZone, 'the setting reached this process');
    let minutes = 0;
    for (const each of cases) {
      if (each.rules === newYork || each.year % 4 === index) minutes += compare(each);
    }
    assert.ok(minutes > 900_000, String(minutes));
  });
}
