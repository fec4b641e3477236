import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeSettings } from '../../../main/engine/settings/describe-settings.ts';
import { loadSettings, type LoadedSettings, type SettingsSources } from '../../../main/engine/settings/load-settings.ts';
import { describeSettingsError, SettingsError } from '../../../main/engine/settings/settings-error.ts';

const SECRET = 'correct horse';

interface Given {
  readonly env?: Record<string, string>;
  /** By path; the working directory is /project, the data folder /data, home /home/trader. */
  readonly files?: Record<string, string>;
  readonly sources?: Partial<SettingsSources>;
}

function load({ env = {}, files = {}, sources = {} }: Given = {}): LoadedSettings {
  const readFile = (path: string): string | undefined => {
    if (files[path] === '<unreadable>') throw Object.assign(new Error('no'), { code: 'EACCES' });
    return files[path];
  };
  return loadSettings({
    env, workingDirectory: '/project', userDataFolder: '/data', homeDirectory: '/home/trader', userName: 'trader', readFile, ...sources,
  });
}

function problemsOf(given: Given): readonly string[] {
  const error = errorOf(given);
  return error.problems.map(({ variable, value }) => (value === null ? variable : `${variable}=${value}`));
}

function errorOf(given: Given): SettingsError {
  try {
    load(given);
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error));
    return error;
  }
  assert.fail('these settings are accepted');
}

test('nothing set: the documented defaults', () => {
  const { settings, origins, warnings } = load();
  assert.deepEqual(settings, {
    apiMode: 'SOCKET',
    socket: { host: '127.0.0.1', port: 7496, clientId: 10 },
    portal: { url: 'https://localhost:5001', certificateFingerprint: null, compete: false },
    account: '',
    pollIntervalMs: 5000,
    bufferPath: '/home/trader/.portfolio_bridge_buffer.sqlite',
    database: null,
    resetWindows: [{ timeZone: 'America/New_York', start: '23:40', resume: '00:05' }],
    underlyingSymbol: null,
  });
  assert.deepEqual(new Set(Object.values(origins).map((origin) => origin.kind)), new Set(['default']));
  assert.deepEqual(warnings, []);
});

test('every variable of the table is read', () => {
  const { settings } = load({
    env: {
      IB_API_MODE: 'portal', IB_SOCKET_HOST: 'gateway', IB_SOCKET_PORT: '4002', IB_CLIENT_ID: '77', IB_ACCOUNT: 'du1234567',
      IBKR_GATEWAY_URL: 'https://localhost:5055/', BRIDGE_POLL_INTERVAL: '2.5', BRIDGE_BUFFER_PATH: '~/buffer/outbox.sqlite',
      DB_HOST: 'db.example', DB_PORT: '5433', DB_NAME: 'greeks', DB_USER: 'bridge', DB_PASS: ` ${SECRET} `,
    },
  });
  assert.deepEqual(settings, {
    ...load().settings,
    apiMode: 'PORTAL',
    socket: { host: 'gateway', port: 4002, clientId: 77 },
    portal: { url: 'https://localhost:5055', certificateFingerprint: null, compete: false },
    account: 'DU1234567',
    pollIntervalMs: 2500,
    bufferPath: '/home/trader/buffer/outbox.sqlite',
    database: { host: 'db.example', port: 5433, database: 'greeks', user: 'bridge', password: ` ${SECRET} ` },
  });
});

