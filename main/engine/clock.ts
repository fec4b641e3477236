import { uptime } from 'node:os';
import { performance } from 'node:perf_hooks';

/** Milliseconds: an instant is milliseconds since the Unix epoch (UTC), a duration is plain milliseconds. */
export type Ms = number;

/** A timer that has been set; cancelling it twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/**
 * The engine's only source of time, handed in so that tests own it.
 *
 * Durations, ages, back-off and the breaker use {@link monotonic}; rows carry {@link now}.
 */
export interface Clock {
  /** Wall clock: the instant, in milliseconds since the Unix epoch. May jump in both directions. */
  now(): Ms;
  /** Milliseconds since an arbitrary start; never goes back. Stops during suspend on Linux, advances on macOS. */
  monotonic(): Ms;
  /** Milliseconds since the machine booted, suspend included; tells a sleep from a stepped wall clock. */
  uptime(): Ms;
  /** Calls `callback` once after `delayMs` of monotonic time. */
  setTimer(delayMs: Ms, callback: () => void): Timer;
}

/** The real clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  uptime: () => uptime() * 1000,
  setTimer(delayMs, callback) {
    const handle = setTimeout(callback, Math.max(0, delayMs));
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `delayMs`, or at once when `signal` is aborted; never rejects, so callers check the signal. */
export function sleep(clock: Clock, delayMs: Ms, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const done = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.setTimer(delayMs, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
