import type { BridgeState } from './state.ts';
import { reduce, type BridgeEvent } from './reduce.ts';

/** The one place where the state lives: tiny, synchronous, observable. */
export class Store {
  #state: BridgeState;
  readonly #listeners = new Set<(state: BridgeState) => void>();

  constructor(initial: BridgeState) {
    this.#state = initial;
  }

  get state(): BridgeState {
    return this.#state;
  }

  dispatch(event: BridgeEvent): void {
    const next = reduce(this.#state, event);
    if (next === this.#state) return;
    this.#state = { ...next, rev: this.#state.rev + 1 };
    for (const listener of [...this.#listeners]) listener(this.#state);
  }

  /** Calls `listener` after each change until the returned function is called. */
  subscribe(listener: (state: BridgeState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
