import type { Protocol } from 'electron';
import { readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { contentSecurityPolicy } from '../../preload/content-security-policy.ts';

/** The window's own scheme: its pages come from here and from nowhere else. */
const scheme = 'app';
export const appOrigin = `${scheme}://bridge`;
export const windowUrl = `${appOrigin}/index.html`;

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** Makes app:// a secure origin of its own; Electron takes this only before it is ready. */
export function registerAppScheme(protocol: Pick<Protocol, 'registerSchemesAsPrivileged'>): void {
  protocol.registerSchemesAsPrivileged([{ scheme, privileges: { standard: true, secure: true, supportFetchAPI: true } }]);
}

/** Serves the files of `folder`, the built window, under app://bridge. */
export function serveWindow(protocol: Pick<Protocol, 'handle'>, folder: string): void {
  protocol.handle(scheme, (request) => answerRequest(request, folder));
}

/** One file with its type and the content-security policy; nothing outside of `folder`, whatever the address says. */
export async function answerRequest({ url, method }: Pick<Request, 'url' | 'method'>, folder: string): Promise<Response> {
  if (method !== 'GET') return refuse(405);
  const path = filePath(new URL(url), folder);
  const contentType = contentTypes[extname(path ?? '')];
  if (path === undefined || contentType === undefined) return refuse(404);
  try {
    return new Response(new Uint8Array(await readFile(path)), { headers: { ...headers, 'content-type': contentType } });
  } catch {
    return refuse(404); // missing, a folder, or not readable: the window cannot do anything about the difference
  }
}

const headers = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;

function refuse(status: number): Response {
  return new Response(null, { status, headers });
}

function filePath({ hostname, pathname }: URL, folder: string): string | undefined {
  if (hostname !== 'bridge') return undefined;
  const name = decode(pathname === '/' ? '/index.html' : pathname);
  if (name === undefined || name.includes('\0')) return undefined;
  const path = join(folder, name);
  // An encoded slash ("..%2f") is a path again only after decoding, so the result is judged and not the address.
  return path.startsWith(folder + sep) ? path : undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
