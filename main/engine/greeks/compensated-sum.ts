/**
 * A running sum that keeps the digits which plain addition drops (Neumaier's variant of Kahan summation).
 *
 * Books are full of opposite signs: plain addition makes the net of thousands of legs depend on their order in the
 * tenth digit, and two bridges on the same account would disagree. `Math.sumPrecise` is not in Node 24.
 */
export class CompensatedSum {
  #sum = 0;
  #lost = 0;

  add(term: number): void {
    const sum = this.#sum + term;
    this.#lost += Math.abs(this.#sum) >= Math.abs(term) ? this.#sum - sum + term : term - sum + this.#sum;
    this.#sum = sum;
  }

  value(): number {
    return this.#sum + this.#lost;
  }
}
