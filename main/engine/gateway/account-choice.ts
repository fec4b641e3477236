import type { Cause } from '../state.ts';

export type AccountChoice =
  | { readonly kind: 'chosen'; readonly account: string }
  /** Several and none wished for. */
  | { readonly kind: 'several' }
  /** The wished-for one is not among them. */
  | { readonly kind: 'not-managed' }
  | { readonly kind: 'none' };

/**
 * Which account the bridge looks at (design.md section 5); the same rule in both modes.
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

/**
 * Why no account could be chosen and what to do; the supervisor waits for a person at this code.
 *
 * @param program where one logs in: "TWS or IB Gateway".
 */
export function accountNeeded(wished: string, accounts: readonly string[], program: string): Cause {
  const list = accounts.join(', ');
  if (accounts.length === 0) return { code: 'account-needed', text: 'the gateway manages no account', action: `Log in to ${program} with a user that has an account` };
  return wished === ''
    ? { code: 'account-needed', text: `several accounts and none chosen: ${list}`, action: `Set IB_ACCOUNT to one of ${list}` }
    : { code: 'account-needed', text: `the gateway does not manage account ${wished}, but ${list}`, action: `Set IB_ACCOUNT to one of ${list}, or log in with the user of ${wished}` };
}
