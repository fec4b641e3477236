import type { BridgeApi } from '../../preload/contract.ts';
import { createStore, type Store } from './store.ts';

/** Whether the window itself still hears the bridge. */
export type Link =
  | { readonly kind: 'open' }
  /** The bridge does not answer; `retryAt` is on this machine's clock, null while an attempt is under way. */
  | { readonly kind: 'lost'; readonly reason: string; readonly retryAt: number | null }
  /** The bridge answers and refuses this page. */
  | { readonly kind: 'refused'; readonly reason: string };

/** The bridge as the window reaches it, and how that is going. */
export interface LinkedBridge {
  readonly api: BridgeApi;
  readonly link: Store<Link>;
  /** Tries again at once where the link is lost. */
  readonly retry: () => void;
}

/** The application's own border: it lives and dies with the window, so there is nothing to lose. */
export function linkDirectly(api: BridgeApi): LinkedBridge {
  return { api, link: createStore<Link>({ kind: 'open' }), retry: () => undefined };
}
