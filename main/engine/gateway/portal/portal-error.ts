import type { Ms } from '../../clock.ts';
import type { Cause } from '../../state.ts';

/** What went wrong with a request, by what has to be done about it. */
export type PortalErrorKind =
  /** Nobody listens, no route, no such host. */
  | 'unreachable'
  /** The connection ended in the middle. */
  | 'broken'
  /** The certificate is not to be trusted. */
  | 'certificate'
  /** Something else answers at this address, or our address is not let in. */
  | 'not-a-gateway'
  /** No answer within the deadline. */
  | 'timeout'
  /** Nobody is logged in (401, a redirect to the login page, "no session"). */
  | 'unauthorized'
  /** IBKR does not serve the request now (502 to 504): maintenance. */
  | 'unavailable'
  /** 429: everything stops for the penalty time. */
  | 'rate-limited'
  /** The gateway said no, by its status or by an error inside a 200. */
  | 'refused'
  /** Half a JSON, or one of another shape. */
  | 'malformed'
  /** We ended it ourselves. */
  | 'ended';

/** A request that did not bring what was asked for. */
export class PortalError extends Error {
  readonly kind: PortalErrorKind;
  /** For people. */
  readonly why: Cause;
  /** How long everything has to wait; with 'rate-limited' only. */
  readonly retryAfterMs: Ms | undefined;

  constructor(kind: PortalErrorKind, why: Cause, retryAfterMs?: Ms) {
    super(why.text);
    this.name = 'PortalError';
    this.kind = kind;
    this.why = why;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Whether the next request may well succeed: one slow, refused or garbled answer is no outage. */
export function isPassing(error: unknown): error is PortalError {
  return error instanceof PortalError && (error.kind === 'refused' || error.kind === 'malformed' || error.kind === 'timeout');
}

/** What ended because the session did. */
export function ended(): PortalError {
  return new PortalError('ended', { code: 'ended', text: 'the session was ended' });
}
