import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialState, type BridgeState, type Connection, type DeliveryState, type Snapshot } from '../../main/engine/state.ts';
import { viewTray, type TrayFacts, type TrayView } from '../../main/shell/tray-view.ts';

const at = (time: string): number => Date.parse(`2026-03-04T${time}Z`);
const now = at('14:40:00');

const delivery: DeliveryState = {
  database: 'delivering',
  breaker: 'closed',
  nextProbeAt: null,
  waiting: 0,
  delivered: 100,
  dead: 0,
  lastDelivery: null,
  drain: null,
  durable: true,
  cause: null,
};

const sums: Snapshot = {
  at: at('14:39:55'),
  delta: -46.43,
  gamma: 3.26,
  vega: 1_284.4,
  theta: null,
  underlyingPrice: 6_012.25,
  underlyingSymbol: 'SPX',
  coverage: { legs: 30, priced: 30, unpriced: [], notCounted: [] },
};

/** Nothing of these is shown: while live they are the last row's, which may be an hour old, else those of a book that warms up. */
const others: Snapshot = { ...sums, at: at('13:40:00'), delta: 1, gamma: 1, vega: 1, theta: 1, coverage: { ...sums.coverage, legs: 7, priced: 1 } };

function facts(connection: Connection, more: Partial<TrayFacts & BridgeState> = {}): TrayFacts {
  const { live = connection.kind === 'connected' } = more;
  const { loginItem = 'unsupported', showTitle = false, demo = false, sums: moved = live ? sums : others, ...state } = more;
  return {
    state: { ...initialState('SOCKET', '127.0.0.1:4001', delivery), connection, snapshot: live ? others : sums, live, ...state },
    sums: moved,
    now,
    timeZone: 'UTC',
    showTitle,
    loginItem,
    demo,
  };
}

/** The whole menu as text: "> " is something to click, "( )" and "(x)" tell a check, "~" is disabled. */
function menuText({ menu }: TrayView): string[] {
  return menu.map((line) => {
    switch (line.kind) {
      case 'separator':
        return '-';
      case 'words':
        return line.label;
      case 'action':
        return `${line.enabled ? '>' : '~'} ${line.checked === undefined ? '' : line.checked ? '(x) ' : '( ) '}${line.label} [${line.action}]`;
    }
  });
}

const greeks = ['Delta \u221246.430', 'Gamma +3.260', 'Vega +1,284.4', 'Theta \u2013'];
const old = 'These are 5 s old';
const commands = ['> Reconnect now [reconnect]', '> Pause [pause]', '-', '> Open [open-window]', '> Settings\u2026 [open-settings]', '-', '> Quit [quit]'];
const calm = [...greeks, old, '-', 'No rows waiting', '-'];
const cause = { code: 'gateway-closed', text: 'the gateway closed the connection', action: 'start IB Gateway and log in\nCREATE TABLE never shown here' };
const explained = ['The gateway closed the connection', 'Start IB Gateway and log in'];
const where = 'SOCKET 127.0.0.1:4001';

const expected: readonly { readonly name: string; readonly connection: Connection; readonly view: Omit<TrayView, 'menu'> & { readonly menu: readonly string[] } }[] = [
  {
    name: 'stopped',
    connection: { kind: 'stopped' },
    view: { image: 'reconnecting', tooltip: 'IBKR Trading Bridge: stopped', title: '', menu: ['Stopped', where, '-', ...calm, '~ Reconnect now [reconnect]', '~ Pause [pause]', ...commands.slice(2)] },
  },
  {
    name: 'connecting for the first time',
    connection: { kind: 'connecting', attempt: 1, since: now },
    view: { image: 'reconnecting', tooltip: 'IBKR Trading Bridge: connecting', title: '', menu: ['Connecting', where, '-', ...calm, '~ Reconnect now [reconnect]', ...commands.slice(1)] },
  },
  {
    name: 'connecting again',
    connection: { kind: 'connecting', attempt: 3, since: now },
    view: { image: 'reconnecting', tooltip: 'IBKR Trading Bridge: connecting, attempt 3', title: '', menu: ['Connecting, attempt 3', where, '-', ...calm, '~ Reconnect now [reconnect]', ...commands.slice(1)] },
  },
  {
    name: 'connected',
    connection: { kind: 'connected', since: at('14:32:00'), account: 'DU1234567', marketData: 'live' },
    view: {
      image: 'connected',
      tooltip: 'IBKR Trading Bridge: connected since 14:32:00, live data',
      title: '',
      menu: ['Connected since 14:32:00, live data', where, '-', ...greeks, '-', 'No rows waiting', '-', ...commands],
    },
  },
  {
    name: 'degraded',
    connection: { kind: 'degraded', since: at('14:39:00'), cause },
    view: { image: 'reconnecting', tooltip: 'IBKR Trading Bridge: degraded since 14:39:00', title: '', menu: ['Degraded since 14:39:00', where, ...explained, '-', ...calm, ...commands] },
  },
  {
    name: 'reconnecting',
    connection: { kind: 'reconnecting', attempt: 2, retryAt: at('14:40:07'), cause },
    view: {
      image: 'reconnecting',
      tooltip: 'IBKR Trading Bridge: reconnecting, next attempt at 14:40:07',
      title: '',
      menu: ['Reconnecting, next attempt at 14:40:07', where, ...explained, '-', ...calm, ...commands],
    },
  },
  {
    name: 'reset window',
    connection: { kind: 'reset-window', until: at('15:05:00'), cause: { code: 'reset-window', text: 'IBKR resets its servers' } },
    view: {
      image: 'reset-window',
      tooltip: 'IBKR Trading Bridge: reset window until 15:05:00',
      title: '',
      menu: ['Reset window until 15:05:00', where, 'IBKR resets its servers', '-', ...calm, ...commands],
    },
  },
  {
    name: 'needs login',
    connection: { kind: 'needs-login', since: at('14:30:00'), cause },
    view: { image: 'reconnecting', tooltip: 'IBKR Trading Bridge: needs login since 14:30:00', title: '', menu: ['Needs login since 14:30:00', where, ...explained, '-', ...calm, ...commands] },
  },
  {
    name: 'paused by the user',
    connection: { kind: 'paused', by: 'user' },
    view: {
      image: 'reconnecting',
      tooltip: 'IBKR Trading Bridge: paused',
      title: '',
      menu: ['Paused', where, '-', ...calm, '~ Reconnect now [reconnect]', '> Resume [resume]', ...commands.slice(2)],
    },
  },
  {
    name: 'asleep',
    connection: { kind: 'paused', by: 'sleep' },
    view: { image: 'reconnecting', tooltip: 'IBKR Trading Bridge: asleep', title: '', menu: ['Asleep', where, '-', ...calm, ...commands] },
  },
];

