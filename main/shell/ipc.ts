import type { IpcMain, IpcMainInvokeEvent, WebContents } from 'electron';
import { channelOf, requestMethods, type Result } from '../../preload/contract.ts';
import type { BridgeService } from '../service/bridge-service.ts';
import { appOrigin } from './app-protocol.ts';

/** The contents of our window while there is one. */
export type OwnContents = () => Pick<WebContents, 'mainFrame'> | undefined;

/**
 * Answers the requests of preload/contract.ts, and only those of our window's main frame while it shows our own page.
 *
 * The one place where handlers are registered: the service parses what comes in and answers failures as data.
 */
export function answerWindow(ipcMain: Pick<IpcMain, 'handle'>, service: Pick<BridgeService, 'answer'>, ownContents: OwnContents): void {
  for (const method of requestMethods) {
    ipcMain.handle(channelOf(method), (event, ...args: unknown[]): Promise<Result<unknown>> => {
      if (!isTrusted(event, ownContents())) return Promise.resolve({ ok: false, message: 'this page is not the window of the bridge' });
      return service.answer(method, args);
    });
  }
}

function isTrusted({ senderFrame }: Pick<IpcMainInvokeEvent, 'senderFrame'>, contents: ReturnType<OwnContents>): boolean {
  // The frame is null when it was left or destroyed after it had asked.
  return senderFrame !== null && senderFrame === contents?.mainFrame && senderFrame.origin === appOrigin;
}
