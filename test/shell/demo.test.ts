import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadSettings, type SettingsSources } from '../../main/engine/settings/load-settings.ts';
import { demoSources, startDemoMarket, type ForkDemo } from '../../main/shell/demo.ts';

const children = new Set<ReturnType<typeof spawn>>();

const fork: ForkDemo = (modulePath, args) => {
  const child = spawn(process.execPath, [modulePath, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  children.add(child);
  return child as unknown as ReturnType<ForkDemo>;
};

test('the demo market of the build listens where it says', async (context) => {
  context.after(() => children.forEach((child) => child.kill()));
  const port = await startDemoMarket(fork, join(import.meta.dirname, '..', '..', 'dist', 'demo', 'simulators', 'main.js'));
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve()));
    socket.once('error', reject);
  });
});

test('a demo market that ends instead of listening is an error', async () => {
  await assert.rejects(startDemoMarket(fork, join(import.meta.dirname, 'no-such-file.js')), /ended with code 1/);
});

test('the demo knows nothing of the trader: not the database, not the outbox, not a .env', () => {
  const asked: string[] = [];
  const trader: SettingsSources = {
    env: { DB_HOST: 'db.example', DB_PASS: 'secret', BRIDGE_BUFFER_PATH: '/home/x/buffer.sqlite', IB_API_MODE: 'PORTAL' },
    workingDirectory: '/home/x',
    userDataFolder: '/home/x/data',
    homeDirectory: '/home/x',
    userName: 'x',
    readFile: (path) => (asked.push(path), undefined),
  };
  const { settings } = loadSettings(demoSources(trader, '/home/x/data/demo', 4_711));
  assert.equal(settings.database, null);
  assert.equal(settings.apiMode, 'SOCKET');
  assert.deepEqual(settings.socket, { host: '127.0.0.1', port: 4_711, clientId: 10 });
  assert.equal(settings.bufferPath, '/home/x/data/demo/buffer.sqlite');
  assert.ok(asked.every((path) => path.startsWith('/home/x/data/demo/')), asked.join(', '));
});
