import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { electronFolder, electronVersion, findElectron } from '../support/electron-binary.ts';

/*
 * `npm start`: the desktop application from this checkout. The npm package of Electron brings no binary; it is fetched
 * once, from outside the registry, and not every machine may do that.
 */

const root = join(import.meta.dirname, '..', '..');
const fetchTimeoutMs = 600_000;

const help = `
Electron ${electronVersion} for ${process.platform} ${process.arch} is not installed, so there is no desktop window.

  to get it    npx install-electron            (needs access to github.com)
               or unpack electron-v${electronVersion}-${process.platform}-${process.arch}.zip and set
               ELECTRON_OVERRIDE_DIST_PATH to that folder
  without it   npm run daemon -- --dashboard   (the same window in a browser)
`;

const electron = findElectron() ?? fetchElectron();
if (electron === undefined) {
  console.error(help);
  process.exitCode = 1;
} else {
  process.exitCode = await run(electron);
}

/** Fetches it with Electron's own installer, unless ELECTRON_SKIP_BINARY_DOWNLOAD says no. */
function fetchElectron(): string | undefined {
  const skip = process.env['ELECTRON_SKIP_BINARY_DOWNLOAD'];
  if (skip !== undefined && skip !== '') return undefined;
  console.log(`Fetching Electron ${electronVersion} (about 120 MB, once) ...`);
  spawnSync(process.execPath, [join(electronFolder, 'install.js')], { stdio: ['ignore', 'inherit', 'ignore'], timeout: fetchTimeoutMs });
  return findElectron();
}

function run(path: string): Promise<number> {
  const child = spawn(path, [root, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
