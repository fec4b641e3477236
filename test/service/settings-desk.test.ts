import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { SettingsError } from '../../main/engine/settings/settings-error.ts';
import { keepBrokenFileAside, readTextFile, settingsFilePath } from '../../main/engine/settings/settings-file.ts';
import type { SaveResult, SettingsChange } from '../../preload/contract.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RecordedHost, ServiceStand, type ServiceStandOptions } from './service-stand.ts';

const stands: ServiceStand[] = [];

async function open(options?: ServiceStandOptions): Promise<ServiceStand> {
  const stand = await ServiceStand.open(options);
  stands.push(stand);
  return stand;
}

afterEach(async () => {
  for (const stand of stands.splice(0)) await stand.close();
});

function errorsOf(result: SaveResult): Readonly<Record<string, string>> {
  assert.equal(result.saved, false);
  return result.saved ? {} : (result.errors as Record<string, string>);
}

const database = { dbHost: 'db.example', dbName: 'greeks', dbUser: 'trader' };

test('what is saved is in the file, in the view and in force, and nothing else in the file is lost', async () => {
  const file = JSON.stringify({ version: 1, gatewayCompete: true, clientId: 12 });
  const stand = await open({ file });
  await stand.connect();
  const result = await stand.ask('saveSettings', { socketPort: 4_001, pollIntervalSeconds: 2.5, underlyingSymbol: 'es' });
  assert.equal(result.saved && result.settings.fields.socketPort.value, 4_001);
  assert.equal(result.saved && result.settings.fields.socketPort.origin, 'settings-file');
  assert.deepEqual(JSON.parse(stand.file() ?? ''), { version: 1, gatewayCompete: true, clientId: 12, socketPort: 4_001, pollIntervalSeconds: 2.5, underlyingSymbol: 'ES' });
  assert.equal(stand.gatewaySettings.at(-1)?.socket.port, 4_001);
  assert.equal(stand.gatewaySettings.at(-1)?.portal.compete, true);
  await stand.clock.advance(200);
  assert.equal(stand.gateway.sessions.length, 2, 'the session was ended and the next one opened');
  assert.equal((await stand.ask('overview')).pollIntervalMs, 2_500);
});

test('a change that concerns no session leaves the session alone', async () => {
  const stand = await open();
  await stand.connect();
  await stand.ask('saveSettings', { resetWindows: [], keepAwake: true });
  await stand.clock.advance(200);
  assert.equal(stand.gateway.sessions.length, 1);
});

test('each wrong value has its error at its field, and then nothing is changed', async () => {
  const stand = await open({ file: '{"version":1,"clientId":12}' });
  await stand.connect();
  const wrong: readonly (readonly [SettingsChange, RegExp])[] = [
    [{ socketPort: 0 }, /^Must be a whole number from 1 to 65535\.$/],
    [{ socketPort: 70_000 }, /65535/],
    [{ socketPort: 'abc' as unknown as number }, /whole number/],
    [{ clientId: 0 }, /0 is refused: it belongs to the primary session/],
    [{ socketHost: 'http://gateway:4001' }, /without scheme and port/],
    [{ socketHost: '' }, /host name/],
    [{ gatewayUrl: 'http://localhost:5001' }, /https/],
    [{ gatewayFingerprint: 'ab:cd' }, /SHA-256 fingerprint/],
    [{ account: 'not an account' }, /U1234567/],
    [{ pollIntervalSeconds: 0.5 }, /seconds from 1 to 3600/],
    [{ dbHost: 'postgres://db' }, /without scheme/],
    [{ dbName: '' }, /name of a database/],
    [{ apiMode: 'REST' as 'SOCKET' }, /SOCKET or PORTAL/],
    [{ keepAwake: 'yes' as unknown as boolean }, /true or false/],
    [{ resetWindows: [{ timeZone: 'America/New_York', start: '25:00', resume: '00:05' }] }, /^Start must be a time from 00:00 to 23:59, not "25:00"\.$/],
    [{ resetWindows: [{ timeZone: 'Mars/Olympus', start: '23:00', resume: '00:05' }] }, /^TimeZone must be a zone such as America\/New_York/],
  ];
  const before = JSON.stringify(await stand.ask('settings'));
  const gateways = stand.gatewaySettings.length;
  for (const [change, expected] of wrong) {
    const [name = ''] = Object.keys(change);
    // A right value beside a wrong one is not saved either.
    const errors = errorsOf(await stand.ask('saveSettings', { menuBarTitle: true, ...change }));
    assert.deepEqual(Object.keys(errors), [name]);
    assert.match(errors[name] ?? '', expected);
  }
  assert.equal(stand.file(), '{"version":1,"clientId":12}');
  assert.equal(JSON.stringify(await stand.ask('settings')), before);
  assert.equal(stand.gatewaySettings.length, gateways);
  assert.equal(stand.gateway.sessions.length, 1);
});

