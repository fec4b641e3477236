/** Reads the gateway's managedAccounts message: "DU1234567,DU7654321,", possibly with a trailing comma. */
export function parseManagedAccounts(list: string): readonly string[] {
  const names = list.split(',').map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ''))];
}

export type AccountChoice =
  | { readonly kind: 'chosen'; readonly account: string }
  /** Several and none wished for. */
  | { readonly kind: 'several' }
  /** The wished-for one is not among them. */
  | { readonly kind: 'not-managed' }
  | { readonly kind: 'none' };

/**
 * Which account the bridge looks at (design.md section 5).
 *
 * @param wished IB_ACCOUNT; empty: the only managed one. Upper and lower case are the same account.
 */
export function chooseAccount(wished: string, managed: readonly string[]): AccountChoice {
  const [first] = managed;
  if (first === undefined) return { kind: 'none' };
  if (wished === '') return managed.length === 1 ? { kind: 'chosen', account: first } : { kind: 'several' };
  const account = managed.find((name) => name.toUpperCase() === wished.toUpperCase());
  return account === undefined ? { kind: 'not-managed' } : { kind: 'chosen', account };
}
