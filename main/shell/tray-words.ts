import type { Ms } from '../engine/clock.ts';

const minus = '\u2212';
/** Greeks are shown with their sign and five significant digits at most, so that nothing jumps. */
const significantDigits = 5;

/** "+1,234.5", "\u221246.430"; null, when the value is not known, is a dash and never a zero. */
export function signedNumber(value: number | null): string {
  if (value === null) return '\u2013';
  const digits = decimals(Math.abs(value));
  const text = Math.abs(value).toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  if (!/[1-9]/.test(text)) return text;
  return `${value < 0 ? minus : '+'}${text}`;
}

function decimals(magnitude: number): number {
  const before = magnitude < 1 ? 1 : Math.floor(Math.log10(magnitude)) + 1;
  return Math.min(3, Math.max(0, significantDigits - before));
}

/** "14:32:05" in `timeZone`, an IANA name. A menu cannot count down while it is open, so it names instants. */
export function clockTime(at: Ms, timeZone: string): string {
  return new Date(at).toLocaleTimeString('en-GB', { timeZone });
}

/** First letter large, as a menu writes it. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
