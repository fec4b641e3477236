import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startOfLocalDay } from '../../main/service/local-day.ts';

/** The zone's calendar day at an instant, as the runtime prints it. */
function dayIn(timeZone: string): (at: number) => string {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return (at) => format.format(at);
}

/** Zones with every kind of night: at 2 o'clock, at midnight (Cairo, Santiago, Havana, Beirut), half an hour (Lord Howe), none, far offsets. */
const zones = [
  'America/New_York',
  'Europe/Zurich',
  'Africa/Cairo',
  'America/Santiago',
  'America/Havana',
  'Asia/Beirut',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
  'UTC',
];

const halfHourMs = 1_800_000;

test('a day begins with its first minute, found by looking at every half hour of two years in twelve zones', () => {
  for (const timeZone of zones) {
    const dayOf = dayIn(timeZone);
    let start = Number.NaN;
    let day = '';
    const seen = new Set<string>();
    for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2028, 0, 1); at += halfHourMs) {
      const today = dayOf(at);
      // A night that repeats midnight shows yesterday once more: the day has begun with its first instant all the same.
      if (today !== day && !seen.has(today)) {
        seen.add(today);
        start = firstInstant(dayOf, today, at);
      }
      day = today;
      if (Number.isNaN(start) || seen.size === 1 || today !== [...seen].at(-1)) continue;
      assert.equal(startOfLocalDay(timeZone, at), start, `${timeZone} ${new Date(at).toISOString()}`);
    }
  }
});

/** The first minute of a day that began within the half hour before `at`. */
function firstInstant(dayOf: (at: number) => string, day: string, at: number): number {
  for (let minute = at - halfHourMs; minute < at; minute += 60_000) if (dayOf(minute) === day) return minute;
  return at;
}
