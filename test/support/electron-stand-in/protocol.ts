import type Electron from 'electron';

type Handler = Parameters<Electron.Protocol['handle']>[1];

/** By scheme. */
export const protocolHandlers = new Map<string, Handler>();
const privileged = new Set<string>();

export const protocol: Pick<Electron.Protocol, 'handle' | 'registerSchemesAsPrivileged'> = {
  registerSchemesAsPrivileged(schemes) {
    for (const { scheme, privileges } of schemes) if (privileges?.standard === true && privileges.secure === true) privileged.add(scheme);
  },
  handle(scheme, handler) {
    // Chromium would give the pages an opaque origin and no storage: every check of the origin would fail.
    if (!privileged.has(scheme)) throw new Error(`${scheme} was not registered as a standard, secure scheme before ready`);
    protocolHandlers.set(scheme, handler);
  },
};
