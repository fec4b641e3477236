import type { SafeStorage } from 'electron';
import { rm } from 'node:fs/promises';
import type { PasswordStore } from '../service/host-port.ts';
import { readIfThere, replaceFile } from './file.ts';

export type AsyncSafeStorage = Pick<SafeStorage, 'isAsyncEncryptionAvailable' | 'encryptStringAsync' | 'decryptStringAsync' | 'getSelectedStorageBackend'>;

/**
 * The database password in a file of its own, encrypted with a key that the system keeps (macOS: the Keychain).
 *
 * Messages never hold the password.
 */
export class KeychainPassword implements PasswordStore {
  readonly #storage: AsyncSafeStorage;
  readonly #path: string;
  readonly #platform: NodeJS.Platform;

  constructor(storage: AsyncSafeStorage, path: string, platform: NodeJS.Platform) {
    this.#storage = storage;
    this.#path = path;
    this.#platform = platform;
  }

  async available(): Promise<boolean> {
    // Without a keyring, Linux encrypts with a password that stands in Chromium's source: that is no secret.
    if (this.#platform === 'linux' && this.#storage.getSelectedStorageBackend() === 'basic_text') return false;
    return this.#storage.isAsyncEncryptionAvailable();
  }

  async stored(): Promise<boolean> {
    return (await readIfThere(this.#path)) !== undefined;
  }

  /** @throws when the system refuses the key, or the file was made on another machine or by another user. */
  async get(): Promise<string | null> {
    const encrypted = await readIfThere(this.#path);
    if (encrypted === undefined) return null;
    const { result, shouldReEncrypt } = await this.#decrypt(encrypted);
    // The file that is there can still be read: the next time tries again.
    if (shouldReEncrypt) await this.set(result).catch(() => undefined);
    return result;
  }

  async set(password: string): Promise<void> {
    if (!(await this.available())) throw new Error('this system offers no place for secrets; set DB_PASS in the environment instead');
    await replaceFile(this.#path, await this.#storage.encryptStringAsync(password));
  }

  async clear(): Promise<void> {
    await rm(this.#path, { force: true });
  }

  async #decrypt(encrypted: Buffer): ReturnType<AsyncSafeStorage['decryptStringAsync']> {
    try {
      return await this.#storage.decryptStringAsync(encrypted);
    } catch (error) {
      throw new Error('the stored database password cannot be read; enter it again in Settings', { cause: error });
    }
  }
}
