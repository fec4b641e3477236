import type { Clock, Ms } from '../clock.ts';

/** The three clocks, read together. */
export interface TimeReading {
  readonly wall: Ms;
  readonly monotonic: Ms;
  readonly uptime: Ms;
}

/** What happened to time between two readings; `ms` is how much, negative only for a wall clock that was set back. */
export type TimeJump =
  | { readonly kind: 'none' }
  /** The machine was suspended. */
  | { readonly kind: 'slept'; readonly ms: Ms }
  /** Somebody or a time server set the wall clock, by more than two seconds. */
  | { readonly kind: 'clock-stepped'; readonly ms: Ms }
  /** The process did not run though time went on: a blocked loop, SIGSTOP, a starved machine, or a sleep where clocks do not tell. */
  | { readonly kind: 'stalled'; readonly ms: Ms };

/** A gap shorter than this is a busy loop or a late timer, and every deadline here is longer (delivery.md 3.4: "sleep > 5 s"). */
const standstillMs: Ms = 5_000;
/** Smaller steps of the wall clock are what time servers do all day (delivery.md 3.4: "log steps > 2 s"). */
const stepMs: Ms = 2_000;
/** Two readings of an uptime in whole seconds may differ by this without any sleep. */
const uptimeResolutionMs: Ms = 1_500;

export function readTime(clock: Clock): TimeReading {
  return { wall: clock.now(), monotonic: clock.monotonic(), uptime: clock.uptime() };
}

/**
 * Tells what happened between two readings that were meant to lie `expectedMs` apart (delivery.md 3.4).
 *
 * Linux: the monotonic clock stops during suspend and uptime does not, so uptime minus monotonic time is the sleep.
 * macOS: all three go on during sleep, which then looks exactly like a stopped process and is told as `stalled`; what
 * must follow (a new session, no burst of rows) is the same. Uptime is counted in whole seconds on some systems.
 * When time stood still and the wall clock was set at once, the standstill is told: it is what sessions die of.
 */
export function classifyTimeJump(before: TimeReading, after: TimeReading, expectedMs: Ms): TimeJump {
  const monotonic = after.monotonic - before.monotonic;
  const unseen = after.uptime - before.uptime - monotonic;
  const slept = unseen > uptimeResolutionMs ? unseen : 0;
  if (slept >= standstillMs) return { kind: 'slept', ms: slept };
  if (monotonic - expectedMs >= standstillMs) return { kind: 'stalled', ms: monotonic };
  const stepped = after.wall - before.wall - monotonic - slept;
  return Math.abs(stepped) > stepMs ? { kind: 'clock-stepped', ms: stepped } : { kind: 'none' };
}
