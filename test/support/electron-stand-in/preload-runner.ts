import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';

/** Names under which the page's side of IPC stands in the page; a page of ours never reads them. */
export const invokeBinding = '__standInInvoke';
export const deliverFunction = '__standInDeliver';

/**
 * A script for Playwright's `addInitScript` that runs the built preload before the page's own scripts, as Electron does:
 * in the main frame only, with a `require` that knows nothing but electron, and a context bridge that hands out frozen
 * copies instead of the preload's own objects.
 */
export function preloadScript(path: string): string {
  const source = readFileSync(path, 'utf8');
  assertSandboxable(source, path);
  return `(() => { if (window !== window.top) return; (${pageSide.toString()})(${JSON.stringify(source)}, ${JSON.stringify(invokeBinding)}, ${JSON.stringify(deliverFunction)}); })();`;
}

/** A sandboxed preload that requires anything but electron dies in Electron; here already before it runs. */
function assertSandboxable(source: string, path: string): void {
  const required: string[] = [];
  const nothing = (): object => new Proxy(() => undefined, { get: () => nothing(), apply: () => Promise.resolve() });
  const sandbox = createContext({ exports: {}, module: { exports: {} }, require: (name: string) => (required.push(name), nothing()) });
  runInContext(source, sandbox, { filename: path });
  const others = required.filter((name) => name !== 'electron');
  if (others.length > 0) throw new Error(`${path}: a sandboxed preload cannot load ${others.join(', ')}`);
}

/** Runs in the page. */
function pageSide(source: string, invokeName: string, deliverName: string): void {
  type Listener = (event: object, ...args: unknown[]) => void;
  type Invoke = (channel: string, args: unknown[]) => Promise<{ ok: true; value: unknown } | { ok: false; message: string }>;
  const page = window as unknown as Record<string, unknown>;
  const invoke = page[invokeName] as Invoke;
  const listeners = new Map<string, Set<Listener>>();

  const ipcRenderer = {
    async invoke(channel: string, ...args: unknown[]): Promise<unknown> {
      const answer = await invoke(channel, structuredClone(args));
      if (answer.ok) return answer.value;
      throw new Error(answer.message);
    },
    on(channel: string, listener: Listener) {
      const those = listeners.get(channel) ?? new Set();
      listeners.set(channel, those.add(listener));
      return ipcRenderer;
    },
    off(channel: string, listener: Listener) {
      listeners.get(channel)?.delete(listener);
      return ipcRenderer;
    },
  };
  Object.defineProperty(page, deliverName, {
    value: (channel: string, args: unknown[]) => {
      for (const listener of listeners.get(channel) ?? []) listener({}, ...args);
    },
  });

  /** A copy of what crosses; functions become functions that copy in turn. */
  function cross(value: unknown): unknown {
    if (typeof value === 'function') {
      return (...args: unknown[]) => {
        const result: unknown = value(...args.map(cross));
        return result instanceof Promise ? result.then(cross, (error: unknown) => Promise.reject(new Error(String(error)))) : cross(result);
      };
    }
    if (Array.isArray(value)) return value.map(cross);
    if (value === null || typeof value !== 'object') return value;
    return Object.freeze(Object.fromEntries(Object.entries(value).map(([name, member]) => [name, cross(member)])));
  }
  const contextBridge = {
    exposeInMainWorld(name: string, api: unknown) {
      if (name in page) throw new Error(`Cannot bind an API on top of an existing property on the window object: ${name}`);
      Object.defineProperty(page, name, { value: cross(api), enumerable: true });
    },
  };
  const requireOnlyElectron = (name: string): unknown => {
    if (name === 'electron') return { contextBridge, ipcRenderer };
    throw new Error(`module not found: ${name}`);
  };
  const module = { exports: {} };
  new Function('require', 'module', 'exports', source)(requireOnlyElectron, module, module.exports);
}
