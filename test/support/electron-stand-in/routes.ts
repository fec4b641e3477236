import type Electron from 'electron';
import type { Request as PageRequest, Route } from 'playwright';
import { protocolHandlers } from './protocol.ts';
import { recorded } from './recorded.ts';
import { requestFilter } from './session.ts';

/*
 * Chromium proper knows no app:// scheme, so pages live under an http origin of the same meaning: a secure context (by
 * "localhost") with an origin of its own. Everything of the application sees app:// only.
 */
const inside = 'http://bridge.app.localhost/';
const outside = 'app://bridge/';

export function toChromium(url: string): string {
  return url.startsWith(outside) ? inside + url.slice(outside.length) : url;
}

export function toElectron(url: string): string {
  return url.startsWith(inside) ? outside + url.slice(inside.length) : url;
}

export function toElectronOrigin(url: string): string {
  const mapped = toElectron(url);
  return mapped.startsWith(outside) ? outside.slice(0, -1) : new URL(mapped).origin;
}

/** Asked before a page goes somewhere by itself; true: it may not. */
type NavigationGuard = (request: PageRequest) => boolean;
const navigationGuards = new Set<NavigationGuard>();

export function addNavigationGuard(guard: NavigationGuard): void {
  navigationGuards.add(guard);
}

/** What Electron does with a request: `will-navigate`, then the session's filter, then the protocol's handler. */
export async function answerRoute(route: Route): Promise<void> {
  const request = route.request();
  const url = toElectron(request.url());
  if (request.isNavigationRequest() && [...navigationGuards].some((guard) => guard(request))) return route.abort('aborted');
  if (await isCancelled(url)) return route.abort('blockedbyclient');
  const handler = protocolHandlers.get(new URL(url).protocol.slice(0, -1));
  if (handler === undefined) {
    recorded.strayRequests.push(url);
    return route.abort('failed');
  }
  const response = await handler(new Request(url, { method: request.method() }));
  const body = Buffer.from(await response.arrayBuffer());
  await route.fulfill({ status: response.status, headers: Object.fromEntries(response.headers), body });
}

function isCancelled(url: string): Promise<boolean> {
  const listener = requestFilter.listener;
  if (listener === null) return Promise.resolve(false);
  return new Promise((resolve) => listener({ url } as Electron.OnBeforeRequestListenerDetails, ({ cancel }) => resolve(cancel === true)));
}
