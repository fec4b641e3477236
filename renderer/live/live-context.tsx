import { createContext, useContext, useEffect, useRef, useSyncExternalStore } from 'react';
import type { BridgeApi, Host, Ms, Overview } from '../../preload/contract.ts';
import { keepEqualParts } from './keep-equal-parts.ts';
import type { Link } from './link.ts';
import type { Heard, Live } from './live.ts';
import type { Reading } from './store.ts';

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

/** What `select` makes of the overview; renders again only when something in it is another value. */
export function useView<T>(select: (overview: Overview) => T): T {
  return useSelection(useLive().heard, (heard) => select(overviewOf(heard)));
}

/** What `select` makes of a store's value; renders again only when something in it is another value. Plain data only. */
export function useSelection<S, T>(reading: Reading<S>, select: (value: S) => T): T {
  const previous = useRef<T | null>(null);
  return useSyncExternalStore(reading.subscribe, () => {
    const kept = keepEqualParts(previous.current, select(reading.get()));
    previous.current = kept;
    return kept;
  });
}

/** The overview that was heard last; only below a received one. */
export function overviewOf(heard: Heard): Overview {
  if (heard.kind !== 'heard') throw new Error('no overview yet');
  return heard.overview;
}

/**
 * A value that depends on the sender's clock, judged again each second and with each update; renders only when it changes.
 * `judge` must return a primitive.
 */
export function useClock<T extends string | number | boolean | null>(judge: (now: Ms, overview: Overview) => T): T {
  const { beat, heard } = useLive();
  return useSyncExternalStore(beat.subscribe, () => judge(beat.get().now, overviewOf(heard.get())));
}

/**
 * Calls `act` at first and whenever `judge` comes to another value, with each update and second; renders nothing.
 * Null means that there is nothing to do. Begins anew when one of `reasons` is another one; what `act` returns is called
 * once its value no longer holds.
 */
export function useWatch(judge: (now: Ms, overview: Overview) => string | null, act: () => () => void, reasons: readonly unknown[]): void {
  const { beat, heard } = useLive();
  useEffect(() => {
    let seen: string | null = null;
    let end = nothing;
    const look = (): void => {
      const value = judge(beat.get().now, overviewOf(heard.get()));
      if (value === seen) return;
      seen = value;
      end();
      end = value === null ? nothing : act();
    };
    look();
    const unsubscribe = beat.subscribe(look);
    return () => {
      unsubscribe();
      end();
    };
  }, [beat, heard, ...reasons]);
}

function nothing(): void {}
