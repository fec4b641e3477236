import type { ManualClock } from '../support/manual-clock.ts';
import { until } from '../support/until.ts';

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Lets the owned clock go on by 5 s again and again, with time for real I/O in between. */
export async function passUntil(clock: ManualClock, condition: () => boolean, what: string): Promise<void> {
  await until(async () => {
    if (condition()) return true;
    await pause(40);
    if (!condition()) await clock.advance(5_000);
    return false;
  }, what, 60_000);
}
