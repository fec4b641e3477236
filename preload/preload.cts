import type { BridgeApi, RequestMethod, Result, Update } from './contract.ts' with { 'resolution-mode': 'import' };

/*
 * THE BORDER's only code: builds `window.bridge` (preload/contract.ts) over IPC.
 *
 * A sandboxed preload may load nothing but electron, so that the channels stand here again; `satisfies` holds them to the contract.
 */

const { contextBridge, ipcRenderer } = require('electron') as typeof import('electron');

const channels = {
  host: 'bridge:host',
  overview: 'bridge:overview',
  legs: 'bridge:legs',
  history: 'bridge:history',
  log: 'bridge:log',
  settings: 'bridge:settings',
  saveSettings: 'bridge:saveSettings',
  testConnection: 'bridge:testConnection',
  command: 'bridge:command',
} as const satisfies { readonly [Method in RequestMethod]: `bridge:${Method}` };

const updates = 'bridge:update' satisfies typeof import('./contract.ts', { with: { 'resolution-mode': 'import' } }).updateChannel;

/** Failures cross as data: also the one that main could not be asked at all. */
function ask<Method extends RequestMethod>(method: Method): BridgeApi[Method] {
  const request = (...args: unknown[]): Promise<Result<unknown>> =>
    ipcRenderer.invoke(channels[method], ...args).catch((error: unknown): Result<unknown> => ({ ok: false, message: `the bridge did not answer: ${String(error)}` }));
  return request as BridgeApi[Method];
}

function subscribe(listener: (update: Update) => void): () => void {
  const hear = (_event: unknown, update: Update): void => listener(update);
  ipcRenderer.on(updates, hear);
  return () => void ipcRenderer.off(updates, hear);
}

const bridge: BridgeApi = {
  host: ask('host'),
  overview: ask('overview'),
  legs: ask('legs'),
  history: ask('history'),
  log: ask('log'),
  settings: ask('settings'),
  saveSettings: ask('saveSettings'),
  testConnection: ask('testConnection'),
  command: ask('command'),
  subscribe,
};

contextBridge.exposeInMainWorld('bridge', bridge);
