import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

import { systemClock } from '../../main/engine/clock.ts';
import { createPortalGateway } from '../../main/engine/gateway/portal/portal-gateway.ts';
import { until } from '../support/until.ts';
import { RecordedClient } from './tws/recorded-client.ts';

function start(context: TestContext, ...options: readonly string[]) {
  const child = spawn(process.execPath, [fileURLToPath(new URL('main.ts', import.meta.url)), ...options]);
  const run = { output: '', errors: '', exitCode: undefined as number | null | undefined };
  child.stdout.on('data', (chunk: Buffer) => (run.output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (run.errors += chunk.toString()));
  child.on('exit', (code) => (run.exitCode = code));
  context.after(() => child.kill('SIGKILL'));
  return { child, run };
}

test('started alone it tells its port, serves a client, obeys control lines and ends on SIGINT with 0', async (context) => {
  const { child, run } = start(context, '--port', '0', '--accounts', 'DU1,DU2', '--tick-ms', '0');
  const port = await until(() => /127\.0\.0\.1:(\d+) with DU1 \(40 legs\), DU2 \(1 legs\)/.exec(run.output)?.[1], 'the port');
  const client = await new RecordedClient(Number(port)).connect();
  context.after(() => client.api.disconnect());
  child.stdin.write('status\nnonsense\ndrop\n');
  await until(() => client.disconnected, 'the drop');
  await until(() => run.output.includes('every connection closed'), 'the answer');
  assert.match(run.output, /clients 10 · 0 lines[^\n]*all well\nunknown command "nonsense"[^\n]*\nevery connection closed\n/);
  child.kill('SIGINT');
  await until(() => run.exitCode !== undefined, 'the end');
  assert.deepEqual([run.exitCode, run.errors], [0, '']);
});

test('it goes on without a standard input, and ends on SIGTERM', async (context) => {
  const { child, run } = start(context, '--port', '0', '--book', '3');
  const port = await until(() => /127\.0\.0\.1:(\d+) with DU1234567 \(3 legs\)/.exec(run.output)?.[1], 'the port');
  child.stdin.end();
  const client = await new RecordedClient(Number(port)).connect();
  client.api.disconnect();
  child.kill('SIGTERM');
  await until(() => run.exitCode !== undefined, 'the end');
  assert.equal(run.exitCode, 0);
});

test('with --portal it is a Client Portal Gateway under control lines of its own', async (context) => {
  const { child, run } = start(context, '--portal', '--port', '0', '--tick-ms', '0');
  const url = await until(() => /listening on (https:\/\/localhost:\d+) with DU1234567 \(40 legs\)/.exec(run.output)?.[1], 'the address');
  const findings = await createPortalGateway({ url, account: '', clock: systemClock }).check(10_000);
  assert.deepEqual(findings.filter(({ ok }) => !ok), []);
  child.stdin.write('expire\nstatus\nspoil x half\n');
  await until(() => run.output.includes('usage: spoil'), 'the answers');
  assert.match(run.output, /nobody is logged in any more\n[^\n]*requests · nobody logged in\n"x" is no path/);
  child.kill('SIGINT');
  await until(() => run.exitCode !== undefined, 'the end');
  assert.deepEqual([run.exitCode, run.errors], [0, '']);
});

test('a wrong option is named and ends the start with 1', async (context) => {
  for (const [options, complaint] of [
    [['--port', '99999'], /--port "99999" is not a whole number from 0 to 65535/], [['--book', 'big'], /--book "big"/],
    [['--accounts', ' ,'], /--accounts names no account/], [['--colour', 'red'], /--colour/],
  ] as const) {
    const { run } = start(context, ...options);
    await until(() => run.exitCode !== undefined, 'the end');
    assert.equal(run.exitCode, 1);
    assert.match(run.errors, complaint);
  }
});
