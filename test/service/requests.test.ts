import assert from 'node:assert/strict';
import fc from 'fast-check';
import { after, before, test } from 'node:test';
import { commands, requestMethods, type RequestMethod } from '../../preload/contract.ts';
import { ServiceStand } from './service-stand.ts';

let stand: ServiceStand;

before(async () => {
  stand = await ServiceStand.open();
});

after(() => stand.close());

test('whatever comes from a window is answered with data and never changes a setting by accident', async () => {
  // Saving, testing and commands are left out where their arguments happen to be right: those do something.
  const harmless = requestMethods.filter((method) => !['saveSettings', 'testConnection', 'command'].includes(method));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...harmless), fc.jsonValue(), async (method, args) => {
      const answer = await stand.service.answer(method, args);
      return answer.ok || answer.message.length > 0;
    }),
    { numRuns: 300 },
  );
  assert.equal(stand.file(), undefined);
});

test('requests that are not understood are refused with words', async () => {
  const wrong: readonly (readonly [string, unknown])[] = [
    ['overview', undefined],
    ['overview', null],
    ['overview', {}],
    ['overview', ['more']],
    ['history', []],
    ['history', ['2h']],
    ['history', [{ toString: 'x' }]],
    ['log', [{}]],
    ['log', [{ limit: 0 }]],
    ['log', [{ limit: 1_000_000 }]],
    ['log', [{ limit: 10, statuses: ['debug'] }]],
    ['log', [{ limit: 10, search: 'x'.repeat(10_000) }]],
    ['log', [{ limit: 10, unknown: true }]],
    ['saveSettings', [{ bufferPath: '/etc/passwd' }]],
    ['saveSettings', [{ __proto__: null, constructor: 1 }]],
    ['saveSettings', [{}, { kind: 'read' }]],
    ['saveSettings', [{}, { kind: 'set' }]],
    ['testConnection', ['everything', {}]],
    ['command', ['format-disk']],
    ['command', []],
    ['toString', []],
    ['__proto__', []],
    ['openExternal', ['https://example.com']],
  ];
  for (const [method, args] of wrong) {
    const answer = await stand.service.answer(method as RequestMethod, args);
    assert.equal(answer.ok, false, `${method} ${JSON.stringify(args)}`);
    assert.ok(!answer.ok && answer.message.length > 10);
  }
  assert.equal(stand.file(), undefined);
});

test('the host tells what it is, and that nothing was configured yet until something was', async () => {
  const fresh = await ServiceStand.open();
  assert.deepEqual(await fresh.ask('host'), { kind: 'desktop', version: '1.2.3', platform: 'darwin', timeZone: 'America/New_York', firstRun: true });
  await fresh.ask('saveSettings', { socketPort: 7_496 });
  assert.equal((await fresh.ask('host')).firstRun, false, 'the default was chosen');
  await fresh.close();
  const configured = await ServiceStand.open({ env: { IB_SOCKET_PORT: '4001' } });
  assert.equal((await configured.ask('host')).firstRun, false);
  await configured.close();
});

test('the log is paged, filtered and searched', async () => {
  const { history, clock } = stand;
  for (let index = 1; index <= 30; index += 1) {
    history.appendLog({ timestamp: clock.now(), status: index % 10 === 0 ? 'error' : 'info', message: `entry ${index} 100% of_it` });
  }
  const page = await stand.ask('log', { limit: 12 });
  assert.deepEqual(page.map(({ message }) => message.split(' ')[1]).slice(0, 3), ['30', '29', '28']);
  const next = await stand.ask('log', { limit: 12, before: page.at(-1)?.id ?? 0 });
  assert.equal(next[0]?.message, 'entry 18 100% of_it');
  assert.equal((await stand.ask('log', { limit: 100, statuses: ['error'] })).length, 3);
  assert.equal((await stand.ask('log', { limit: 100, search: 'ENTRY 2' })).length, 11);
  assert.equal((await stand.ask('log', { limit: 100, search: '100%' })).length, 30, 'a % is a %');
  assert.equal((await stand.ask('log', { limit: 100, search: '1__%' })).length, 0);
});

test('commands reach whom they are for', async () => {
  const stand = await ServiceStand.open();
  await stand.connect();
  await stand.ask('command', 'pause');
  assert.equal(stand.kind(), 'paused');
  await stand.ask('command', 'resume');
  await stand.clock.advance(1_000);
  assert.equal(stand.kind(), 'connected');
  const sessions = stand.gateway.sessions.length;
  await stand.ask('command', 'reconnect');
  await stand.clock.advance(1_000);
  assert.equal(stand.gateway.sessions.length, sessions + 1);
  const probes = stand.probes;
  await stand.ask('command', 'retry-database');
  assert.equal(stand.probes, probes + 1);
  await stand.ask('saveSettings', { gatewayUrl: 'https://localhost:5009' });
  await stand.ask('command', 'open-login');
  await stand.ask('command', 'open-login-items');
  assert.deepEqual(stand.host.opened, [{ kind: 'portal-login', url: 'https://localhost:5009' }, { kind: 'login-items' }]);
  await stand.ask('command', 'start-demo');
  await stand.ask('command', 'quit');
  assert.deepEqual([stand.host.demos, stand.host.quits], [1, 1]);
  assert.equal(commands.length, 8, 'a new command needs its line above');
  await stand.close();
});
