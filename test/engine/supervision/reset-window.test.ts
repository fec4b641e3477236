import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  briefWindow, nextWindow, parseResetWindow, resetWindowPresets, windowAt, windowName, type ResetWindow,
} from '../../../main/engine/supervision/reset-window.ts';

const timeZone = 'America/New_York';

function untilOf(windows: readonly ResetWindow[], at: string): string | null {
  const found = windowAt(windows, Date.parse(at));
  return found === null ? null : new Date(found.until).toISOString();
}

function preset(name: string): readonly ResetWindow[] {
  const found = resetWindowPresets.find((each) => each.name.includes(name));
  assert.ok(found, name);
  return found.windows;
}

test('the default window is 23:40 to 00:05 New York time, start inside and resume outside', () => {
  assert.equal(untilOf([briefWindow], '2026-01-15T23:39:59.999-05:00'), null);
  assert.equal(untilOf([briefWindow], '2026-01-15T23:40:00.000-05:00'), '2026-01-16T05:05:00.000Z');
  assert.equal(untilOf([briefWindow], '2026-01-16T00:04:59.999-05:00'), '2026-01-16T05:05:00.000Z');
  assert.equal(untilOf([briefWindow], '2026-01-16T00:05:00.000-05:00'), null);
});

test('on both daylight-saving nights attempts resume at 00:05 by the clock on the wall', () => {
  assert.equal(untilOf([briefWindow], '2026-03-07T23:50:00-05:00'), '2026-03-08T05:05:00.000Z');
  assert.equal(untilOf([briefWindow], '2026-03-08T23:50:00-04:00'), '2026-03-09T04:05:00.000Z');
  assert.equal(untilOf([briefWindow], '2026-10-31T23:50:00-04:00'), '2026-11-01T04:05:00.000Z');
  assert.equal(untilOf([briefWindow], '2026-11-01T23:50:00-05:00'), '2026-11-02T05:05:00.000Z');
  const night = nextWindow([briefWindow], Date.parse('2026-03-08T00:05:00-05:00'));
  assert.deepEqual(night, { start: Date.parse('2026-03-08T23:40:00-04:00'), end: Date.parse('2026-03-09T00:05:00-04:00') }, 'after 23 hours');
});

test('a window in the hour that comes twice in November comes twice', () => {
  const window = [{ timeZone, start: '01:15', resume: '01:45' }];
  assert.equal(untilOf(window, '2026-11-01T01:20:00-04:00'), '2026-11-01T05:45:00.000Z');
  assert.equal(untilOf(window, '2026-11-01T01:50:00-04:00'), null);
  assert.equal(untilOf(window, '2026-11-01T01:20:00-05:00'), '2026-11-01T06:45:00.000Z');
  const hour = [{ timeZone, start: '01:00', resume: '02:00' }];
  assert.equal(untilOf(hour, '2026-11-01T01:20:00-04:00'), '2026-11-01T07:00:00.000Z', 'both passes, two hours without a break');
});

test('a window in the hour that March leaves out does not come that night', () => {
  const window = [{ timeZone, start: '02:15', resume: '02:45' }];
  const next = nextWindow(window, Date.parse('2026-03-08T01:00:00-05:00'));
  assert.deepEqual(next, { start: Date.parse('2026-03-09T02:15:00-04:00'), end: Date.parse('2026-03-09T02:45:00-04:00') });
});

test('days are the local days on which a window starts', () => {
  const weekend = [{ timeZone, start: '23:00', resume: '03:00', days: ['Fri'] as const }];
  assert.equal(untilOf(weekend, '2026-01-16T23:30:00-05:00'), '2026-01-17T08:00:00.000Z', 'Friday night');
  assert.equal(untilOf(weekend, '2026-01-17T02:30:00-05:00'), '2026-01-17T08:00:00.000Z', 'Saturday morning');
  assert.equal(untilOf(weekend, '2026-01-16T02:30:00-05:00'), null, 'Friday morning');
  assert.equal(untilOf(weekend, '2026-01-17T23:30:00-05:00'), null, 'Saturday night');
});

