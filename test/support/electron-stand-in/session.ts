import type Electron from 'electron';

type Listener = ((details: Electron.OnBeforeRequestListenerDetails, callback: (response: Electron.CallbackResponse) => void) => void) | null;

export const requestFilter: { listener: Listener } = { listener: null };

type Part = Pick<Electron.Session, 'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler'> & {
  readonly webRequest: Pick<Electron.WebRequest, 'onBeforeRequest'>;
};

/** Headless Chromium denies every permission by itself; what the handlers answer is a matter of unit tests. */
const defaultSession: Part = {
  setPermissionRequestHandler() {},
  setPermissionCheckHandler() {},
  setDevicePermissionHandler() {},
  webRequest: {
    onBeforeRequest(...args: readonly unknown[]) {
      requestFilter.listener = args.at(-1) as Listener;
    },
  },
};

export const session = { defaultSession };
