import type { Cause } from '../../state.ts';
import type { PortalAddress } from './address.ts';
import { competing, needsLogin, quote } from './causes.ts';
import { PortalError } from './portal-error.ts';
import type { AuthStatus } from './schemas.ts';

/** How the login stands, by what has to happen next. */
export type Standing =
  | { readonly kind: 'ready' }
  /** Logged in, and not through yet: look again soon. */
  | { readonly kind: 'starting' }
  /** The brokerage session timed out or was reset; the portal may open it again by itself. */
  | { readonly kind: 'brokerage-closed'; readonly cause: Cause }
  /** Another session of the same user has it. */
  | { readonly kind: 'competing'; readonly cause: Cause }
  | { readonly kind: 'login'; readonly cause: Cause }
  /** IBKR itself cannot be reached. */
  | { readonly kind: 'down'; readonly cause: Cause };

/** Reads the status of the brokerage session (ibkr-facts.md 1.3). */
export function standingOf(status: AuthStatus, address: PortalAddress): Standing {
  // A competing session may show authenticated or not; either way its owner has the data.
  if (status.competing === true) return { kind: 'competing', cause: competing() };
  if (status.authenticated && status.connected !== false) return status.established === false ? { kind: 'starting' } : { kind: 'ready' };
  const said = status.fail ?? status.message;
  const detail = said === undefined ? '' : `: ${quote(said)}`;
  return { kind: 'brokerage-closed', cause: needsLogin(address, `, or its brokerage session has ended${detail}`) };
}

/** What a failed look at the status tells; rethrows what tells nothing about the login. */
export function standingOfError(error: unknown): Standing {
  if (error instanceof PortalError && error.kind === 'unauthorized') return { kind: 'login', cause: error.why };
  if (error instanceof PortalError && ['unavailable', 'refused', 'malformed'].includes(error.kind)) return { kind: 'down', cause: error.why };
  throw error;
}
