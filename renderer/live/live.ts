import type { Host, LogEntry, Ms, Overview, SettingsView } from '../../preload/contract.ts';
import { keepEqualParts } from './keep-equal-parts.ts';
import type { Link, LinkedBridge } from './link.ts';
import { createStore, type Store } from './store.ts';

/** What is known of the bridge's state, and when this window heard it (both of the window's clocks). */
export type Heard =
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'heard'; readonly overview: Overview; readonly wallAt: number; readonly monotonicAt: number };

/** Everything in the window that moves by itself; made once, before the first render. */
export interface Live {
  readonly bridge: LinkedBridge;
  readonly heard: Store<Heard>;
  /** The sender's clock, after each update and each second without one: what depends on the time is judged again. */
  readonly beat: Store<{ readonly now: Ms }>;
  readonly host: Store<Host | null>;
  readonly settings: Store<SettingsView | null>;
  /** Calls `listener` with each batch of new log entries, in the order in which they came. */
  readonly onLog: (listener: (entries: readonly LogEntry[]) => void) => () => void;
  /** Asks for the snapshot again, after a failure. */
  readonly reload: () => void;
  readonly stop: () => void;
}

/** Without an update for this long the window's own clock goes on with the sender's. */
const silenceMs: Ms = 900;

/**
 * The sender's wall clock now: what it said last plus what has passed since.
 *
 * The longer of two measures counts, because the monotonic one may stand still while the machine sleeps: an age that is
 * too small would pass off an old number as a fresh one.
 */
function senderNow({ overview, wallAt, monotonicAt }: Extract<Heard, { readonly kind: 'heard' }>): Ms {
  return overview.now + Math.max(0, Date.now() - wallAt, performance.now() - monotonicAt);
}

/** Subscribes to the bridge first and asks for the snapshot then, so that no update falls between the two. */
export function startLive(bridge: LinkedBridge): Live {
  const heard = createStore<Heard>({ kind: 'loading' });
  const beat = createStore({ now: Date.now() });
  const host = createStore<Host | null>(null);
  const settings = createStore<SettingsView | null>(null);
  const logListeners = new Set<(entries: readonly LogEntry[]) => void>();
  let updates = 0;

  const hear = (overview: Overview): void => {
    const before = heard.get();
    const kept = before.kind === 'heard' ? keepEqualParts(before.overview, overview) : overview;
    heard.set({ kind: 'heard', overview: kept, wallAt: Date.now(), monotonicAt: performance.now() });
    beat.set({ now: overview.now });
  };
  const timer = setInterval(() => {
    const last = heard.get();
    // Nobody reads an age in a hidden window, and what follows the time would go on asking the bridge.
    if (document.visibilityState !== 'visible' || last.kind !== 'heard') return;
    // While updates come they are the clock: one more beat between them would be one more frame.
    if (performance.now() - last.monotonicAt >= silenceMs) beat.set({ now: senderNow(last) });
  }, 1000);
  const unsubscribe = bridge.api.subscribe((update) => {
    updates += 1;
    if (update.type === 'overview') hear(update.overview);
    else if (update.type === 'settings') settings.set(update.settings);
    else logListeners.forEach((listener) => listener(update.entries));
  });
  const reload = (): void => {
    if (heard.get().kind === 'failed') heard.set({ kind: 'loading' });
    const seen = updates;
    void Promise.all([bridge.api.host(), bridge.api.overview()]).then(([hostAnswer, overviewAnswer]) => {
      if (hostAnswer.ok) host.set(keepEqualParts(host.get(), hostAnswer.value));
      // An update that came meanwhile is newer than this answer.
      if (overviewAnswer.ok && (updates === seen || heard.get().kind !== 'heard')) hear(overviewAnswer.value);
      const failed = !hostAnswer.ok ? hostAnswer : !overviewAnswer.ok ? overviewAnswer : null;
      if (failed !== null && heard.get().kind !== 'heard') heard.set({ kind: 'failed', message: failed.message });
    });
  };
  const unsubscribeLink = bridge.link.subscribe(reloadWhenOpen(bridge.link, reload));
  reload();

  return {
    bridge,
    heard,
    beat,
    host,
    settings,
    onLog: (listener) => {
      logListeners.add(listener);
      return () => logListeners.delete(listener);
    },
    reload,
    stop: () => {
      clearInterval(timer);
      unsubscribe();
      unsubscribeLink();
    },
  };
}

function reloadWhenOpen(link: Store<Link>, reload: () => void): () => void {
  let before = link.get().kind;
  return () => {
    const now = link.get().kind;
    if (now === 'open' && before !== 'open') reload();
    before = now;
  };
}
