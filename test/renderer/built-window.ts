import { existsSync, globSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { contentSecurityPolicy } from '../../preload/content-security-policy.ts';

const folder = join(import.meta.dirname, '..', '..', 'dist', 'renderer');
const types: Readonly<Record<string, string>> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

/** The built window as a server gives it out, with its real content-security policy. */
export interface BuiltWindow {
  /** Answers a path; `/` is the window itself. */
  serve(path: string, response: ServerResponse): void;
}

/** Reads the whole build at once, so that a build that runs beside the tests does not take files away from under them. */
export function readBuiltWindow(): BuiltWindow {
  if (!existsSync(join(folder, 'index.html'))) throw new Error('dist/renderer is not built: run `npm run build`');
  const files = new Map(globSync('**/*.*', { cwd: folder }).map((name) => [`/${name.replaceAll('\\', '/')}`, readFileSync(join(folder, name))]));
  return {
    serve: (path, response) => {
      const name = path === '/' ? '/index.html' : path;
      const file = files.get(name);
      if (file === undefined) return void response.writeHead(404).end();
      response.writeHead(200, { 'content-type': types[extname(name)] ?? 'application/octet-stream', 'content-security-policy': contentSecurityPolicy }).end(file);
    },
  };
}
