import { performance } from 'node:perf_hooks';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';

/** Polls that turn the event loop only, before pauses are put between them. */
const EAGER_POLLS = 50;
const PAUSE_MS = 2;

/**
 * Waits for real I/O: resolves with the first value of `predicate` that is neither false nor undefined nor null.
 *
 * @param what names the condition in the error: "the third row".
 * @param capMs real milliseconds after which it throws; a cap against hanging, never a measurement.
 */
export async function until<T>(predicate: () => T | Promise<T>, what: string, capMs = 30_000): Promise<Exclude<NonNullable<T>, false>> {
  const deadline = performance.now() + capMs;
  for (let poll = 0; ; poll++) {
    const value = await predicate();
    if (value !== false && value !== undefined && value !== null) return value as Exclude<NonNullable<T>, false>;
    if (performance.now() > deadline) throw new Error(`waited ${capMs} ms in vain for ${what}`);
    await (poll < EAGER_POLLS ? turn() : pause(PAUSE_MS));
  }
}
