import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A small file system in memory that can be filled to the last byte; throws with a sentence where this process may not mount one. */
export class Tmpfs implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'bridge-tmpfs-'));

  constructor(size: string, options = '') {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}${options === '' ? '' : `,${options}`}`, 'tmpfs', this.path], { stdio: ['ignore', 'ignore', 'pipe'] });
    } catch (error) {
      rmSync(this.path, { recursive: true, force: true });
      throw new TmpfsError('the right to mount a tmpfs (run as root on Linux)', { cause: error });
    }
  }

  resize(size: string): void {
    execFileSync('mount', ['-o', `remount,size=${size}`, this.path]);
  }

  [Symbol.dispose](): void {
    execFileSync('umount', ['-l', this.path]);
    rmSync(this.path, { recursive: true, force: true });
  }
}

export class TmpfsError extends Error {
  override readonly name = 'TmpfsError';
}
