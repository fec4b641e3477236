import type { Leg } from './leg.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A leg in the words of a trader: "SPX 17 Jan 27 C 6100", "ES 18 Dec 26", "AAPL", "BOND IBM 3.5 2030". */
export function describeLeg(leg: Leg): string {
  if (leg.kind === 'STK') return leg.symbol;
  if (leg.kind === 'other') return [leg.secType, leg.localSymbol || leg.symbol].filter(Boolean).join(' ');
  return [leg.symbol, describeExpiry(leg.expiry), leg.right, leg.strike].filter((part) => part !== undefined && part !== '').join(' ');
}

/** `20270117` as "17 Jan 27"; anything else (a bare contract month, say) as it came. */
function describeExpiry(expiry: string | undefined): string | undefined {
  const date = /^\d\d(\d\d)(\d\d)(\d\d)$/.exec(expiry ?? '');
  const month = date === null ? undefined : MONTHS[Number(date[2]) - 1];
  if (date === null || month === undefined) return expiry;
  return `${Number(date[3])} ${month} ${date[1]}`;
}
