import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDaemonArguments } from '../../main/daemon/arguments.ts';

const dashboardOf = (...args: readonly string[]): unknown => parseDaemonArguments(args).dashboard;

test('--dashboard takes a port of this machine, or any free one', () => {
  assert.equal(dashboardOf(), undefined);
  assert.deepEqual(dashboardOf('--dashboard'), { host: '127.0.0.1', port: 0 });
  assert.deepEqual(dashboardOf('--dashboard', '8080'), { host: '127.0.0.1', port: 8080 });
  assert.deepEqual(dashboardOf('--dashboard=8080'), { host: '127.0.0.1', port: 8080 });
  assert.deepEqual(dashboardOf('--dashboard', 'localhost:8080'), { host: '127.0.0.1', port: 8080 });
  assert.deepEqual(dashboardOf('--dashboard', '[::1]:8080'), { host: '::1', port: 8080 });
});

test('--dashboard without a port leaves the next option alone', () => {
  const args = parseDaemonArguments(['--dashboard', '--status', '5', '--data-folder', '/somewhere']);
  assert.deepEqual([args.dashboard, args.statusEveryMs, args.dataFolder], [{ host: '127.0.0.1', port: 0 }, 5_000, '/somewhere']);
  assert.deepEqual(parseDaemonArguments(['--data-folder', 'dashboard', '--dashboard', '0']).dataFolder, 'dashboard');
});

test('addresses that others could reach are refused, with the way to do it instead', () => {
  for (const text of ['0.0.0.0:8080', '192.168.1.5:8080', '[::]:8080', 'example.com:8080', '127.0.0.2:8080', ':8080']) {
    assert.throws(() => dashboardOf('--dashboard', text), /this machine only.*ssh -L 8080:localhost:8080/, text);
  }
  for (const text of ['70000', 'http', '8080x', '80 80']) assert.throws(() => dashboardOf('--dashboard', text), /a port from 1 to 65535/, text);
});