for (const { name, connection, view } of expected) {
  test(`the tray: ${name}`, () => {
    const seen = viewTray(facts(connection));
    assert.deepEqual({ ...seen, menu: menuText(seen) }, view);
  });
}

const connected: Connection = { kind: 'connected', since: at('14:32:00'), account: 'DU1234567', marketData: 'delayed' };

test('the title shows the live net delta, and a dash instead of an old or unknown one', () => {
  assert.equal(viewTray(facts(connected, { showTitle: true })).title, '\u0394 \u221246.430');
  assert.equal(viewTray(facts({ kind: 'paused', by: 'user' }, { showTitle: true })).title, '\u0394 \u2013');
  assert.equal(viewTray(facts(connected, { showTitle: true, sums: { ...sums, delta: null } })).title, '\u0394 \u2013');
  assert.equal(viewTray(facts(connected, { showTitle: true, sums: null })).title, '\u0394 \u2013');
  assert.equal(viewTray(facts(connected, { showTitle: true, sums: { ...sums, delta: 0 } })).title, '\u0394 0.000');
});

test('the demo says that it is one', () => {
  const view = viewTray(facts(connected, { demo: true }));
  assert.equal(view.tooltip, 'IBKR Trading Bridge (demo): connected since 14:32:00, delayed data');
  assert.equal(menuText(view)[0], 'Demo book: not your account');
});

test('sums that warm up are not passed off as the book\u2019s: the last ones stay, with their age', () => {
  const menu = menuText(viewTray(facts(connected, { live: false })));
  for (const line of [...greeks, old]) assert.ok(menu.includes(line), line);
  assert.ok(menuText(viewTray(facts(connected, { live: false, snapshot: null }))).includes('No Greeks yet'));
});

test('before the first sums there are none, not zeros', () => {
  assert.ok(menuText(viewTray(facts(connected, { sums: null }))).includes('No Greeks yet'));
});

test('sums that do not cover every leg say so', () => {
  const coverage = { legs: 30, priced: 28, unpriced: [], notCounted: [] };
  assert.ok(menuText(viewTray(facts(connected, { sums: { ...sums, coverage } }))).includes('28 of 30 legs priced'));
});

test('the delivery line tells where the rows are', () => {
  const line = (change: Partial<DeliveryState>): string[] => menuText(viewTray(facts(connected, { delivery: { ...delivery, ...change } })));
  assert.ok(line({ database: 'none', waiting: 40 }).includes('No database set: rows are kept on this computer'));
  assert.ok(line({ waiting: 2_345 }).includes('2,345 rows waiting'));
  assert.ok(line({ database: 'failing', waiting: 1 }).includes('Database not reached, 1 row waiting'));
  assert.ok(line({ waiting: 1_000, drain: { done: 400, total: 1_400 } }).includes('Delivering 400 of 1,400 rows'));
  assert.ok(line({ dead: 2 }).includes('2 refused rows kept aside'));
  assert.ok(line({ durable: false }).includes('Rows are in memory only: the disk is full'));
});

test('a Client Portal login is one click away', () => {
  const needsLogin: Connection = { kind: 'needs-login', since: now, cause };
  assert.ok(menuText(viewTray(facts(needsLogin, { mode: 'PORTAL' }))).includes('> Log in [open-login]'));
  assert.ok(!menuText(viewTray(facts(needsLogin))).some((line) => line.includes('[open-login]')));
});

test('open at login shows what the system says', () => {
  const lines = (loginItem: TrayFacts['loginItem']): string | undefined => menuText(viewTray(facts(connected, { loginItem }))).find((line) => line.includes('Open at login'));
  assert.equal(lines('enabled'), '> (x) Open at login [open-at-login]');
  assert.equal(lines('not-registered'), '> ( ) Open at login [open-at-login]');
  assert.equal(lines('not-found'), '> ( ) Open at login [open-at-login]');
  assert.equal(lines('requires-approval'), '> Open at login: approve in System Settings\u2026 [open-login-items]');
  assert.equal(lines('unsupported'), undefined);
});
