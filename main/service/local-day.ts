import type { Ms } from '../engine/clock.ts';
import { findTransition, zoneOffset } from '../engine/supervision/zoned-time.ts';

const dayMs = 86_400_000;

/**
 * The first instant of the day that a zone's clock shows at `at`: midnight, or where a night skips midnight (Cairo,
 * Santiago) the end of the skipped hour. On a night that repeats midnight it is the first one.
 */
export function startOfLocalDay(timeZone: string, at: Ms): Ms {
  const local = at + zoneOffset(timeZone, at);
  const midnight = Math.floor(local / dayMs) * dayMs;
  // Offsets lie between -12 h and +14 h: this is before the day in every zone, and at most one day before it.
  const before = midnight - 14 * 3_600_000 - 1;
  const transition = findTransition(timeZone, before, at);
  if (transition === undefined) return midnight - zoneOffset(timeZone, at);
  const early = midnight - zoneOffset(timeZone, before);
  // The clock was set after midnight had come; else by then, and at the earliest with the setting itself.
  return early < transition ? early : Math.max(transition, midnight - zoneOffset(timeZone, transition));
}
