import { chmodSync, chownSync, copyFileSync, linkSync, lstatSync, mkdirSync, readdirSync, readlinkSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Whether every user of the machine may walk into a folder: each folder on the way to it lets others pass. */
export function isReachable(folder: string): boolean {
  for (let path = folder; ; path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) return false;
    if (path === dirname(path)) return true;
  }
}

/**
 * Makes the files of `source` readable and executable for every user at `target`, which must not exist: as hard links where
 * that is possible, so that it costs no space, else as copies. The folders belong to `owner`, who can so delete all of it;
 * the files stay whose they are, because a link shares its file's owner.
 */
export function linkReachable(source: string, target: string, owner: { readonly uid: number; readonly gid: number }): void {
  mkdirSync(target);
  chmodSync(target, 0o755);
  chownSync(target, owner.uid, owner.gid);
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    if (entry.isDirectory()) linkReachable(from, to, owner);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(from), to);
    else linkFile(from, to);
  }
}

function linkFile(from: string, to: string): void {
  // A link has the permissions of the file that it shares.
  const readable = (lstatSync(from).mode & 0o004) !== 0;
  if (readable) {
    try {
      return linkSync(from, to);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    }
  }
  copyFileSync(from, to);
  chmodSync(to, 0o755);
}
