/** What one option is worth and how it moves; units as IBKR sends them (ibkr-facts.md 2.2). */
export interface OptionValue {
  readonly price: number;
  /** Per one unit of underlying. */
  readonly delta: number;
  /** Change of delta per point of the underlying. */
  readonly gamma: number;
  /** Per one volatility point (0.01 of volatility). */
  readonly vega: number;
  /** Per calendar day. */
  readonly theta: number;
}

export interface OptionInputs {
  readonly right: 'C' | 'P';
  /** Price of the underlying: spot, or the future for an option on a future. */
  readonly underlying: number;
  readonly strike: number;
  /** Years to expiry, more than zero. */
  readonly years: number;
  /** As a fraction: 0.2 is 20 %. */
  readonly volatility: number;
  /** Continuous interest rate as a fraction. */
  readonly rate: number;
  /** Cost of carry: equal to `rate` for a stock or an index without dividends (Black-Scholes), 0 for a future (Black-76). */
  readonly carry: number;
}

/** Values a European option with the generalised Black-Scholes formula. */
export function valueOption(inputs: OptionInputs): OptionValue {
  const { underlying: s, strike: k, years: t, volatility: v, rate: r, carry: b } = inputs;
  const sign = inputs.right === 'C' ? 1 : -1;
  const rootT = Math.sqrt(t);
  const d1 = (Math.log(s / k) + (b + (v * v) / 2) * t) / (v * rootT);
  const d2 = d1 - v * rootT;
  const carried = s * Math.exp((b - r) * t);
  const discounted = k * Math.exp(-r * t);
  const density = Math.exp((-d1 * d1) / 2) / Math.sqrt(2 * Math.PI);
  const n1 = cumulativeNormal(sign * d1);
  const n2 = cumulativeNormal(sign * d2);
  const thetaPerYear = (-carried * density * v) / (2 * rootT) - sign * (b - r) * carried * n1 - sign * r * discounted * n2;
  return {
    price: sign * (carried * n1 - discounted * n2),
    delta: (sign * carried * n1) / s,
    gamma: (carried * density) / (s * s * v * rootT),
    vega: (carried * density * rootT) / 100,
    theta: thetaPerYear / 365,
  };
}

/** The standard normal distribution function, to about 1e-15 (Hart 1968, as given by West 2005). */
export function cumulativeNormal(x: number): number {
  const z = Math.abs(x);
  if (z > 37) return x > 0 ? 1 : 0;
  const tail = z < 7.07106781186547 ? hartRational(z) : hartFraction(z);
  return x > 0 ? 1 - tail : tail;
}

function hartRational(z: number): number {
  const numerator = [
    3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931,
    220.206867912376,
  ].reduce((sum, coefficient) => sum * z + coefficient);
  const denominator = [
    8.83883476483184e-2, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831,
    793.826512519948, 440.413735824752,
  ].reduce((sum, coefficient) => sum * z + coefficient);
  return (Math.exp((-z * z) / 2) * numerator) / denominator;
}

function hartFraction(z: number): number {
  const fraction = z + 1 / (z + 2 / (z + 3 / (z + 4 / (z + 0.65))));
  return Math.exp((-z * z) / 2) / fraction / 2.506628274631;
}
