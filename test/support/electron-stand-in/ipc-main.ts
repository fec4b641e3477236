import type Electron from 'electron';

type Handler = Parameters<Electron.IpcMain['handle']>[1];

const handlers = new Map<string, Handler>();

export const ipcMain: Pick<Electron.IpcMain, 'handle' | 'removeHandler'> = {
  handle(channel, handler) {
    if (handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
    handlers.set(channel, handler);
  },
  removeHandler(channel) {
    handlers.delete(channel);
  },
};

export type Invoked = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

/** What `ipcRenderer.invoke` gets: values by structured clone, errors as text only. */
export async function invoke(event: Electron.IpcMainInvokeEvent, channel: string, args: readonly unknown[]): Promise<Invoked> {
  const handler = handlers.get(channel);
  const failed = (error: unknown): Invoked => ({ ok: false, message: `Error invoking remote method '${channel}': ${String(error)}` });
  if (handler === undefined) return failed(new Error(`No handler registered for '${channel}'`));
  try {
    return { ok: true, value: structuredClone(await handler(event, ...args)) };
  } catch (error) {
    return failed(error);
  }
}
