import type { BridgeState } from '../engine/state.ts';
import type { RequestMethod, Result, Update } from '../../preload/contract.ts';

/** One window, or one browser tab: updates go to its listener while it is visible. */
export interface Attachment {
  /** Invisible at first. Becoming visible sends a fresh overview at once; nothing is sent while invisible. */
  setVisible(visible: boolean): void;
  /** Nothing is sent from now on. Idempotent. */
  detach(): void;
}

/** What a host (desktop application, dashboard's server) asks in the name of its windows. */
export interface BridgeService {
  readonly state: BridgeState;
  /** Calls `listener` after each change of the state until the returned function is called; for the tray, visible or not. */
  subscribe(listener: (state: BridgeState) => void): () => void;
  /**
   * Answers one request of preload/contract.ts.
   *
   * @param args the request's arguments, as they came from outside: an array, parsed here.
   * @returns always resolves; what is wrong with the request or went wrong with it is `{ ok: false, message }`.
   */
  answer(method: RequestMethod, args: unknown): Promise<Result<unknown>>;
  /** Updates for one window; a listener that throws is detached. */
  attach(listener: (update: Update) => void): Attachment;
}
