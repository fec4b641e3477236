import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { LogEntry, Update } from '../../preload/contract.ts';
import { ServiceStand } from './service-stand.ts';

let stand: ServiceStand;

beforeEach(async () => {
  stand = await ServiceStand.open();
});

afterEach(() => stand.close());

const overviews = (updates: readonly Update[]): Update[] => updates.filter(({ type }) => type === 'overview');
const entries = (updates: readonly Update[]): LogEntry[] => updates.flatMap((update) => (update.type === 'log' ? update.entries : []));

function record(message: string): void {
  stand.history.appendLog({ timestamp: stand.clock.now(), status: 'info', message });
}

/** Moves the market 20 times a second. */
async function moveMarket(seconds: number): Promise<void> {
  for (let step = 1; step <= seconds * 20; step += 1) {
    stand.gateway.current.price(1, { delta: 0.5 + step / 1_000, gamma: 0.01, vega: 2, theta: -3 });
    await stand.clock.advance(50);
  }
}

test('an invisible window is told nothing and costs no timer', async () => {
  await stand.connect();
  const timers = stand.clock.pendingTimers;
  const window = stand.attach();
  await moveMarket(2);
  assert.deepEqual(window.updates, []);
  assert.equal(stand.clock.pendingTimers, timers);
  window.setVisible(true);
  window.setVisible(false);
  assert.equal(stand.clock.pendingTimers, timers, 'hidden, it has no timer at once');
  const told = window.updates.length;
  await moveMarket(2);
  assert.equal(window.updates.length, told);
  assert.equal(stand.clock.pendingTimers, timers);
});

test('a window that becomes visible is told the whole state at once', async () => {
  await stand.connect();
  const window = stand.attach();
  window.setVisible(true);
  const [update] = window.updates;
  assert.equal(update?.type === 'overview' && update.overview.state.connection.kind, 'connected');
  assert.equal(update?.type === 'overview' && update.overview.sums?.delta, 100);
});

test('overviews come at most four times a second, however often the market moves and the window is shown', async () => {
  await stand.connect();
  const window = stand.attach();
  window.setVisible(true);
  await moveMarket(3);
  const moved = overviews(window.updates).length;
  assert.ok(moved >= 11 && moved <= 13, `${moved} in three seconds`);
  for (let turn = 0; turn < 20; turn += 1) {
    window.setVisible(false);
    window.setVisible(true);
    await stand.clock.advance(50);
  }
  const shown = overviews(window.updates).length - moved;
  assert.ok(shown >= 3 && shown <= 5, `${shown} in one second`);
});

test('a change of the state does not wait for the beat', async () => {
  await stand.connect();
  const window = stand.attach();
  window.setVisible(true);
  await stand.clock.advance(600);
  stand.engine.pause('user');
  await stand.clock.advance(0);
  const last = overviews(window.updates).at(-1);
  assert.equal(last?.type === 'overview' && last.overview.state.connection.kind, 'paused');
});

test('while nothing moves, one overview a second carries the clock', async () => {
  const window = stand.attach();
  window.setVisible(true);
  await stand.clock.advance(10_000);
  assert.equal(overviews(window.updates).length, 11);
});

test('log entries come in batches and in order, each once, also those of the time when nobody looked', async () => {
  record('before the window');
  const window = stand.attach();
  window.setVisible(true);
  record('first');
  record('second');
  await stand.clock.advance(300);
  window.setVisible(false);
  for (let index = 0; index < 1_200; index += 1) record(`missed ${index}`);
  await stand.clock.advance(1_000);
  window.setVisible(true);
  await stand.clock.advance(2_000);
  const expected = ['first', 'second', ...Array.from({ length: 1_200 }, (_, index) => `missed ${index}`)];
  assert.deepEqual(entries(window.updates).map(({ message }) => message), expected);
  const batches = window.updates.filter(({ type }) => type === 'log').length;
  assert.equal(batches, 4, 'two entries, then 1,200 in three batches');
});

test('settings that change are told, once, also after the window was hidden meanwhile', async () => {
  const visible = stand.attach();
  visible.setVisible(true);
  const hidden = stand.attach();
  await stand.ask('saveSettings', { clientId: 20 });
  await stand.ask('saveSettings', { clientId: 21 });
  await stand.clock.advance(300);
  hidden.setVisible(true);
  const told = (updates: readonly Update[]): unknown[] => updates.flatMap((update) => (update.type === 'settings' ? [update.settings.fields.clientId.value] : []));
  assert.equal(told(visible.updates).at(-1), 21);
  assert.deepEqual(told(hidden.updates), [21]);
});

test('open at login, changed in the tray, is told to every window; what the system says against it to who asked', async () => {
  const window = stand.attach();
  window.setVisible(true);
  assert.deepEqual(await stand.service.setOpenAtLogin(true), { ok: true, value: null });
  await stand.clock.advance(0);
  const told = (): unknown[] => window.updates.flatMap((update) => (update.type === 'settings' ? [update.settings.loginItem] : []));
  assert.deepEqual(told(), ['requires-approval']);
  assert.equal(stand.file(), undefined, 'it is the system that keeps it');
  Object.assign(stand.host.loginItem ?? {}, { set: () => assert.fail('the system refuses') });
  assert.deepEqual(await stand.service.setOpenAtLogin(false), { ok: false, message: 'Open at login could not be changed: the system refuses.' });
  await stand.clock.advance(0);
  assert.equal(told().length, 1);
});

test('a window that throws is let go and harms neither the engine nor another window', async () => {
  await stand.connect();
  const timers = stand.clock.pendingTimers;
  const broken = stand.service.attach(() => {
    throw new Error('the page is gone');
  });
  const well = stand.attach();
  broken.setVisible(true);
  well.setVisible(true);
  await moveMarket(6);
  assert.ok(overviews(well.updates).length > 20);
  assert.equal(stand.kind(), 'connected');
  assert.ok(stand.engine.state.rowsWritten >= 2);
  assert.match(stand.logged.join('\n'), /the page is gone/);
  well.detach();
  assert.equal(stand.clock.pendingTimers, timers);
});

test('a detached window is told nothing more, whatever is called on it', async () => {
  const window = stand.attach();
  window.setVisible(true);
  window.detach();
  window.detach();
  window.setVisible(false);
  window.setVisible(true);
  const told = window.updates.length;
  await stand.clock.advance(5_000);
  assert.equal(window.updates.length, told);
});

test('the tray hears of each change without a window', async () => {
  const kinds: string[] = [];
  const unsubscribe = stand.service.subscribe(({ connection }) => kinds.push(connection.kind));
  await stand.connect();
  unsubscribe();
  stand.engine.pause('user');
  assert.ok(kinds.includes('connecting') && kinds.at(-1) === 'connected');
  assert.equal(stand.service.state.connection.kind, 'paused');
});
