import type { Ms } from '../clock.ts';
import type { Snapshot, UnpricedLeg } from '../state.ts';
import { CompensatedSum } from './compensated-sum.ts';
import { describeLeg } from './describe-leg.ts';
import { valueLeg } from './leg-value.ts';
import type { Leg, LegQuote } from './leg.ts';
import { findUnderlyingPrice } from './underlying-price.ts';

/**
 * Adds up the net Greeks of a book at the wall-clock instant `at` (design.md section 5).
 *
 * All legs priced: the sums. Some priced: the sums of those. None priced of more than zero: four nulls. No leg that
 * counts: four times 0. Whether such a snapshot may be written (warm-up, connection) is the caller's decision.
 * Units: delta in units of underlying, gamma per point, vega per volatility point, theta per day.
 */
export function aggregate(
  legs: readonly Leg[],
  quoteOf: (conId: number) => LegQuote | undefined,
  options: { readonly at: Ms; readonly underlyingSymbol: string | null },
): Snapshot {
  const delta = new CompensatedSum();
  const gamma = new CompensatedSum();
  const vega = new CompensatedSum();
  const theta = new CompensatedSum();
  let priced = 0;
  const unpriced: UnpricedLeg[] = [];
  const notCounted: string[] = [];

  for (const leg of legs) {
    const value = valueLeg(leg, quoteOf(leg.conId));
    if (value.kind === 'priced') {
      delta.add(value.delta);
      gamma.add(value.gamma);
      vega.add(value.vega);
      theta.add(value.theta);
      priced += 1;
    } else if (value.kind === 'unpriced') {
      unpriced.push({ conId: leg.conId, description: describeLeg(leg), reason: value.reason });
    } else {
      notCounted.push(describeLeg(leg));
    }
  }

  const known = priced > 0 || unpriced.length === 0;
  const underlying = findUnderlyingPrice(legs, quoteOf, options);
  return {
    at: options.at,
    delta: known ? delta.value() : null,
    gamma: known ? gamma.value() : null,
    vega: known ? vega.value() : null,
    theta: known ? theta.value() : null,
    underlyingPrice: underlying.price,
    underlyingSymbol: underlying.symbol,
    coverage: { legs: priced + unpriced.length, priced, unpriced, notCounted },
  };
}
