import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DaemonProcess } from '../demo/daemon-process.ts';
import { Stage } from '../demo/stage.ts';
import { until } from '../support/until.ts';

let stage: Stage;

before(async () => {
  stage = await Stage.open({ env: { BRIDGE_POLL_INTERVAL: '1' } });
});

after(() => stage.close());

async function greeksRows(): Promise<readonly Record<string, unknown>[]> {
  return stage.server.query('select * from portfolio_greeks order by id', [], stage.target.database).catch(() => []);
}

async function logMessages(): Promise<string[]> {
  const rows = await stage.server.query('select * from api_logs order by id', [], stage.target.database).catch(() => []);
  return rows.map(({ message }) => String(message));
}

test('rows arrive in PostgreSQL whose sums equal the simulator\u2019s own book to 1e-9', async () => {
  await until(async () => (await greeksRows()).length >= 2, 'two rows');
  // The market moves, then stands still: the row after it shows exactly what was last sent.
  stage.simulator.tick();
  const moved = (await greeksRows()).length;
  const rows = await until(async () => {
    const all = await greeksRows();
    return all.length >= moved + 3 && all;
  }, 'three rows after the market moved', 20_000);
  const book = stage.simulator.expectedSums(stage.account);
  const last = rows.at(-1);
  for (const greek of ['delta', 'gamma', 'vega', 'theta'] as const) {
    const stored = Number(last?.[greek]);
    assert.ok(Math.abs(stored - book[greek]) <= 1e-9 * Math.max(1, Math.abs(book[greek])), `${greek}: ${stored} is not ${book[greek]}`);
  }
  assert.equal(last?.['contract'], 'PORTFOLIO');
  assert.equal(book.priced, 40);
  assert.ok(Number(last?.['underlying_price']) > 1_000);
});

test('the life cycle stands in api_logs in words', async () => {
  const messages = await until(async () => {
    const all = await logMessages();
    return all.some((message) => message.startsWith('market data is live')) && all;
  }, 'the log');
  assert.ok(messages.some((message) => message.startsWith('started in SOCKET mode')));
  assert.ok(messages.some((message) => message.startsWith(`connected to 127.0.0.1:${stage.simulator.port} as client 10, account DU1234567`)));
});

test('a second daemon on the same outbox refuses to start and says why', async () => {
  const daemon = new DaemonProcess({
    env: { BRIDGE_BUFFER_PATH: stage.bufferPath },
    folder: stage.folder,
  });
  const { code } = await daemon.exited;
  assert.equal(code, 1);
  assert.match(daemon.lines.map(({ msg }) => msg).join('\n'), /already/);
  assert.ok(stage.daemon.running, 'the first one is unharmed');
});

test('--check beside a running daemon finds everything well without disturbing it', async () => {
  const { host, port, database, user, password = '' } = stage.target;
  const sessions = stage.simulator.connectionsAccepted;
  const daemon = new DaemonProcess({
    env: {
      IB_SOCKET_PORT: String(stage.simulator.port),
      IB_CLIENT_ID: '11',
      BRIDGE_BUFFER_PATH: `${stage.folder}/check.sqlite`,
      DB_HOST: host,
      DB_PORT: String(port),
      DB_NAME: database,
      DB_USER: user,
      DB_PASS: password,
    },
    folder: stage.folder,
    args: ['--check'],
  });
  const { code } = await daemon.exited;
  assert.equal(code, 0, daemon.lines.map(({ msg }) => msg).join('\n'));
  assert.ok(stage.simulator.connectionsAccepted > sessions);
  // The process has ended; that its socket is closed the simulator may still have to hear.
  await until(() => stage.simulator.clientIds().length === 1, 'the session of the check to be gone');
  assert.deepEqual(stage.simulator.clientIds(), [10], 'the daemon\u2019s own session goes on');
});

test('settings that are read again on SIGHUP take effect live', async () => {
  const sessions = stage.simulator.connectionsAccepted;
  stage.applySettings({ underlyingSymbol: 'AAPL' });
  await until(async () => {
    const rows = await greeksRows();
    return Number(rows.at(-1)?.['underlying_price']) < 1_000;
  }, 'a row with the price of AAPL', 15_000);
  assert.equal(stage.simulator.connectionsAccepted, sessions, 'the session to the gateway was left alone');
});

test('SIGTERM delivers what waits and exits 0; no order message was ever sent', async () => {
  stage.daemon.signal('SIGTERM');
  assert.deepEqual(await stage.daemon.exited, { code: 0, signal: null });
  const messages = await logMessages();
  assert.match(messages.at(-1) ?? '', /^stopped: signal SIGTERM/);
  assert.deepEqual(stage.simulator.forbidden, []);
  await until(() => stage.simulator.openConnections === 0, 'the session to be gone');
});

test('started again, it goes on where it stopped', async () => {
  const before = (await greeksRows()).length;
  stage.restartDaemon();
  await until(async () => (await greeksRows()).length > before, 'a row after the restart');
  const rows = await greeksRows();
  const times = rows.map(({ timestamp }) => (timestamp as Date).getTime());
  assert.deepEqual(times, [...times].sort((one, other) => one - other));
  assert.equal(new Set(times).size, times.length);
});
