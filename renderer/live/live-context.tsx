import { createContext, useCallback, useContext, useSyncExternalStore } from 'react';
import type { BridgeApi, Host, Ms, Overview } from '../../preload/contract.ts';
import type { Link } from './link.ts';
import type { Heard, Live } from './live.ts';
import { createStore } from './store.ts';

const LiveContext = createContext<Live | null>(null);

export const LiveProvider = LiveContext.Provider;

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === null) throw new Error('useLive outside of LiveProvider');
  return live;
}

export function useApi(): BridgeApi {
  return useLive().bridge.api;
}

export function useLink(): Link {
  const { link } = useLive().bridge;
  return useSyncExternalStore(link.subscribe, link.get);
}

export function useHost(): Host {
  const { host } = useLive();
  return useSyncExternalStore(host.subscribe, host.get) ?? unknownHost;
}

/** Until the host has answered: the fewest things are shown, and times are the machine's own. */
const unknownHost: Host = { kind: 'browser', version: '', platform: '', timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone, firstRun: false };

/**
 * A part of the overview; renders again only when that part is another object or value.
 *
 * Only for components below a received overview; `select` must return a part of it or a primitive.
 */
export function useOverview<T>(select: (overview: Overview) => T): T {
  const { heard } = useLive();
  return useSyncExternalStore(heard.subscribe, () => select(overviewOf(heard.get())));
}

function overviewOf(heard: Heard): Overview {
  if (heard.kind !== 'heard') throw new Error('no overview yet');
  return heard.overview;
}

/** The whole seconds since the window opened, one timer for everything that shows an age or a countdown. */
const seconds = createStore(0);
setInterval(() => {
  // Nobody reads an age in a hidden window, and what follows the time would go on asking the bridge.
  if (document.visibilityState === 'visible') seconds.set(seconds.get() + 1);
}, 1000);

/**
 * A value that depends on the sender's clock, judged again each second and with each update; renders only when it changes.
 * `judge` must return a primitive.
 */
export function useClock<T extends string | number | boolean | null>(judge: (now: Ms) => T): T {
  const { heard } = useLive();
  const subscribe = useCallback(
    (listener: () => void) => {
      const ends = [seconds.subscribe(listener), heard.subscribe(listener)];
      return () => ends.forEach((end) => end());
    },
    [heard],
  );
  return useSyncExternalStore(subscribe, () => judge(senderNow(heard.get())));
}

/**
 * The sender's wall clock now: what it said last plus what has passed since.
 *
 * The longer of two measures counts, because the monotonic one may stand still while the machine sleeps: an age that is
 * too small would pass off an old number as a fresh one.
 */
export function senderNow(heard: Heard): Ms {
  if (heard.kind !== 'heard') return Date.now();
  return heard.overview.now + Math.max(0, Date.now() - heard.wallAt, performance.now() - heard.monotonicAt);
}
