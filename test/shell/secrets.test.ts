import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { KeychainPassword, type AsyncSafeStorage } from '../../main/shell/secrets.ts';

/** As Electron's: a marked, reversed text stands for encryption with the key of one machine. */
class FakeSafeStorage implements AsyncSafeStorage {
  key = 'key-1';
  available = true;
  backend: ReturnType<AsyncSafeStorage['getSelectedStorageBackend']> = 'gnome_libsecret';
  shouldReEncrypt = false;

  isAsyncEncryptionAvailable(): Promise<boolean> {
    return Promise.resolve(this.available);
  }

  getSelectedStorageBackend(): typeof this.backend {
    return this.backend;
  }

  encryptStringAsync(text: string): Promise<Buffer> {
    return Promise.resolve(Buffer.from(`${this.key}:${[...text].toReversed().join('')}`));
  }

  decryptStringAsync(encrypted: Buffer): ReturnType<AsyncSafeStorage['decryptStringAsync']> {
    const [key, body = ''] = encrypted.toString().split(':');
    if (key !== this.key) return Promise.reject(new Error('Error while decrypting the ciphertext'));
    return Promise.resolve({ result: [...body].toReversed().join(''), shouldReEncrypt: this.shouldReEncrypt });
  }
}

function stand(context: TestContext, platform: NodeJS.Platform = 'darwin'): { readonly storage: FakeSafeStorage; readonly path: string; readonly password: KeychainPassword; readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-secret-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const storage = new FakeSafeStorage();
  const path = join(folder, 'password.encrypted');
  return { storage, path, folder, password: new KeychainPassword(storage, path, platform) };
}

test('a password goes in and comes out, and its file does not hold it', async (context) => {
  const { password, path, folder } = stand(context);
  assert.equal(await password.stored(), false);
  assert.equal(await password.get(), null);
  await password.set('swordfish');
  assert.equal(await password.stored(), true);
  assert.equal(await password.get(), 'swordfish');
  assert.doesNotMatch(readFileSync(path, 'utf8'), /swordfish/);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ['password.encrypted'], 'nothing temporary is left');
  await password.clear();
  assert.equal(await password.get(), null);
  await password.clear();
});

test('a password of another machine is refused with words that do not hold it', async (context) => {
  const { password, storage } = stand(context);
  await password.set('swordfish');
  storage.key = 'key-2';
  await assert.rejects(password.get(), (error: Error) => /enter it again in Settings/.test(error.message) && !/swordfish|hsifdrows/.test(error.message));
  await password.set('new');
  assert.equal(await password.get(), 'new');
});

test('a key that was renewed encrypts anew', async (context) => {
  const { password, storage, path } = stand(context);
  await password.set('swordfish');
  const before = statSync(path).ino;
  storage.shouldReEncrypt = true;
  assert.equal(await password.get(), 'swordfish');
  assert.notEqual(statSync(path).ino, before);
});

test('a renewal that cannot be written costs no password that was decrypted', async (context) => {
  const { password, storage } = stand(context);
  await password.set('swordfish');
  storage.shouldReEncrypt = true;
  storage.encryptStringAsync = () => Promise.reject(new Error('the disk is full'));
  assert.equal(await password.get(), 'swordfish');
});

test('where there is no safe place nothing is stored', async (context) => {
  const { password, storage, path } = stand(context);
  storage.available = false;
  assert.equal(await password.available(), false);
  await assert.rejects(password.set('swordfish'), /DB_PASS/);
  assert.throws(() => readFileSync(path), /ENOENT/);
});

test('Linux without a keyring is no safe place', async (context) => {
  const { password, storage } = stand(context, 'linux');
  assert.equal(await password.available(), true);
  storage.backend = 'basic_text';
  assert.equal(await password.available(), false);
});

test('a file that cannot be read is an error and not "no password"', async (context) => {
  const { password, path } = stand(context);
  writeFileSync(path, 'broken');
  await assert.rejects(password.get());
});
