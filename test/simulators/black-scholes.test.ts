import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cumulativeNormal, valueOption } from './black-scholes.ts';
import type { OptionInputs } from './black-scholes.ts';

/** Hull, Options, Futures and Other Derivatives, example 15.6: 4.76 for the call and 0.81 for the put. */
const hull = { underlying: 42, strike: 40, years: 0.5, volatility: 0.2, rate: 0.1, carry: 0.1 } as const;

const cases: readonly OptionInputs[] = (['C', 'P'] as const).flatMap((right) => [
  { ...hull, right },
  { right, underlying: 6000, strike: 5850, years: 0.05, volatility: 0.16, rate: 0.04, carry: 0.04 },
  { right, underlying: 6015, strike: 6250, years: 0.1, volatility: 0.14, rate: 0.04, carry: 0 },
]);

test('prices agree with the textbook', () => {
  assert.equal(valueOption({ ...hull, right: 'C' }).price.toFixed(2), '4.76');
  assert.equal(valueOption({ ...hull, right: 'P' }).price.toFixed(2), '0.81');
  assert.equal(cumulativeNormal(1.96).toFixed(9), '0.975002105');
  assert.equal(cumulativeNormal(0), 0.5);
  assert.equal(cumulativeNormal(-8).toExponential(3), '6.221e-16');
});

test('call minus put is the forward minus the strike, discounted', () => {
  for (const { right: _, ...terms } of cases) {
    const forward = terms.underlying * Math.exp((terms.carry - terms.rate) * terms.years) - terms.strike * Math.exp(-terms.rate * terms.years);
    const parity = valueOption({ ...terms, right: 'C' }).price - valueOption({ ...terms, right: 'P' }).price;
    assert.ok(Math.abs(parity - forward) < 1e-9, `${parity} and ${forward}`);
  }
});

test('the Greeks are the slopes of the price in the promised units: vega per point, theta per day', () => {
  for (const terms of cases) {
    const value = valueOption(terms);
    const slope = (field: 'underlying' | 'volatility' | 'years', step: number): number =>
      (valueOption({ ...terms, [field]: terms[field] + step }).price - valueOption({ ...terms, [field]: terms[field] - step }).price) / (2 * step);
    const bend = (valueOption({ ...terms, underlying: terms.underlying + 0.5 }).delta - valueOption({ ...terms, underlying: terms.underlying - 0.5 }).delta);
    const close = (actual: number, expected: number, name: string): void =>
      assert.ok(Math.abs(actual - expected) < 2e-3 * Math.max(0.01, Math.abs(expected)), `${name}: ${actual} and ${expected}`);
    close(value.delta, slope('underlying', 0.01), 'delta');
    close(value.gamma, bend, 'gamma');
    close(value.vega, slope('volatility', 1e-4) / 100, 'vega');
    close(value.theta, -slope('years', 1e-5) / 365, 'theta');
  }
});
