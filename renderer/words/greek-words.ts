import type { GreekName } from '../../preload/contract.ts';

export const greekNames: readonly GreekName[] = ['delta', 'gamma', 'vega', 'theta'];

/** How each Greek is written: its name, its sign, its unit, and what the net means. */
export const greekWords: Readonly<Record<GreekName, { readonly name: string; readonly sign: string; readonly unit: string; readonly meaning: string }>> = {
  delta: {
    name: 'Delta',
    sign: 'Δ',
    unit: 'shares',
    meaning: 'Net delta: each leg in units of its own underlying, added up. A share, one unit of an index and one futures contract count as 1 each.',
  },
  gamma: {
    name: 'Gamma',
    sign: 'Γ',
    unit: 'shares per point',
    meaning: 'Net gamma: by how many shares net delta changes when every underlying rises by one point.',
  },
  vega: { name: 'Vega', sign: 'V', unit: 'per vol point', meaning: 'Net vega: what the book gains when every implied volatility rises by one percentage point.' },
  theta: { name: 'Theta', sign: 'Θ', unit: 'per day', meaning: 'Net theta: what the book gains by one day passing, all else equal.' },
};

/** The unit of a net Greek; vega and theta are money, and in no one's where the legs' currencies are several or not known. */
export function unitOf(greek: GreekName, currency: string | null): string {
  const { unit } = greekWords[greek];
  if (currency === null || greek === 'delta' || greek === 'gamma') return unit;
  return `${currency === 'USD' ? '$' : currency} ${unit}`;
}
