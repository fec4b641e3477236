import type { Ms } from '../clock.ts';

/** A duration for people, at most two units: "5 s", "12.5 s", "3 m 20 s", "6 h 12 m", "2 d 4 h". */
export function durationInWords(durationMs: Ms): string {
  const seconds = Math.abs(durationMs) / 1000;
  if (seconds < 60) {
    const rounded = Math.round(seconds * 10) / 10;
    return rounded < 60 ? `${rounded} s` : '1 m';
  }
  const whole = Math.round(seconds);
  const units: readonly (readonly [number, string])[] = [[86_400, 'd'], [3_600, 'h'], [60, 'm'], [1, 's']];
  const first = units.findIndex(([size]) => whole >= size);
  return units
    .slice(first, first + 2)
    .map(([size, name], index) => ({ amount: index === 0 ? Math.floor(whole / size) : Math.floor((whole % (units[first]?.[0] ?? 1)) / size), name }))
    .filter(({ amount }, index) => index === 0 || amount > 0)
    .map(({ amount, name }) => `${amount} ${name}`)
    .join(' ');
}

/** An instant for people and programs alike: ISO 8601 in UTC with milliseconds. */
export function instantInWords(at: Ms): string {
  return new Date(at).toISOString();
}

/** "1 row", "2,345 rows". */
export function count(amount: number, noun: string): string {
  return `${amount.toLocaleString('en-US')} ${noun}${amount === 1 ? '' : 's'}`;
}
