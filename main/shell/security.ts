import type { App, Session, WebContents } from 'electron';
import { appOrigin } from './app-protocol.ts';

type GuardedSession = Pick<Session, 'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler'> & {
  readonly webRequest: Pick<Session['webRequest'], 'onBeforeRequest'>;
};

/** No permission is ever given, and no request leaves the window except to its own files. */
export function guardSession(session: GuardedSession, { developerTools }: { readonly developerTools: boolean }): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.webRequest.onBeforeRequest(({ url }, answer) => answer({ cancel: !isOwnFile(url, developerTools) }));
}

function isOwnFile(url: string, developerTools: boolean): boolean {
  return url.startsWith(`${appOrigin}/`) || (developerTools && url.startsWith('devtools://'));
}

/** No page goes anywhere else, opens another one, or holds one inside. Reloading and our own loading are not navigation in this sense. */
export function guardContents(app: Pick<App, 'on'>): void {
  app.on('web-contents-created', (_event, contents) => pinDown(contents));
}

function pinDown(contents: Pick<WebContents, 'on' | 'setWindowOpenHandler'>): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
}
