import { join } from 'node:path';

/**
 * Where settings.json and a second .env are looked for when `--data-folder` does not say.
 *
 * macOS: Application Support, the folder that the desktop application uses; elsewhere the XDG base directory for settings.
 */
export function defaultDataFolder(platform: NodeJS.Platform, home: string, env: NodeJS.ProcessEnv): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'IBKR Trading Bridge');
  const xdg = env['XDG_CONFIG_HOME'];
  return join(xdg !== undefined && xdg !== '' ? xdg : join(home, '.config'), 'ibkr-trading-bridge');
}
