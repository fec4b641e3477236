import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SettingsError } from '../../../main/engine/settings/settings-error.ts';
import {
  keepBrokenFileAside, parseSettingsFile, readTextFile, saveSettingsFile, settingsFilePath,
} from '../../../main/engine/settings/settings-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'settings-'));
after(() => rmSync(folder, { recursive: true }));

function errorOf(text: string): SettingsError {
  try {
    parseSettingsFile(text, 'settings.json');
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error));
    return error;
  }
  assert.fail('this file is accepted');
}

test('what was saved is read again, and only its owner can read it', () => {
  const path = settingsFilePath(join(folder, 'new', 'folder'));
  const stored = {
    socketPort: 4001, account: 'U1234567', dbHost: 'db', pollIntervalSeconds: 2.5, underlyingSymbol: 'ES',
    resetWindows: [{ timeZone: 'Europe/Zurich', start: '06:25', resume: '07:45', days: ['Mon' as const] }],
  };
  saveSettingsFile(path, stored);
  saveSettingsFile(path, { ...stored, account: 'U7654321' });
  assert.deepEqual(parseSettingsFile(readTextFile(path) ?? '', path), { ...stored, account: 'U7654321' });
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(join(folder, 'new', 'folder')), ['settings.json'], 'no temporary file is left');
});

test('wrong values are refused before anything is written', () => {
  const path = join(folder, 'kept.json');
  saveSettingsFile(path, { socketPort: 4001 });
  const before = readFileSync(path, 'utf8');
  assert.throws(() => saveSettingsFile(path, { socketPort: 99_999 }), /socketPort=99999/);
  const withPassword = { dbPass: 'hunter2' } as object;
  assert.throws(() => saveSettingsFile(path, withPassword), (error: Error) => /dbPass/.test(error.message) && !error.message.includes('hunter2'));
  assert.equal(readFileSync(path, 'utf8'), before);
});

test('a save that fails leaves the old file and no temporary one', () => {
  const path = join(folder, 'is-a-folder', 'settings.json');
  saveSettingsFile(join(path, 'below.json'), {});
  assert.throws(() => saveSettingsFile(path, {}));
  assert.deepEqual(readdirSync(join(folder, 'is-a-folder')), ['settings.json']);
});

test('every wrong field of the file is named', () => {
  const text = JSON.stringify({ version: 1, apiMode: 'FOO', socketPort: '7496', clientId: 0, pollIntervalSeconds: 1.0005, surprise: 1, resetWindows: [{ timeZone: 'Mars/Olympus', start: '1:00', resume: '02:00' }] });
  const { problems, message } = errorOf(text);
  assert.deepEqual(problems.map((problem) => problem.variable), ['apiMode', 'socketPort', 'clientId', 'pollIntervalSeconds', 'surprise', 'resetWindows']);
  assert.match(message, /timeZone must be a zone such as America\/New_York, not "Mars\/Olympus"/);
});

test('what is no settings document is refused without quoting it', () => {
  for (const text of ['', '{', 'null', '[]', '"x"', '{}', '{"version":0}', '{"version":"1"}', '{"dbPass": "hunter2" nonsense']) {
    const { message } = errorOf(text);
    assert.ok(message.includes('settings.json') && !message.includes('hunter2'), message);
  }
});

test('an older file is brought forward step by step, a newer one refused', () => {
  const migrations = {
    1: ({ port, ...others }: Readonly<Record<string, unknown>>) => ({ ...others, socketPort: port }),
    2: (document: Readonly<Record<string, unknown>>) => ({ ...document, clientId: Number(document['socketPort']) + 1 }),
  };
  assert.deepEqual(parseSettingsFile('{"version":1,"port":7}', 'settings.json', 3, migrations), { socketPort: 7, clientId: 8 });
  assert.deepEqual(parseSettingsFile('{"version":2,"socketPort":7}', 'settings.json', 3, migrations), { socketPort: 7, clientId: 8 });
  assert.throws(() => parseSettingsFile('{"version":4}', 'settings.json', 3, migrations), /a newer bridge wrote this file/);
});

test('a broken file is kept aside under a name that tells when', () => {
  const path = join(folder, 'settings.json');
  writeFileSync(path, 'broken');
  const aside = keepBrokenFileAside(path, Date.UTC(2026, 2, 4, 20));
  assert.equal(aside, join(folder, 'settings.broken-2026-03-04T20-00-00.000Z.json'));
  assert.equal(readTextFile(aside), 'broken');
  assert.equal(readTextFile(path), undefined);
});