test('several wrong fields are told together', async () => {
  const stand = await open();
  const result = await stand.ask('saveSettings', { socketPort: 0, clientId: 0, account: 'U1' }, { kind: 'set', password: '' });
  assert.deepEqual(Object.keys(errorsOf(result)).sort(), ['account', 'clientId', 'password', 'socketPort']);
});

test('a database without a user is refused where this machine gives the user no name', async () => {
  const stand = await open();
  Object.assign(stand.sources, { userName: '' });
  assert.match(errorsOf(await stand.ask('saveSettings', { dbHost: 'db.example' }))['dbUser'] ?? '', /must be set/);
});

test('a gateway that cannot be made is refused before anything is written', async () => {
  const stand = await open();
  const errors = errorsOf(await stand.ask('saveSettings', { socketHost: 'impossible.example' }));
  assert.deepEqual(errors, { apiMode: 'this gateway cannot be made' });
  assert.equal(stand.file(), undefined);
});

test('white space is cut off, and an empty text is nothing where there may be nothing', async () => {
  const stand = await open({ file: JSON.stringify({ version: 1, ...database }) });
  const result = await stand.ask('saveSettings', { socketHost: ' 10.0.0.1 ', dbHost: '  ', account: '' });
  assert.equal(result.saved && result.settings.fields.socketHost.value, '10.0.0.1');
  assert.equal(result.saved && result.settings.fields.dbHost.value, null);
  assert.equal(result.saved && result.settings.fields.account.value, '');
});

test('a field that the environment sets is read-only and says by what; sent back unchanged it is no change', async () => {
  const host = new RecordedHost();
  host.kind = 'browser';
  const stand = await open({ env: { IB_CLIENT_ID: '33', DB_PASS: 'from-outside' }, host });
  writeFileSync(join(stand.folder, '.env'), 'DB_NAME=elsewhere\n');
  await stand.desk.reload();
  const view = await stand.ask('settings');
  assert.deepEqual(view.fields.clientId, { value: 33, origin: 'environment', lockedBy: 'IB_CLIENT_ID in the environment' });
  assert.equal(view.fields.dbName.lockedBy, `DB_NAME in ${join(stand.folder, '.env')}`);
  assert.equal(view.fields.keepAwake.lockedBy, 'only the desktop application can do this');
  assert.deepEqual(view.password, { stored: true, lockedBy: 'DB_PASS in the environment', available: true });
  const errors = errorsOf(await stand.ask('saveSettings', { clientId: 34, keepAwake: true }, { kind: 'clear' }));
  assert.match(errors['clientId'] ?? '', /^Cannot be changed here: set by IB_CLIENT_ID in the environment\.$/);
  assert.match(errors['keepAwake'] ?? '', /only the desktop/);
  assert.match(errors['password'] ?? '', /DB_PASS in the environment/);
  const same = await stand.ask('saveSettings', { clientId: 33, account: 'U7654321' });
  assert.equal(same.saved, true);
  assert.equal(stand.file()?.includes('clientId'), false, 'a value of the environment does not move into the file');
});

test('a password reaches delivery and nothing else: no file, no answer, no update, no log', async () => {
  const secret = 'correct horse "battery" staple\u00e9';
  const stand = await open();
  await stand.connect();
  const window = stand.attach();
  window.setVisible(true);
  const saved = await stand.ask('saveSettings', database, { kind: 'set', password: secret });
  await stand.clock.advance(2_000);
  assert.equal(stand.targets.at(-1)?.password, secret);
  assert.equal(stand.host.password, secret);
  const seen = JSON.stringify([saved, await stand.ask('settings'), await stand.ask('overview'), window.updates, await stand.ask('log', { limit: 100 }), stand.logged]);
  for (const text of [seen, stand.everythingOnDisk()]) assert.equal(text.includes('horse'), false);
  assert.deepEqual((await stand.ask('settings')).password, { stored: true, lockedBy: null, available: true });
  await stand.ask('saveSettings', {}, { kind: 'clear' });
  assert.equal(stand.targets.at(-1)?.password, undefined);
  assert.equal((await stand.ask('settings')).password.stored, false);
});

test('a stored password is used from the start', async () => {
  const host = new RecordedHost();
  host.password = 'kept';
  const stand = await open({ host, file: JSON.stringify({ version: 1, ...database }) });
  assert.equal(stand.desk.settings.database?.password, 'kept');
  const given = await open({ host, env: { DB_PASS: 'given' }, file: JSON.stringify({ version: 1, ...database }) });
  assert.equal(given.desk.settings.database?.password, 'given', 'the environment is stronger');
});

