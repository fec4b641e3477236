import type { Ms } from '../clock.ts';
import type { Cause, Connection, MarketData, Severity } from '../state.ts';

/**
 * The supervisor's decisions as pure data: what phase the connection is in, what happened, and what to do about it.
 * `step.ts` maps one to the other; `supervisor.ts` carries the effects out. Rules: design.md section 7, delivery.md section 3.
 */
export interface Supervision {
  /** Grows with each session; events of an older session change nothing. */
  readonly generation: number;
  /** Attempts since the connection was last stable; 0 while it is, and for the first dial after a start. */
  readonly attempt: number;
  readonly phase: Phase;
  /** The outage that is going on, from the loss to the next `connected`; null while there is none. */
  readonly outage: Outage | null;
  /** Whether the newest tick lay in a reset window; its edges are logged. */
  readonly inWindow: boolean;
}

export type Phase =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'paused'; readonly by: 'user' | 'sleep' }
  | Opening
  | Live
  | Waiting
  /** Waits for the end of a reset window. */
  | { readonly kind: 'window'; readonly until: Ms; readonly cause: Cause }
  /** Only a person can help; dials again at `dueAt` in case they did. */
  | { readonly kind: 'held'; readonly since: Ms; readonly dueAt: Ms; readonly cause: Cause };

export interface Opening {
  readonly kind: 'opening';
  readonly since: Ms;
  /** Monotonic. */
  readonly sinceAt: Ms;
  /** Monotonic. */
  readonly deadlineAt: Ms;
  /** The gateway said before it was ready that it has lost IBKR. */
  readonly upstream: Cause | null;
  readonly login: Login | null;
}

/** Back-off: dials at monotonic `dueAt`, shown to people as wall-clock `retryAt`. */
export interface Waiting {
  readonly kind: 'waiting';
  readonly dueAt: Ms;
  readonly retryAt: Ms;
  readonly cause: Cause;
  /** The attempt is made in a reset window too: after a wake the gateway may well be healthy. */
  readonly evenInWindow: boolean;
}

export interface Live {
  readonly kind: 'live';
  readonly since: Ms;
  /** Monotonic. */
  readonly sinceAt: Ms;
  readonly account: string;
  readonly marketData: MarketData;
  /** The unanswered heartbeat: how many questions, and when the newest was asked (monotonic). */
  readonly probe: { readonly count: number; readonly askedAt: Ms } | null;
  /** Set while the gateway has lost IBKR, or a data farm. */
  readonly upstream: { readonly since: Ms; readonly sinceAt: Ms; readonly cause: Cause } | null;
  /** After 1102: ticks must resume between these monotonic instants. */
  readonly verify: { readonly from: Ms; readonly until: Ms } | null;
  readonly login: Login | null;
}

export interface Login {
  readonly since: Ms;
  readonly cause: Cause;
}

export interface Outage {
  /** Wall clock. */
  readonly since: Ms;
  /** A reset window was waited for: the outage is the nightly reset until it outlives the window. */
  readonly scheduled: boolean;
  readonly alarmed: boolean;
}

/** What the world looks like when an event is judged. */
export interface Facts {
  readonly now: Ms;
  readonly monotonic: Ms;
  /** End of the reset window that `now` lies in, or null. */
  readonly windowUntil: Ms | null;
  /** That window for people: "23:40 to 00:05 America/New_York". */
  readonly windowName: string;
  /** Uniform in [0, 1): jitter. */
  readonly random: number;
  /** Monotonic instants of the current session, or undefined without one. */
  readonly heardAt: Ms | undefined;
  readonly tickAt: Ms | undefined;
  readonly endpoint: string;
}

