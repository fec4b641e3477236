import type { GreekName } from '../../preload/contract.ts';

/** U+2212: as wide as a plus, so that columns and the four large numbers do not jump when a sign changes. */
const minus = '\u2212';
/** What stands for a number that is not known; never 0. */
export const unknown = '-';

const formats = new Map<string, Intl.NumberFormat>();

/** "1,234.50": thousands separated, exactly `digits` decimals. */
export function plain(value: number, digits: number): string {
  return written(value, digits, digits);
}

/**
 * "236.42", "1.0855", "0.0065"; two decimals, and as many more as a price of its size may have. An option's, which may be a
 * mark or the middle of bid and ask, has more only below 1.
 */
export function price(value: number, ofOption: boolean): string {
  const size = Math.abs(value);
  return written(value, 2, size < 1 ? 5 : ofOption ? 2 : Math.max(2, 5 - Math.floor(Math.log10(size))));
}

function written(value: number, least: number, most: number): string {
  const key = `${least} ${most}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat('en-US', { minimumFractionDigits: least, maximumFractionDigits: most });
    formats.set(key, format);
  }
  return value < 0 ? `${minus}${format.format(-value)}` : format.format(value);
}

/** "+1,234.50", "−46.43"; a zero, also one that is only rounded to it, has no sign; `-` when not known. */
export function signed(value: number | null, digits: number): string {
  if (value === null) return unknown;
  const text = plain(Math.abs(value), digits);
  if (!/[1-9]/.test(text)) return text;
  return `${value < 0 ? minus : '+'}${text}`;
}

/** Decimals of each Greek wherever its net is shown in a table. */
export const greekDigits: Readonly<Record<GreekName, number>> = { delta: 2, gamma: 3, vega: 2, theta: 2 };

/**
 * Decimals for one of the four large numbers: those of its Greek, fewer above 100,000 so that it fits its tile.
 *
 * A number near the limit keeps the decimals it had (`previous`) until it is 10 % past it, so that nothing jumps.
 */
export function tileDigits(greek: GreekName, value: number | null, previous: number | null): number {
  const most = greekDigits[greek];
  if (value === null) return previous ?? most;
  const wanted = digitsWithin(Math.abs(value), most);
  if (previous === null || wanted <= previous) return wanted;
  return digitsWithin(Math.abs(value) * 1.1, most) > previous ? wanted : previous;
}

function digitsWithin(size: number, most: number): number {
  if (size >= 1_000_000) return 0;
  return size >= 100_000 ? Math.min(most, 1) : most;
}

/** "1,234"; for counts. */
export function whole(value: number): string {
  return plain(Math.round(value), 0);
}

/** "12 rows", "1 row". */
export function count(amount: number, noun: string): string {
  return `${whole(amount)} ${noun}${amount === 1 ? '' : 's'}`;
}

/** A position: whole numbers without decimals, fractional shares with theirs. */
export function position(value: number): string {
  return signed(value, Number.isInteger(value) ? 0 : 4);
}