test('a locked keychain costs the password, not the bridge, and says so; nothing is saved through it', async () => {
  const host = new RecordedHost();
  host.password = 'kept';
  host.storeWorks = false;
  const stand = await open({ host, file: JSON.stringify({ version: 1, ...database }) });
  assert.match((await stand.ask('settings')).warnings.join('\n'), /keychain is locked/);
  const answer = await stand.service.answer('saveSettings', [{ clientId: 44 }, { kind: 'set', password: 'next' }]);
  assert.deepEqual(answer, { ok: false, message: 'the keychain is locked' });
  assert.equal(stand.file()?.includes('44'), false);
  host.storeWorks = true;
  await stand.ask('saveSettings', { clientId: 45 });
  assert.equal(stand.desk.settings.database?.password, 'kept', 'it is asked again');
});

test('a keychain that waits for a person holds up no start; its answer is taken over when it comes', async () => {
  const host = new RecordedHost();
  const asked = Promise.withResolvers<string>();
  Object.assign(host.passwords, { get: () => asked.promise });
  const clock = new ManualClock();
  const opening = open({ host, clock, file: JSON.stringify({ version: 1, ...database }) });
  await clock.advance(3_000);
  const stand = await opening;
  assert.equal(stand.desk.settings.database?.password, undefined);
  assert.match((await stand.ask('settings')).warnings.join('\n'), /has not answered/);
  asked.resolve('kept');
  await clock.advance(10);
  assert.deepEqual(stand.targets.map((target) => target?.password), ['kept']);
  assert.deepEqual((await stand.ask('settings')).warnings, []);
});

test('a keychain that is locked later costs nothing: the password that was read goes on with its database, and with no other', async () => {
  const host = new RecordedHost();
  host.password = 'kept';
  const stand = await open({ host, file: JSON.stringify({ version: 1, ...database }) });
  host.storeWorks = false;
  await stand.ask('saveSettings', { keepAwake: true });
  await stand.desk.reload();
  assert.equal(stand.targets.length, 0, 'delivery goes on as before');
  assert.equal(stand.desk.settings.database?.password, 'kept');
  assert.match((await stand.ask('settings')).warnings.join('\n'), /keychain is locked/);
  await stand.ask('saveSettings', { dbHost: 'elsewhere.example' });
  assert.deepEqual(stand.targets.map((target) => [target?.host, target?.password]), [['elsewhere.example', undefined]]);
  await stand.ask('saveSettings', { dbHost: database.dbHost });
  assert.equal(stand.targets.at(-1)?.password, 'kept');
});

test('what was just saved is in force, though the keychain that took it cannot be read', async () => {
  const host = new RecordedHost();
  Object.assign(host.passwords, { get: () => Promise.reject(new Error('the keychain asks and nobody answers')) });
  const stand = await open({ host });
  await stand.ask('saveSettings', database, { kind: 'set', password: 'entered' });
  assert.equal(stand.targets.at(-1)?.password, 'entered');
  await stand.ask('saveSettings', {}, { kind: 'clear' });
  assert.equal(stand.targets.at(-1)?.password, undefined);
});

test('a password that could not be read is read again when the database is tried again', async () => {
  const host = new RecordedHost();
  host.password = 'kept';
  host.storeWorks = false;
  const stand = await open({ host, file: JSON.stringify({ version: 1, ...database }) });
  const window = stand.attach();
  window.setVisible(true);
  await stand.ask('command', 'retry-database');
  assert.equal(stand.targets.length, 0);
  host.storeWorks = true;
  await stand.ask('command', 'retry-database');
  assert.deepEqual(stand.targets.map((target) => target?.password), ['kept']);
  assert.equal(stand.probes, 2);
  await stand.clock.advance(0);
  assert.deepEqual(window.updates.flatMap((update) => (update.type === 'settings' ? [update.settings.warnings] : [])), [[]], 'the warning is taken back');
  await stand.ask('command', 'retry-database');
  assert.equal(stand.targets.length, 1, 'what was read is not read again');
});

test('where no password can be stored, the error says what to do instead', async () => {
  const host = new RecordedHost();
  host.storeAvailable = false;
  const stand = await open({ host });
  const errors = errorsOf(await stand.ask('saveSettings', {}, { kind: 'set', password: 'x' }));
  assert.match(errors['password'] ?? '', /DB_PASS/);
});

test('when the file cannot be written, the old password is back and nothing is in force', async () => {
  const host = new RecordedHost();
  host.password = 'old';
  let path = '';
  // The file looks absent and is a folder: it cannot be replaced.
  const stand = await open({ host, readFile: (file) => (file === path ? undefined : readTextFile(file)) });
  path = settingsFilePath(stand.folder);
  mkdirSync(path);
  const answer = await stand.service.answer('saveSettings', [database, { kind: 'set', password: 'new' }]);
  assert.equal(answer.ok, false);
  assert.equal(host.password, 'old');
  assert.equal(stand.desk.settings.database, null);
  assert.deepEqual(stand.targets, []);
});

