import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** Where the npm package `electron` is; its binary is fetched apart from it. */
export const electronFolder = dirname(require.resolve('electron/package.json'));

/** The Electron that is wanted, as package.json pins it. */
export const electronVersion = (JSON.parse(readFileSync(join(electronFolder, 'package.json'), 'utf8')) as { readonly version: string }).version;

const executables: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  darwin: 'Electron.app/Contents/MacOS/Electron',
  linux: 'electron',
  win32: 'electron.exe',
};

/** Path of an installed Electron of the right version; undefined where there is none. Fetches nothing. */
export function findElectron(env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string | undefined {
  const executable = executables[platform];
  const override = env['ELECTRON_OVERRIDE_DIST_PATH'];
  const dist = override !== undefined && override !== '' ? override : join(electronFolder, 'dist');
  if (executable === undefined || !existsSync(join(dist, executable))) return undefined;
  return readVersion(dist) === electronVersion ? join(dist, executable) : undefined;
}

function readVersion(dist: string): string | undefined {
  const file = join(dist, 'version');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().replace(/^v/, '') : undefined;
}