test('the presets of IBKR hold its published hours, region by region', () => {
  assert.equal(untilOf(preset('North America'), '2026-01-14T00:30:00-05:00'), '2026-01-14T06:45:00.000Z');
  assert.equal(untilOf(preset('North America'), '2026-01-17T00:30:00-05:00'), '2026-01-17T08:00:00.000Z', 'the weekend window');
  assert.equal(untilOf(preset('North America'), '2026-01-17T03:30:00-05:00'), null, 'no window on Saturday');
  assert.equal(untilOf(preset('Europe'), '2026-07-14T06:30:00+02:00'), '2026-07-14T05:45:00.000Z');
  assert.equal(untilOf(preset('Asia'), '2026-07-14T05:00:00+08:00'), '2026-07-13T22:05:00.000Z');
  assert.equal(untilOf(preset('Asia'), '2026-07-14T20:30:00+08:00'), '2026-07-14T13:15:00.000Z');
  assert.equal(untilOf(preset('None'), '2026-07-14T00:30:00-04:00'), null);
});

test('every preset passes its own validation', () => {
  for (const window of resetWindowPresets.flatMap((each) => each.windows)) assert.deepEqual(parseResetWindow(window), { window });
});

test('windows that overlap or touch end with the last of them', () => {
  const chain = [{ timeZone, start: '01:00', resume: '02:00' }, { timeZone, start: '00:00', resume: '01:00' }, { timeZone, start: '01:30', resume: '03:00' }];
  const found = windowAt(chain, Date.parse('2026-01-14T00:10:00-05:00'));
  assert.deepEqual(found, { until: Date.parse('2026-01-14T03:00:00-05:00'), window: chain[1] });
  assert.deepEqual(nextWindow(chain, Date.parse('2026-01-14T00:10:00-05:00')), { start: Date.parse('2026-01-15T00:00:00-05:00'), end: Date.parse('2026-01-15T03:00:00-05:00') });
});

test('windows that cover the whole day between them still end the search', () => {
  const always = [{ timeZone, start: '00:00', resume: '12:00' }, { timeZone, start: '12:00', resume: '00:00' }];
  assert.ok((windowAt(always, 0)?.until ?? 0) >= 21 * 86_400_000);
  assert.equal(nextWindow(always, 0), null);
});

test('no windows: none now and none to come', () => {
  assert.equal(windowAt([], 0), null);
  assert.equal(nextWindow([], 0), null);
});

test('a wrong window is refused with the part that is wrong', () => {
  const good = { timeZone, start: '23:40', resume: '00:05' };
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [null, /is an object/],
    ['23:40-00:05', /is an object/],
    [{ ...good, timeZone: 'New York' }, /timeZone must be a zone such as America\/New_York, not "New York"/],
    [{ ...good, timeZone: undefined }, /timeZone/],
    [{ ...good, start: '24:00' }, /start must be a time from 00:00 to 23:59, not "24:00"/],
    [{ ...good, start: '9:00' }, /start/],
    [{ ...good, resume: '00:60' }, /resume/],
    [{ ...good, resume: 5 }, /resume/],
    [{ ...good, resume: '23:40' }, /both 23:40/],
    [{ ...good, days: [] }, /days must be a list/],
    [{ ...good, days: ['Friday'] }, /days must be a list/],
    [{ ...good, days: ['Fri', 'Fri'] }, /at most once/],
    [{ ...good, end: '00:05' }, /"end" is no part/],
  ];
  for (const [value, problem] of wrong) {
    const parsed = parseResetWindow(value);
    assert.match('problem' in parsed ? parsed.problem : 'accepted', problem);
  }
});

test('a window is named as a person would', () => {
  assert.equal(windowName(briefWindow), '23:40 to 00:05 America/New_York');
  assert.equal(windowName({ timeZone, start: '23:00', resume: '03:00', days: ['Fri'] }), 'Fri 23:00 to 03:00 America/New_York');
});
