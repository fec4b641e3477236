/** One immutable value that React can subscribe to through `useSyncExternalStore`. */
export interface Store<T> {
  readonly get: () => T;
  readonly set: (next: T) => void;
  readonly subscribe: (listener: () => void) => () => void;
}

/** A store that tells its listeners about every value that is not the same object as before. */
export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set: (next) => {
      if (Object.is(value, next)) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A store that can only be read. */
export type Reading<T> = Pick<Store<T>, 'get' | 'subscribe'>;

/** What `make` makes of another store's value, made once for each. */
export function derive<S, T>(source: Reading<S>, make: (value: S) => T): Reading<T> {
  let made: { readonly from: S; readonly value: T } | null = null;
  return {
    get: () => {
      const from = source.get();
      if (made === null || made.from !== from) made = { from, value: make(from) };
      return made.value;
    },
    subscribe: source.subscribe,
  };
}
