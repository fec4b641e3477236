import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DaemonProcess } from '../demo/daemon-process.ts';

async function runToEnd(env: Readonly<Record<string, string>>, options: { args?: string[]; files?: Record<string, string> } = {}): Promise<{
  code: number | null;
  stderr: string;
  stdout: string;
  left: string[];
}> {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-daemon-'));
  const files = options.files ?? {};
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  try {
    const daemon = new DaemonProcess({ env: { BRIDGE_BUFFER_PATH: join(folder, 'buffer.sqlite'), ...env }, folder, args: options.args ?? [] });
    const { code } = await daemon.exited;
    const left = readdirSync(folder).filter((name) => !(name in files));
    return { code, stderr: daemon.stderr, stdout: daemon.lines.map(({ msg }) => msg).join('\n'), left };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('every wrong setting is named in one message, the exit code is 2, and nothing is written', async () => {
  const { code, stderr, left } = await runToEnd({
    IB_API_MODE: 'FOO',
    IB_CLIENT_ID: '0',
    IB_SOCKET_PORT: '99999',
    BRIDGE_POLL_INTERVAL: '0',
  });
  assert.equal(code, 2);
  for (const wrong of ['IB_API_MODE=FOO', 'IB_CLIENT_ID=0', 'IB_SOCKET_PORT=99999', 'BRIDGE_POLL_INTERVAL=0']) assert.ok(stderr.includes(wrong), wrong);
  assert.deepEqual(left, []);
});

test('a wrong value in .env is named with its file, and a password is never shown', async () => {
  const { code, stderr } = await runToEnd({ DB_PORT: 'x' }, { files: { '.env': 'IB_CLIENT_ID=ten\nDB_HOST=db\nDB_PASS=sesame\nDB_PASS_FILE=/nowhere/secret\n' } });
  assert.equal(code, 2);
  assert.ok(stderr.includes('IB_CLIENT_ID=ten') && stderr.includes('.env') && stderr.includes('DB_PORT=x') && stderr.includes('DB_PASS_FILE'));
  assert.ok(!stderr.includes('sesame'));
});

test('an unknown argument is refused with the usage', async () => {
  const { code, stderr } = await runToEnd({}, { args: ['--chek'] });
  assert.equal(code, 2);
  assert.match(stderr, /--chek[\s\S]*usage/);
});

test('--check says what does not work and what to do, and exits 1', async () => {
  // Port 1 of the loopback: nothing listens there.
  const { code, stdout, left } = await runToEnd({ IB_SOCKET_PORT: '1', DB_HOST: '127.0.0.1', DB_PORT: '1' }, { args: ['--check'] });
  assert.equal(code, 1);
  assert.match(stdout, /\[FAIL\] +gateway +nothing listens at 127\.0\.0\.1:1/i);
  assert.match(stdout, /API settings/);
  assert.match(stdout, /\[FAIL\] +database/i);
  assert.deepEqual(left, [], 'a check writes nothing');
});
