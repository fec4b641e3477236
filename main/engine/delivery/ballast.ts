import { rmSync } from 'node:fs';
import { open, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

export const BALLAST_BYTES = 16 * 1024 * 1024;
const CHUNK = Buffer.alloc(1024 * 1024);

/**
 * A file of zeros beside the outbox, given up when the disk is full: SQLite needs room even to delete
 * rows, and with a full disk the outbox would be stuck for ever (delivery.md 1 and 2.8).
 */
export class Ballast {
  readonly #path: string;
  readonly #bytes: number;
  #creating: Promise<void> | null = null;

  constructor(outboxPath: string, bytes: number = BALLAST_BYTES) {
    this.#path = `${outboxPath}.ballast`;
    this.#bytes = bytes;
  }

  /** Creates the file where it is missing and the disk has four times the room; otherwise there is simply no reserve yet. */
  ensure(): Promise<void> {
    if (this.#bytes === 0) return Promise.resolve();
    this.#creating ??= this.#create().finally(() => (this.#creating = null));
    return this.#creating;
  }

  /** Resolves when nothing is being written any more. */
  async idle(): Promise<void> {
    await this.#creating;
  }

  async #create(): Promise<void> {
    const unfinished = `${this.#path}.new`;
    try {
      if ((await exists(this.#path)) || !(await this.#hasRoom())) return;
      await writeZeros(unfinished, this.#bytes);
      await rename(unfinished, this.#path);
    } catch {
      // A disk without room for the reserve must at least not lose that room to half a reserve.
      await rm(unfinished, { force: true }).catch(() => undefined);
    }
  }

  /** Frees the room. */
  drop(): void {
    rmSync(this.#path, { force: true });
  }

  async #hasRoom(): Promise<boolean> {
    const { bavail, bsize } = await statfs(dirname(this.#path));
    return bavail * bsize > 4 * this.#bytes;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function writeZeros(path: string, bytes: number): Promise<void> {
  await using file = await open(path, 'w');
  for (let written = 0; written < bytes; written += CHUNK.length) await file.write(CHUNK, 0, Math.min(CHUNK.length, bytes - written));
  await file.sync();
}