test('one message names every wrong variable, its value and what is allowed', () => {
  const error = errorOf({ env: { IB_API_MODE: 'FOO', IB_CLIENT_ID: '0', IB_SOCKET_PORT: '99999', BRIDGE_POLL_INTERVAL: '0' } });
  const text = describeSettingsError(error);
  assert.match(text, /^4 settings are wrong/);
  assert.match(text, /IB_API_MODE=FOO\n +allowed: SOCKET or PORTAL/);
  assert.match(text, /IB_CLIENT_ID=0\n +allowed: a whole number from 1 to 2147483647 \(0 is refused: it belongs to the primary session/);
  assert.match(text, /IB_SOCKET_PORT=99999\n +allowed: a whole number from 1 to 65535/);
  assert.match(text, /BRIDGE_POLL_INTERVAL=0\n +allowed: seconds from 1 to 3600/);
  for (const variable of ['IB_API_MODE=FOO', 'IB_CLIENT_ID=0', 'IB_SOCKET_PORT=99999', 'BRIDGE_POLL_INTERVAL=0']) {
    assert.ok(error.message.includes(variable), `${variable} in "${error.message}"`);
  }
});

test('numbers are read strictly: nothing is guessed, nothing becomes NaN', () => {
  for (const text of ['12abc', '1e3', '0x10', '-1', '+5', '7496.0', '7 496', 'NaN', 'Infinity', '0', '65536', '9'.repeat(400)]) {
    assert.equal(problemsOf({ env: { IB_SOCKET_PORT: text } }).length, 1, text);
  }
  for (const text of ['0.5', '3601', '2,5', '5s', '1e1', '2.0001', '-5', '.']) {
    assert.equal(problemsOf({ env: { BRIDGE_POLL_INTERVAL: text } }).length, 1, text);
  }
  for (const text of ['0', '-1', '2147483648', '10.5']) assert.equal(problemsOf({ env: { IB_CLIENT_ID: text } }).length, 1, text);
  assert.equal(load({ env: { IB_SOCKET_PORT: ' 4001 ' } }).settings.socket.port, 4001, 'white space around a value is cut off');
  assert.equal(load({ env: { BRIDGE_POLL_INTERVAL: '3600' } }).settings.pollIntervalMs, 3_600_000);
  assert.equal(load({ env: { IB_CLIENT_ID: '2147483647' } }).settings.socket.clientId, 2_147_483_647);
});

test('texts of the wrong shape are refused', () => {
  const wrong: Record<string, readonly string[]> = {
    IB_API_MODE: ['SOCKETS', 'SOCKET,PORTAL'],
    IB_SOCKET_HOST: ['localhost:7496', 'http://localhost', 'a b', '-a', '[::1]'],
    IB_ACCOUNT: ['U123 U456', 'U1234567,U7654321', '1234567', 'All'],
    IBKR_GATEWAY_URL: ['http://localhost:5001', 'localhost:5001', 'https://', 'https://h/?a=1', 'https://u:p@h', 'ftp://h'],
    BRIDGE_BUFFER_PATH: ['~', '/var/lib/', '~other/buffer.sqlite', 'a\u0000b'],
    DB_HOST: ['db:5432', 'postgres://db/greeks'],
    DB_NAME: ['x'.repeat(64)],
  };
  for (const [variable, texts] of Object.entries(wrong)) {
    for (const text of texts) assert.equal(problemsOf({ env: { [variable]: text } }).length, 1, `${variable}=${text}`);
  }
});

test('hosts may be names, IPv4 and IPv6 addresses, and a database also a socket folder', () => {
  for (const host of ['localhost', 'ib_gateway', 'a.b-c.example', '10.0.0.2', '::1', 'fe80::1%eth0', '2001:db8::7']) {
    assert.equal(load({ env: { IB_SOCKET_HOST: host } }).settings.socket.host, host);
  }
  assert.equal(load({ env: { DB_HOST: '/var/run/postgresql' } }).settings.database?.host, '/var/run/postgresql');
});

test('the mode is read in any case', () => {
  for (const text of ['socket', 'Socket', ' SOCKET ']) assert.equal(load({ env: { IB_API_MODE: text } }).settings.apiMode, 'SOCKET');
});

test('an empty variable is as good as none', () => {
  const { settings, origins } = load({ env: { IB_API_MODE: '', IB_SOCKET_PORT: '  ', DB_HOST: '', DB_PASS: '', DB_PASS_FILE: '' } });
  assert.deepEqual(settings, load().settings);
  assert.equal(origins.apiMode.kind, 'default');
});

test('environment, then .env of the working directory, then .env of the data folder, then the file, then defaults', () => {
  const given = {
    env: { IB_SOCKET_PORT: '1' },
    files: {
      '/project/.env': 'IB_SOCKET_PORT=2\nIB_CLIENT_ID=2\n',
      '/data/.env': 'IB_SOCKET_PORT=3\nIB_CLIENT_ID=3\nexport IB_ACCOUNT="U0000003" # mine\n',
      '/data/settings.json': JSON.stringify({ version: 1, socketPort: 4, clientId: 4, account: 'U0000004', socketHost: 'four' }),
    },
  };
  const { settings, origins } = load(given);
  assert.deepEqual(settings.socket, { host: 'four', port: 1, clientId: 2 });
  assert.equal(settings.account, 'U0000003');
  assert.equal(settings.apiMode, 'SOCKET');
  assert.deepEqual(origins.socketPort, { kind: 'environment', variable: 'IB_SOCKET_PORT' });
  assert.deepEqual(origins.clientId, { kind: 'dot-env', variable: 'IB_CLIENT_ID', file: '/project/.env' });
  assert.deepEqual(origins.account, { kind: 'dot-env', variable: 'IB_ACCOUNT', file: '/data/.env' });
  assert.deepEqual(origins.socketHost, { kind: 'settings-file', file: '/data/settings.json' });
  assert.deepEqual(origins.apiMode, { kind: 'default' });
});

test('a wrong value in a .env file is named with that file; one that is overridden does no harm', () => {
  const files = { '/project/.env': 'IB_SOCKET_PORT=nonsense\n' };
  const [problem] = errorOf({ files }).problems;
  assert.deepEqual([problem?.variable, problem?.value, problem?.file], ['IB_SOCKET_PORT', 'nonsense', '/project/.env']);
  assert.equal(load({ files, env: { IB_SOCKET_PORT: '4001' } }).settings.socket.port, 4001);
});

test('a .env file that cannot be read is named, not skipped', () => {
  assert.deepEqual(problemsOf({ files: { '/project/.env': '<unreadable>' } }), ['/project/.env']);
});

test('without DB_HOST there is no database, with it the user is by default the one who runs the bridge', () => {
  assert.equal(load({ env: { DB_USER: 'x', DB_PASS: 'y' } }).settings.database, null);
  const expected = { host: 'db', port: 5432, database: 'portfolio_engine', user: 'trader', password: undefined };
  assert.deepEqual(load({ env: { DB_HOST: 'db' } }).settings.database, expected);
  assert.deepEqual(problemsOf({ env: { DB_HOST: 'db' }, sources: { userName: '' } }), ['DB_USER']);
});

test('the password may come from a file, whose last line end is not part of it', () => {
  const password = (files: Record<string, string>, path = '/run/secret') =>
    load({ env: { DB_HOST: 'db', DB_PASS_FILE: path }, files }).settings.database?.password;
  assert.equal(password({ '/run/secret': `${SECRET}\n` }), SECRET);
  assert.equal(password({ '/run/secret': ` ${SECRET}\r\n` }), ` ${SECRET}`);
  assert.equal(password({ '/home/trader/secret': SECRET }, '~/secret'), SECRET);
  assert.equal(password({ '/project/secret': SECRET }, 'secret'), SECRET);
});

test('two passwords, or a password file that is missing, empty or unreadable, are errors that name the file', () => {
  const env = { DB_HOST: 'db', DB_PASS_FILE: '/run/secret' };
  assert.deepEqual(problemsOf({ env }), ['DB_PASS_FILE=/run/secret']);
  assert.deepEqual(problemsOf({ env, files: { '/run/secret': '\n' } }), ['DB_PASS_FILE=/run/secret']);
  assert.match(errorOf({ env, files: { '/run/secret': '<unreadable>' } }).message, /\/run\/secret.*EACCES/);
  const both = errorOf({ env: { ...env, DB_PASS: SECRET }, files: { '/run/secret': 'other' } });
  assert.match(both.message, /either DB_PASS or DB_PASS_FILE/);
});

test('no secret is ever shown: not in errors, not in the dump', () => {
  const wrong = { DB_PASS: SECRET, DB_PASS_FILE: '/x', DB_HOST: `postgres://bridge:p@ss/${SECRET}@db/greeks`, IBKR_GATEWAY_URL: 'https://u:hunter2@h' };
  const error = errorOf({ env: wrong });
  for (const text of [error.message, describeSettingsError(error), JSON.stringify(error), String(error.stack)]) {
    assert.ok(!text.includes(SECRET) && !text.includes('p@ss') && !text.includes('hunter2'), text);
  }
  assert.match(error.message, /DB_HOST=postgres:\/\/\*\*\*@db\/greeks/);
  const { settings, origins } = load({ env: { DB_HOST: 'db', DB_PASS: SECRET } });
  const dump = describeSettings(settings, origins);
  assert.ok(!JSON.stringify(dump).includes(SECRET));
  assert.equal(dump['DB_PASS or DB_PASS_FILE'], '*** (from DB_PASS)');
});

test('the dump tells every value and where it comes from', () => {
  const { settings, origins } = load({ env: { IB_CLIENT_ID: '12' }, files: { '/project/.env': 'IB_ACCOUNT=U1234567' } });
  assert.deepEqual(describeSettings(settings, origins), {
    IB_API_MODE: 'SOCKET (default)',
    IB_SOCKET_HOST: '127.0.0.1 (default)',
    IB_SOCKET_PORT: '7496 (default)',
    IB_CLIENT_ID: '12 (from IB_CLIENT_ID)',
    IB_ACCOUNT: 'U1234567 (from IB_ACCOUNT in /project/.env)',
    IBKR_GATEWAY_URL: 'https://localhost:5001 (default)',
    gatewayFingerprint: 'none pinned (default)',
    gatewayCompete: 'leaves other sessions of the user alone (default)',
    BRIDGE_POLL_INTERVAL: '5 s (default)',
    BRIDGE_BUFFER_PATH: '/home/trader/.portfolio_bridge_buffer.sqlite (default)',
    DB_HOST: 'none: local history only (default)',
    DB_PORT: '- (default)',
    DB_NAME: '- (default)',
    DB_USER: '- (default)',
    resetWindows: '23:40 to 00:05 America/New_York (default)',
    underlyingSymbol: 'SPX, else ES, else the only one (default)',
    'DB_PASS or DB_PASS_FILE': 'none (default)',
  });
});

test('a broken settings file is an error for the daemon, and kept aside and reported for the app', () => {
  const files = { '/data/settings.json': '{"version":1,"socketPort":"7496' };
  assert.deepEqual(problemsOf({ files }), ['/data/settings.json']);
  const aside: string[] = [];
  const keepBrokenFile = (path: string): string => `${(aside.push(path), path)}.aside`;
  const { settings, warnings } = load({ files, sources: { keepBrokenFile } });
  assert.deepEqual(settings, load().settings);
  assert.deepEqual(aside, ['/data/settings.json']);
  assert.match(warnings.join(), /kept as \/data\/settings\.json\.aside/);
});

test('the file of a newer bridge is an error, never moved away', () => {
  const files = { '/data/settings.json': '{"version":99}' };
  const keepBrokenFile = (): string => assert.fail('it was moved away');
  assert.match(errorOf({ files, sources: { keepBrokenFile } }).message, /version=99.*a newer bridge/);
});

test('relative paths are meant from the working directory, in the settings file from its own folder', () => {
  assert.equal(load({ env: { BRIDGE_BUFFER_PATH: 'x.sqlite' } }).settings.bufferPath, '/project/x.sqlite');
  const files = { '/data/settings.json': '{"version":1,"bufferPath":"x.sqlite"}' };
  assert.equal(load({ files }).settings.bufferPath, '/data/x.sqlite');
});

test('the gateway is pinned and competes only where the settings file says so', () => {
  const digits = '0a'.repeat(31) + 'FF';
  const stored = (values: object) => ({ files: { '/data/settings.json': JSON.stringify({ version: 1, ...values }) } });
  const pinned = load(stored({ gatewayFingerprint: digits, gatewayCompete: true })).settings.portal;
  assert.equal(pinned.certificateFingerprint, `${'0A:'.repeat(31)}FF`);
  assert.equal(pinned.compete, true);
  for (const fingerprint of [digits.slice(2), `${digits}0`, digits.replace('F', 'G'), '', 'sha256']) {
    assert.deepEqual(errorOf(stored({ gatewayFingerprint: fingerprint })).problems.map(({ variable }) => variable), ['gatewayFingerprint'], fingerprint);
  }
  assert.equal(errorOf(stored({ gatewayCompete: 'yes' })).problems[0]?.variable, 'gatewayCompete');
});
