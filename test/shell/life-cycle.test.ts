import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { sleep } from '../../main/engine/clock.ts';
import { LifeCycle, type LifeCycleParts } from '../../main/shell/life-cycle.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { until } from '../support/until.ts';

class App extends EventEmitter {
  exits: (number | undefined)[] = [];
  /** How often it had been told to end each time it was asked to start again: after the first would be too late. */
  relaunches: number[] = [];
  exit = (code?: number): void => void this.exits.push(code);
  relaunch = (): void => void this.relaunches.push(this.exits.length);

  /** As Electron does on Quit; true when somebody prevented it. */
  quit(): boolean {
    let prevented = false;
    this.emit('before-quit', { preventDefault: () => (prevented = true) });
    return prevented;
  }
}

function stand(stop: LifeCycleParts['stop']): { readonly app: App; readonly clock: ManualClock; readonly told: string[] } {
  const app = new App();
  const clock = new ManualClock();
  const told: string[] = [];
  new LifeCycle({
    app: app as unknown as LifeCycleParts['app'],
    clock,
    show: () => void told.push('show'),
    leave: () => void told.push('leave'),
    stop: (deadlineMs) => (told.push(`stop within ${deadlineMs}`), stop(deadlineMs)),
    report: (error) => void told.push(String(error)),
  });
  return { app, clock, told };
}

test('Quit hides what is seen, drains, and then ends', async () => {
  let drained: () => void = () => undefined;
  const { app, told } = stand(() => new Promise((resolve) => (drained = resolve)));
  assert.equal(app.quit(), true, 'Electron itself must not end it before rows are safe');
  assert.deepEqual(told, ['leave', 'stop within 4000']);
  assert.deepEqual(app.exits, []);
  drained();
  await until(() => app.exits.length === 1, 'the end');
  assert.deepEqual(app.exits, [0]);
});

test('a second Quit leaves at once', () => {
  const { app, told } = stand(() => new Promise(() => undefined));
  app.quit();
  app.quit();
  assert.deepEqual(app.exits, [0]);
  assert.deepEqual(told, ['leave', 'stop within 4000'], 'it is not stopped twice');
});

test('a stop that hangs ends after five seconds', async () => {
  const { app, clock } = stand(() => new Promise(() => undefined));
  app.quit();
  await clock.advance(4_999);
  assert.deepEqual(app.exits, []);
  await clock.advance(1);
  await until(() => app.exits.length === 1, 'the end');
});

test('a drain that takes all its time leaves some for closing outbox and history', async () => {
  let closed = false;
  const stop = async (clock: ManualClock, deadlineMs: number): Promise<void> => {
    await sleep(clock, deadlineMs);
    await sleep(clock, 900);
    closed = true;
  };
  const { app, clock } = stand((deadlineMs) => stop(clock, deadlineMs));
  app.quit();
  await clock.advance(4_900);
  assert.deepEqual([closed, app.exits], [true, [0]]);
});

test('a stop that fails is told and ends all the same', async () => {
  const { app, told } = stand(() => Promise.reject(new Error('disk gone')));
  app.quit();
  await until(() => app.exits.length === 1, 'the end');
  assert.ok(told.includes('Error: disk gone'));
});

test('a second launch and a click on the application show the window; without windows it stays', () => {
  const { app, told } = stand(() => Promise.resolve());
  app.emit('second-instance');
  app.emit('activate');
  assert.deepEqual(told, ['show', 'show']);
  assert.equal(app.listenerCount('window-all-closed'), 1);
});

for (const launched of ['second-instance', 'activate']) {
  test(`${launched} while it drains: it shows nothing, ends, and starts again`, async () => {
    const { app, clock, told } = stand(() => new Promise(() => undefined));
    app.quit();
    app.emit(launched);
    app.emit(launched);
    await clock.advance(5_000);
    assert.deepEqual([app.exits, app.relaunches], [[0], [0]]);
    assert.ok(!told.includes('show'), told.join());
  });
}

test('it starts again only when somebody launched it after the last Quit', async () => {
  const quit = stand(() => new Promise(() => undefined));
  quit.app.emit('second-instance');
  quit.app.quit();
  await quit.clock.advance(5_000);
  const quitTwice = stand(() => new Promise(() => undefined));
  quitTwice.app.quit();
  quitTwice.app.emit('second-instance');
  quitTwice.app.quit();
  await quitTwice.clock.advance(5_000);
  assert.deepEqual([quit.app.relaunches, quitTwice.app.relaunches], [[], []]);
});
