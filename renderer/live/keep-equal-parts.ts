/**
 * `next`, with every part that equals its counterpart in `previous` replaced by that very object.
 *
 * What crosses the border is a fresh copy each time; with this, a part that did not change is the same object again, and
 * a memoised component that reads only that part does not render. Plain data only (what structured clone or JSON carry).
 */
export function keepEqualParts<T>(previous: unknown, next: T): T {
  if (Object.is(previous, next)) return next;
  if (Array.isArray(previous) && Array.isArray(next)) {
    const merged = next.map((item, index) => keepEqualParts(previous[index], item));
    const same = previous.length === merged.length && merged.every((item, index) => Object.is(item, previous[index]));
    return (same ? previous : merged) as T;
  }
  if (!isRecord(previous) || !isRecord(next)) return next;
  const keys = Object.keys(next);
  let same = keys.length === Object.keys(previous).length;
  // A copy only where a part is kept: most of what moves is flat.
  let merged: Record<string, unknown> | null = null;
  for (const key of keys) {
    const part = next[key];
    const kept = keepEqualParts(previous[key], part);
    same &&= Object.is(kept, previous[key]) && Object.hasOwn(previous, key);
    if (!Object.is(kept, part)) (merged ??= { ...next })[key] = kept;
  }
  return (same ? previous : (merged ?? next)) as T;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
