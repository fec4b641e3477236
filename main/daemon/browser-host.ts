import type { HostPort } from '../service/host-port.ts';

/** The daemon as a host of windows: what only the desktop application can do is answered with what to do instead. */
export function createBrowserHost(version: string): HostPort {
  return {
    kind: 'browser',
    version,
    platform: process.platform,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    passwords: {
      // A server has no Keychain, and a file of our own would only look like one: DB_PASS, or DB_PASS_FILE in a container.
      available: () => Promise.resolve(false),
      stored: () => Promise.resolve(false),
      get: () => Promise.resolve(null),
      set: () => Promise.reject(new Error('the daemon stores no password: set DB_PASS or DB_PASS_FILE')),
      clear: () => Promise.reject(new Error('the daemon stores no password')),
    },
    loginItem: null,
    applyPreferences: () => undefined,
    openExternal: (address) => {
      const message = address.kind === 'portal-login' ? `Open ${address.url} in a browser on the machine of the gateway and log in there.` : 'Only the desktop application opens at login.';
      return Promise.resolve({ ok: false, message });
    },
    startDemo: () => Promise.resolve({ ok: false, message: 'Stop the daemon and run "npm run demo": it has a simulator and a database of its own.' }),
    quit: () => Promise.resolve({ ok: false, message: 'The daemon is stopped where it was started (Ctrl-C, or its service manager).' }),
  };
}
