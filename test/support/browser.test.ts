import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findBrowser, type Machine } from './browser.ts';

interface Stand {
  readonly machine: Machine;
  readonly ran: string[];
  readonly said: string[];
}

/** A machine on which these commands succeed; an installation makes `chromium` one of them. */
function machine(working: readonly string[], given: Partial<Machine> = {}): Stand {
  const ran: string[] = [];
  const said: string[] = [];
  const present = new Set(working);
  const run: Machine['run'] = (command, args) => {
    ran.push([command, ...args].join(' '));
    if (command === 'apt-get' && args[0] === 'install' && present.has('apt-get')) present.add('chromium');
    return present.has(command);
  };
  return { ran, said, machine: { platform: 'linux', isRoot: false, env: {}, exists: () => false, run, say: (line) => void said.push(line), ...given } };
}

const debian = (path: string): boolean => path === '/etc/debian_version';

test('CHROMIUM_PATH is taken, and nothing else when it is wrong', () => {
  assert.equal(findBrowser(machine(['/opt/chrome'], { env: { CHROMIUM_PATH: '/opt/chrome' } }).machine), '/opt/chrome');
  const wrong = machine(['chromium'], { env: { CHROMIUM_PATH: '/opt/chrome' } });
  assert.equal(findBrowser(wrong.machine), undefined);
  assert.match(wrong.said.join(), /CHROMIUM_PATH=\/opt\/chrome does not answer/);
});

test('an installed browser is found by its usual names', () => {
  assert.equal(findBrowser(machine(['chromium']).machine), 'chromium');
  assert.equal(findBrowser(machine(['google-chrome']).machine), 'google-chrome');
  const app = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
  assert.equal(findBrowser(machine([app], { platform: 'darwin', exists: (path) => path === app }).machine), app);
});

test('a command is told as the path that PATH means', () => {
  const exists = (path: string): boolean => path === '/usr/bin/chromium' || path === '/snap/bin/chromium';
  assert.equal(findBrowser(machine(['chromium'], { env: { PATH: '/usr/local/bin:/usr/bin:/snap/bin' }, exists }).machine), '/usr/bin/chromium');
});

test('on Debian as root it is installed, otherwise a person is told how', () => {
  const root = machine(['apt-get'], { isRoot: true, exists: debian });
  assert.equal(findBrowser(root.machine), 'chromium');
  assert.ok(root.ran.includes('apt-get update'));
  const user = machine(['apt-get'], { exists: debian });
  assert.equal(findBrowser(user.machine), undefined);
  assert.match(user.said.join(), /sudo apt-get install chromium/);
  assert.ok(!user.ran.some((command) => command.startsWith('apt-get')));
  const mac = machine(['apt-get'], { isRoot: true, platform: 'darwin' });
  assert.equal(findBrowser(mac.machine), undefined);
  assert.match(mac.said.join(), /brew install/);
});

test('an installation that fails ends in a sentence, not in an error', () => {
  const offline = machine([], { isRoot: true, exists: debian });
  assert.equal(findBrowser(offline.machine), undefined);
  assert.match(offline.said.join(' '), /Installing Chromium failed/);
});