test('two windows that save at once both have their say', async () => {
  const stand = await open();
  await Promise.all([stand.ask('saveSettings', { clientId: 51 }), stand.ask('saveSettings', { account: 'U51' }), stand.ask('saveSettings', { account: 'U5152' })]);
  assert.deepEqual(JSON.parse(stand.file() ?? ''), { version: 1, clientId: 51, account: 'U5152' });
});

test('settings that are read again take effect; wrong ones change nothing', async () => {
  const stand = await open();
  await stand.connect();
  writeFileSync(settingsFilePath(stand.folder), '{"version":1,"clientId":61,"bufferPath":"/elsewhere/buffer.sqlite"}');
  await stand.desk.reload();
  assert.equal(stand.gatewaySettings.at(-1)?.socket.clientId, 61);
  writeFileSync(settingsFilePath(stand.folder), '{"version":1,"clientId":0}');
  await assert.rejects(stand.desk.reload(), /clientId=0/);
  assert.equal(stand.desk.settings.socket.clientId, 61);
  const answer = await stand.service.answer('saveSettings', [{ account: 'U61' }]);
  assert.equal(answer.ok, false, 'a broken file is not written over');
});

test('a broken file that is read again changes nothing and stays where it is, also where a start would keep it aside', async () => {
  const stand = await open({ file: JSON.stringify({ version: 1, clientId: 61, ...database }) });
  await stand.connect();
  Object.assign(stand.sources, { keepBrokenFile: (path: string) => keepBrokenFileAside(path, stand.clock.now()) });
  for (const broken of ['{"version":1,"clientId":', '{"version":1,"clientId":0}']) {
    writeFileSync(settingsFilePath(stand.folder), broken);
    await assert.rejects(stand.desk.reload(), SettingsError);
    assert.equal(stand.file(), broken);
  }
  assert.equal(stand.desk.settings.socket.clientId, 61);
  assert.equal(stand.desk.settings.database?.host, 'db.example');
  assert.deepEqual((await stand.ask('settings')).warnings, []);
  assert.deepEqual(stand.targets, []);
  assert.equal(stand.gateway.sessions.length, 1);
});

test('a buffer that moved in the file stays where it is until the next start, and the view says so', async () => {
  const stand = await open({ env: { BRIDGE_BUFFER_PATH: '' }, file: JSON.stringify({ version: 1, bufferPath: 'here.sqlite' }) });
  const { bufferPath } = await stand.ask('settings');
  writeFileSync(settingsFilePath(stand.folder), '{"version":1,"bufferPath":"there.sqlite"}');
  await stand.desk.reload();
  const view = await stand.ask('settings');
  assert.equal(view.bufferPath, bufferPath);
  assert.match(view.warnings.join('\n'), /next start.*there\.sqlite/);
});

test('open at login is what the system says, and is asked of the system', async () => {
  const stand = await open();
  const result = await stand.ask('saveSettings', { openAtLogin: true });
  assert.equal(result.saved && result.settings.loginItem, 'requires-approval');
  assert.equal(result.saved && result.settings.fields.openAtLogin.value, true);
  stand.host.loginStatus = 'not-registered'; // switched off in the system's own settings
  assert.equal((await stand.ask('settings')).fields.openAtLogin.value, false);
  await stand.ask('saveSettings', { menuBarTitle: true });
  assert.equal(stand.host.loginStatus, 'not-registered', 'another change does not switch it on again');
});

test('the desktop hears its own settings at the start and after each change', async () => {
  const stand = await open({ file: '{"version":1,"keepAwake":true}' });
  await stand.ask('saveSettings', { menuBarTitle: true });
  assert.deepEqual(stand.host.preferences, [{ menuBarTitle: false, keepAwake: true }, { menuBarTitle: true, keepAwake: true }]);
});

test('the presets of reset windows are offered and can be saved as they are', async () => {
  const stand = await open();
  for (const { windows } of (await stand.ask('settings')).resetWindowPresets) {
    const result = await stand.ask('saveSettings', { resetWindows: windows });
    assert.deepEqual(result.saved && result.settings.fields.resetWindows.value, windows);
  }
});

test('a stored password that cannot be read any more is replaced by entering it again', async () => {
  const host = new RecordedHost();
  host.password = 'of another machine';
  Object.assign(host.passwords, { get: () => (host.password === 'next' ? Promise.resolve('next') : Promise.reject(new Error('it cannot be decrypted'))) });
  const stand = await open({ host, file: JSON.stringify({ version: 1, ...database }) });
  assert.equal((await stand.ask('saveSettings', {}, { kind: 'set', password: 'next' })).saved, true);
  assert.equal(stand.desk.settings.database?.password, 'next');
});
