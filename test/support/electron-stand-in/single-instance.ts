import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How the one that is there hears of the other. */
const knock = 'SIGUSR2';

/** One application for each data folder, as Electron's own lock: the loser knocks at the winner, which calls `onSecond`. */
export function takeSingleInstanceLock(dataFolder: string, onSecond: () => void): boolean {
  mkdirSync(dataFolder, { recursive: true });
  const path = join(dataFolder, 'single-instance.lock');
  const holder = readHolder(path);
  if (holder !== undefined && holder !== process.pid && isAlive(holder)) {
    process.kill(holder, knock);
    return false;
  }
  writeFileSync(path, String(process.pid));
  process.on(knock, onSecond);
  return true;
}

function readHolder(path: string): number | undefined {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return undefined; // nobody was here yet
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
