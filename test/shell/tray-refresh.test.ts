import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrayRefresh } from '../../main/shell/tray-refresh.ts';
import { ManualClock } from '../support/manual-clock.ts';

function stand(): { readonly clock: ManualClock; readonly refresh: TrayRefresh; readonly shown: () => number; moves: boolean } {
  const clock = new ManualClock();
  let shows = 0;
  const stand = { moves: false };
  const refresh = new TrayRefresh({ clock, show: () => (shows += 1), moves: () => stand.moves });
  return Object.assign(stand, { clock, refresh, shown: () => shows });
}

test('changes of one moment are shown once, after it, and then no timer runs', async () => {
  const { clock, refresh, shown } = stand();
  refresh.changed();
  refresh.changed();
  assert.equal(shown(), 0, 'not inside the work of who tells');
  await clock.advance(0);
  assert.equal(shown(), 1);
  assert.equal(clock.pendingTimers, 0);
});

test('however often something changes, it is shown four times a second', async () => {
  const { clock, refresh, shown } = stand();
  for (let step = 0; step < 99; step += 1) {
    refresh.changed();
    await clock.advance(10);
  }
  assert.equal(shown(), 4);
});

test('a live number is shown anew once a second, until it no longer moves', async () => {
  const of = stand();
  of.moves = true;
  of.refresh.changed();
  await of.clock.advance(5_500);
  assert.equal(of.shown(), 6);
  of.moves = false;
  await of.clock.advance(1_000);
  assert.equal(of.clock.pendingTimers, 0);
});

test('a change does not wait for the second', async () => {
  const of = stand();
  of.moves = true;
  of.refresh.changed();
  await of.clock.advance(300);
  of.refresh.changed();
  await of.clock.advance(0);
  assert.equal(of.shown(), 2);
  assert.equal(of.clock.pendingTimers, 1);
});

test('an icon that was removed is left alone', async () => {
  const of = stand();
  of.moves = true;
  of.refresh.changed();
  await of.clock.advance(0);
  of.refresh.end();
  of.refresh.changed();
  await of.clock.advance(5_000);
  assert.equal(of.shown(), 1);
  assert.equal(of.clock.pendingTimers, 0);
});