export type SupervisionEvent =
  | { readonly type: 'start' }
  | { readonly type: 'stop' }
  | { readonly type: 'pause'; readonly by: 'user' | 'sleep' }
  | { readonly type: 'resume'; readonly by: 'user' | 'sleep' }
  | { readonly type: 'reconnect-now' }
  /** An error that nobody caught: the session may be half handled. */
  | { readonly type: 'fault' }
  /** Settings changed: end this session and dial with the new ones at once. */
  | { readonly type: 'gateway-changed'; readonly cause: Cause }
  /** At least once a second. */
  | { readonly type: 'tick' }
  /** The machine slept, or the process stood still, for `ms`; found without an announcement. */
  | { readonly type: 'stood-still'; readonly ms: Ms; readonly slept: boolean }
  | { readonly type: 'ready'; readonly generation: number; readonly account: string }
  | { readonly type: 'market-data'; readonly generation: number; readonly kind: MarketData }
  | { readonly type: 'upstream-down'; readonly generation: number; readonly cause: Cause }
  | { readonly type: 'upstream-up'; readonly generation: number; readonly dataLost: boolean }
  | { readonly type: 'needs-login'; readonly generation: number; readonly cause: Cause }
  | { readonly type: 'login-done'; readonly generation: number }
  | { readonly type: 'closed'; readonly generation: number; readonly cause: Cause; readonly retryAfterMs?: Ms };

export type Effect =
  /** Dial: open the session of the new generation. */
  | { readonly type: 'open' }
  /** Dispose of the current session, if there is one. */
  | { readonly type: 'close' }
  | { readonly type: 'probe' }
  | { readonly type: 'resubscribe' }
  /** Data may be live from now on: begin (or begin again) the warm-up, then rows. */
  | { readonly type: 'light' }
  /** No rows from now on, because of `cause`. */
  | { readonly type: 'dark'; readonly cause: Cause }
  | { readonly type: 'log'; readonly severity: Severity; readonly message: string; readonly foldKey?: string }
  | { readonly type: 'alarm'; readonly code: string; readonly text: string; readonly action?: string }
  | { readonly type: 'alarm-cleared'; readonly code: string };

/** The figures of design.md section 7; tests may shorten none of them, they move the clock instead. */
export const supervisionLimits = {
  backOffMs: [5_000, 10_000, 20_000],
  /** After three failed attempts. */
  longPauseMs: 60_000,
  jitter: 0.1,
  /** Connected for this long, the count of attempts starts over. */
  stableMs: 60_000,
  /** No byte for this long: ask. */
  quietMs: 10_000,
  /** No answer for this long: ask again, or give up. */
  answerMs: 5_000,
  probes: 2,
  /** After 1102, ticks must resume within this time. */
  verifyMs: 30_000,
  /** A session that is neither ready nor closed by then is closed by us (its own deadlines add up to 35 s). */
  openingMs: 45_000,
  /** The network needs a moment after a wake. */
  wakeGraceMs: 3_000,
  /** A person must act: look this often whether they did. */
  heldMs: 60_000,
  /** Standing still for longer than this makes the socket untrustworthy. */
  standstillMs: 30_000,
  /** IBKR unreachable from the gateway for this long, outside of a reset window, is worth an alarm. */
  upstreamAlarmMs: 120_000,
} as const;

export const initialSupervision: Supervision = {
  generation: 0,
  attempt: 0,
  phase: { kind: 'stopped' },
  outage: null,
  inWindow: false,
};

/** What people see of it. */
export function connectionOf(supervision: Supervision, windowUntil: Ms | null): Connection {
  const { phase, attempt } = supervision;
  switch (phase.kind) {
    case 'stopped':
      return { kind: 'stopped' };
    case 'paused':
      return { kind: 'paused', by: phase.by };
    case 'opening':
      if (phase.login !== null) return { kind: 'needs-login', ...phase.login };
      return { kind: 'connecting', attempt, since: phase.since };
    case 'live':
      return liveConnection(phase, windowUntil);
    case 'waiting':
      return { kind: 'reconnecting', attempt: attempt + 1, retryAt: phase.retryAt, cause: phase.cause };
    case 'window':
      return { kind: 'reset-window', until: phase.until, cause: phase.cause };
    case 'held':
      return { kind: 'needs-login', since: phase.since, cause: phase.cause };
  }
}

function liveConnection(phase: Live, windowUntil: Ms | null): Connection {
  if (phase.login !== null) return { kind: 'needs-login', ...phase.login };
  if (phase.upstream !== null) {
    const { since, cause } = phase.upstream;
    return windowUntil === null
      ? { kind: 'degraded', since, cause }
      : { kind: 'reset-window', until: windowUntil, cause };
  }
  return { kind: 'connected', since: phase.since, account: phase.account, marketData: phase.marketData };
}
