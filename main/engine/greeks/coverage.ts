import type { Coverage, UnpricedLeg } from '../state.ts';

/** Longest sentence for api_logs, in characters: a book of 6,000 unpriced legs is still one readable row. */
const SENTENCE_LIMIT = 500;

/** Whether the same legs are unpriced for the same reasons, in any order: api_logs hears of a change once. */
export function sameUnpriced(one: readonly UnpricedLeg[], other: readonly UnpricedLeg[]): boolean {
  if (one.length !== other.length) return false;
  const reasons = new Map(one.map((leg) => [leg.conId, leg.reason]));
  return other.every((leg) => reasons.get(leg.conId) === leg.reason);
}

/**
 * Coverage in one line for api_logs, at most about 500 characters:
 * "28 of 30 legs priced; missing: SPX 17 Jan 27 C 6100 (no data yet), AAPL 15 Jan 27 P 150 (no theta yet)".
 */
export function describeCoverage(coverage: Coverage): string {
  const head = coverage.legs === 0 ? 'no legs to price' : `${coverage.priced} of ${coverage.legs} legs priced`;
  const missing = coverage.unpriced.map((leg) => `${leg.description} (${leg.reason})`);
  return [head, describeList('missing', missing), describeList('not counted', coverage.notCounted)].filter(Boolean).join('; ');
}

/** "missing: a, b and 7 more", cut between items so that each of the two lists keeps to half of the sentence. */
function describeList(title: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  let text = `${title}: `;
  let shown = 0;
  for (const item of items) {
    // The first item is always named, cut if a gateway's refusal text is a paragraph.
    const piece = shown === 0 ? item.slice(0, 160) : `, ${item}`;
    if (shown > 0 && text.length + piece.length > SENTENCE_LIMIT / 2 - 50) break;
    text += piece;
    shown += 1;
  }
  return shown === items.length ? text : `${text} and ${items.length - shown} more`;
}
