import type { Ms } from '../clock.ts';
import { describeLeg } from '../greeks/describe-leg.ts';
import type { Leg, LegQuote } from '../greeks/leg.ts';
import type { MarketData } from '../state.ts';
import type { Finding } from './gateway.ts';

/** How long a sampled leg may take for its first data in a check. */
export const SAMPLE_PATIENCE_MS: Ms = 5_000;

/** One leg whose market data a check asked for. */
export interface Sample {
  readonly leg: Leg;
  readonly quote: LegQuote;
}

/** Nothing to wait for: data came, or there is no leg to sample. */
export function isSampled(sample: Sample | undefined): boolean {
  if (sample === undefined) return true;
  const { leg, quote } = sample;
  return leg.kind === 'OPT' || leg.kind === 'FOP' ? quote.delta !== undefined : quote.price !== undefined;
}

export function describeAccount(account: string | undefined, accounts: readonly string[]): Finding {
  const others = accounts.length > 1 ? ` of ${accounts.length}: ${accounts.join(', ')}` : '';
  return { subject: 'Account', ok: true, detail: `${account ?? 'chosen'}${others}` };
}

export function describePositions(legs: readonly Leg[]): Finding {
  const kinds = ['OPT', 'FOP', 'FUT', 'STK', 'other'] as const;
  const counts = kinds
    .map((kind) => ({ kind, count: legs.filter((leg) => leg.kind === kind).length }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => (kind === 'other' ? `${count} not counted` : `${count} ${kind}`));
  const sum = legs.length === 1 ? '1 position' : `${legs.length} positions`;
  return { subject: 'Positions', ok: true, detail: counts.length === 0 ? sum : `${sum}: ${counts.join(', ')}` };
}

export function describeSample(sample: Sample | undefined, marketData: MarketData): Finding {
  const subject = 'Market data';
  if (sample === undefined) return { subject, ok: true, detail: 'not tried: there is no position to ask for' };
  const { leg, quote } = sample;
  const name = describeLeg(leg);
  const kind = marketData === 'unknown' ? '' : ` (${marketData})`;
  if (isSampled(sample)) {
    const what = quote.delta === undefined ? `price ${quote.price?.value}` : `delta ${quote.delta.value.toFixed(4)}`;
    return { subject, ok: true, detail: `${name}: ${what}${kind}` };
  }
  if (quote.refusal !== undefined) return { subject, ok: false, detail: `${name}: ${quote.refusal.text}` };
  return { subject, ok: false, detail: `${name}: no data within ${SAMPLE_PATIENCE_MS / 1000} s${kind}`, action: 'Try again while its market is open' };
}
