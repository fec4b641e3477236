import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import type { WriteStream } from 'node:tty';
import { Terminal } from '../../main/daemon/terminal.ts';

/* What is told to nobody must not be an unexpected error: that one is logged, which fails again, without an end. */

test('log lines that standard output refuses are no errors of the bridge', { skip: process.platform === 'linux' ? false : 'no /dev/full here' }, () => {
  const program = `
    import { createJsonLogger } from '${new URL('../../main/engine/log/logger.ts', import.meta.url).href}';
    process.on('uncaughtException', () => process.exit(9));
    const logger = createJsonLogger();
    logger.info({}, 'one');
    logger.info({}, 'two');
    setImmediate(() => setImmediate(() => process.exit(0)));`;
  const full = openSync('/dev/full', 'w');
  const { status } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', full, 'inherit'], timeout: 20_000, killSignal: 'SIGKILL' });
  closeSync(full);
  assert.equal(status, 0);
});

test('a terminal that was closed is written to without an error', async () => {
  const closed = new Writable({ write: (_chunk, _encoding, done) => done(new Error('write EIO')) });
  const terminal = new Terminal(Object.assign(closed, { isTTY: true, columns: 80 }) as unknown as WriteStream);
  terminal.show('connected');
  terminal.print('a line');
  await new Promise((resolve) => closed.once('close', resolve));
  terminal.print('another line');
  terminal.end();
});
