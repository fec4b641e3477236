import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { NotificationConstructorOptions } from 'electron';
import type { Alarm } from '../../main/engine/state.ts';
import { Notifications } from '../../main/shell/notifications.ts';

class Shown extends EventEmitter {
  readonly options: NotificationConstructorOptions;
  readonly #screen: Set<Shown>;

  constructor(options: NotificationConstructorOptions, screen: Set<Shown>) {
    super();
    this.options = options;
    this.#screen = screen;
  }

  show(): void {
    this.#screen.add(this);
  }

  close(): void {
    this.#screen.delete(this);
  }
}

function stand(): { readonly notifications: Notifications; readonly bodies: () => (string | undefined)[]; readonly made: Shown[]; readonly opened: () => number } {
  const screen = new Set<Shown>();
  const made: Shown[] = [];
  let opened = 0;
  const notifications = new Notifications(
    (options) => {
      const shown = new Shown(options, screen);
      made.push(shown);
      return shown as unknown as Electron.Notification;
    },
    () => (opened += 1),
  );
  return { notifications, made, bodies: () => [...screen].map(({ options }) => options.body), opened: () => opened };
}

const gateway: Alarm = { code: 'gateway', since: 0, text: 'no connection to IBKR: connection refused', action: 'start IB Gateway and log in' };
const database: Alarm = { code: 'database-setup', since: 0, text: 'the table api_logs is missing', action: 'run this as its owner:\nCREATE TABLE api_logs (...)' };

test('an alarm is told once while it stands, and taken back when it is over', () => {
  const { notifications, bodies, made } = stand();
  notifications.update([gateway]);
  notifications.update([gateway]);
  notifications.update([{ ...gateway, since: 5 }]);
  assert.deepEqual(bodies(), ['No connection to IBKR: connection refused. Start IB Gateway and log in']);
  assert.equal(made.length, 1);
  notifications.update([]);
  assert.deepEqual(bodies(), []);
  notifications.update([gateway]);
  assert.equal(made.length, 2, 'a new outage is new');
});

test('two codes are two notifications; the SQL to run is for the window', () => {
  const { notifications, bodies } = stand();
  notifications.update([gateway, database]);
  assert.deepEqual(bodies(), ['No connection to IBKR: connection refused. Start IB Gateway and log in', 'The table api_logs is missing. Run this as its owner:']);
  notifications.update([database]);
  assert.deepEqual(bodies(), ['The table api_logs is missing. Run this as its owner:']);
});

test('an alarm that reads differently replaces the one before', () => {
  const { notifications, bodies } = stand();
  notifications.update([gateway]);
  notifications.update([{ code: 'gateway', since: 0, text: 'the login has expired' }]);
  assert.deepEqual(bodies(), ['The login has expired.']);
});

test('a click opens the window', () => {
  const { notifications, made, opened } = stand();
  notifications.update([gateway]);
  made[0]?.emit('click');
  assert.equal(opened(), 1);
});

test('where the system shows no notifications nothing fails', () => {
  const notifications = new Notifications(() => undefined, () => undefined);
  notifications.update([gateway]);
  notifications.update([]);
});
