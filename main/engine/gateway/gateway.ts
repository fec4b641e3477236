import type { Leg, LegQuote } from '../greeks/leg.ts';
import type { Ms } from '../clock.ts';
import type { ApiMode, Cause, MarketData, Severity } from '../state.ts';

/**
 * What the engine needs from IBKR; `gateway/socket` and `gateway/portal` are its two sides.
 *
 * A gateway is a description of where to connect plus what is worth remembering between sessions (qualified contracts).
 * It opens sessions; a session is one connection's life and is never reused.
 */
export interface Gateway {
  readonly mode: ApiMode;
  /** Where it connects, for people: "127.0.0.1:7496 as client 10". */
  readonly endpoint: string;
  /**
   * Starts opening a session and returns at once; everything that happens is told through `listener`.
   *
   * Exactly one `closed` event ends a session that was not closed by us; after it, or after `close()`, no further event comes.
   * Deadlines (connect 10 s, handshake 10 s, positions 15 s) are the session's own and end in `closed`.
   */
  open(listener: (event: SessionEvent) => void): Session;
  /**
   * Tries one short session for `--check` and Settings' "Test connection"; never throws; at most `deadlineMs`.
   *
   * @param ownSessionRuns another gateway object of this very program runs a session under the same identity: that it is in use is no fault.
   */
  check(deadlineMs: Ms, ownSessionRuns?: boolean): Promise<readonly Finding[]>;
}

/** One connection's life, from dialling to disposal. */
export interface Session {
  /** The legs of the chosen account, in a stable order; empty before `ready`. */
  legs(): readonly Leg[];
  /** The live quote of a leg; undefined for a leg that this session does not know. */
  quote(conId: number): LegQuote | undefined;
  /** Monotonic instant of the newest byte (or answer) from the gateway; the heartbeat judges by it. */
  lastHeardAt(): Ms;
  /** Monotonic instant of the newest market-data tick of any leg; undefined before the first one. */
  lastTickAt(): Ms | undefined;
  /** Asks the gateway for a sign of life (current time, tickle); the answer shows in {@link lastHeardAt}. */
  probe(): void;
  /** Asks for every subscription again, after data was lost upstream (1101) or ticks did not resume (1102). */
  resubscribe(): void;
  /** Ends the session: unsubscribes where that is polite, closes the socket, frees timers. Idempotent, never throws. */
  close(): Promise<void>;
}

export type SessionEvent =
  /** The gateway answered, the account is chosen, the positions are complete, every subscription is queued. */
  | { readonly type: 'ready'; readonly account: string; readonly accounts: readonly string[] }
  /** Several accounts and none chosen (or the chosen one is not among them); the session closes right after. */
  | { readonly type: 'account-needed'; readonly accounts: readonly string[] }
  /** The set of legs or a position changed after `ready`. */
  | { readonly type: 'legs-changed' }
  /** What kind of market data the gateway really delivers now. */
  | { readonly type: 'market-data'; readonly kind: MarketData }
  /** The link between the gateway and IBKR broke (1100, 2110) or a data farm did (2103, 2105, 2157). */
  | { readonly type: 'upstream-down'; readonly cause: Cause }
  /** It is back; `dataLost` tells that every subscription must be asked for again (1101). */
  | { readonly type: 'upstream-up'; readonly dataLost: boolean }
  /** A human must act before data can flow (Client Portal login). */
  | { readonly type: 'needs-login'; readonly cause: Cause }
  /** The human did. */
  | { readonly type: 'login-done' }
  /** Something worth an api_logs row; equal `foldKey`s are folded. */
  | { readonly type: 'notice'; readonly severity: Severity; readonly message: string; readonly foldKey: string }
  /** The session is over and everything of it disposed. `retryAfterMs`: the gateway asked for a longer pause (client id in use, 429). */
  | { readonly type: 'closed'; readonly cause: Cause; readonly retryAfterMs?: Ms };

/** One line of a check: what was tried, whether it works, and what to do where it does not. */
export interface Finding {
  readonly subject: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly action?: string;
}
