import type { Ms } from './clock.ts';

export type ApiMode = 'SOCKET' | 'PORTAL';

/** `status` of an api_logs row. */
export type Severity = 'info' | 'warning' | 'error';

/** What the gateway says about the age of its market data (marketDataType 1 to 4; Client Portal field 6509). */
export type MarketData = 'live' | 'frozen' | 'delayed' | 'delayed-frozen' | 'unknown';

/** Why something is as it is: a stable code, a sentence for people, and what to do next where there is something to do. */
export interface Cause {
  /** Stable, lower case, hyphenated: "gateway-closed", "heartbeat-lost", "upstream-1100". */
  readonly code: string;
  /** What happened, without a full stop, in lower case as the log writes it. */
  readonly text: string;
  /** What a person can do about it; absent where waiting is right. */
  readonly action?: string;
}

/** The connection to IBKR as people see it (design.md section 4). Instants are wall-clock. */
export type Connection =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'connecting'; readonly attempt: number; readonly since: Ms }
  | { readonly kind: 'connected'; readonly since: Ms; readonly account: string; readonly marketData: MarketData }
  | { readonly kind: 'degraded'; readonly since: Ms; readonly cause: Cause }
  | { readonly kind: 'reconnecting'; readonly attempt: number; readonly retryAt: Ms; readonly cause: Cause }
  | { readonly kind: 'reset-window'; readonly until: Ms; readonly cause: Cause }
  | { readonly kind: 'needs-login'; readonly since: Ms; readonly cause: Cause }
  | { readonly kind: 'paused'; readonly by: 'user' | 'sleep' };

/** How much of the book the sums cover. */
export interface Coverage {
  /** Legs of the account that count (everything but `other`). */
  readonly legs: number;
  readonly priced: number;
  readonly unpriced: readonly UnpricedLeg[];
  /** Positions of a kind that is never counted (bonds, cash, ...), by description. */
  readonly notCounted: readonly string[];
}

export interface UnpricedLeg {
  readonly conId: number;
  readonly description: string;
  readonly reason: string;
}

/** Net portfolio Greeks at one instant; `null` is "not known", never zero. */
export interface Snapshot {
  readonly at: Ms;
  readonly delta: number | null;
  readonly gamma: number | null;
  readonly vega: number | null;
  readonly theta: number | null;
  readonly underlyingPrice: number | null;
  /** Symbol whose price `underlyingPrice` is. */
  readonly underlyingSymbol: string | null;
  readonly coverage: Coverage;
}

/** Delivery as people see it: from the outbox to PostgreSQL. */
export interface DeliveryState {
  /** `none`: no database is configured, the outbox and the local history are the store. */
  readonly database: 'none' | 'connecting' | 'delivering' | 'failing';
  readonly breaker: 'closed' | 'open' | 'half-open';
  /** Wall-clock instant of the next probe while the breaker is open. */
  readonly nextProbeAt: Ms | null;
  /** Accepted rows that PostgreSQL does not have yet. */
  readonly waiting: number;
  /** Rows delivered since start. */
  readonly delivered: number;
  /** Rows that PostgreSQL refused for their content, kept aside with the reason. */
  readonly dead: number;
  readonly lastDelivery: { readonly at: Ms; readonly latencyMs: number } | null;
  /** Progress of a backlog; null while the outbox keeps up. */
  readonly drain: { readonly done: number; readonly total: number } | null;
  /** False while rows are only in memory (disk full). */
  readonly durable: boolean;
  /** Why delivery does not work and what to do, for example the DDL to run. */
  readonly cause: Cause | null;
}

/** Something that a person must act on; one per code at a time. */
export interface Alarm {
  readonly code: string;
  readonly since: Ms;
  readonly text: string;
  readonly action?: string;
}

/** Everything that a person can see, immutable; `rev` grows by one with each change. */
export interface BridgeState {
  readonly rev: number;
  readonly mode: ApiMode;
  readonly endpoint: string;
  readonly startedAt: Ms | null;
  readonly connection: Connection;
  /** Accounts to choose from when the gateway manages several and none is chosen. */
  readonly accountChoice: readonly string[];
  /** Newest sums, also when they are no longer live; their age is `now - at`. */
  readonly snapshot: Snapshot | null;
  /** Of all legs, as IBKR writes it ("USD"): what vega and theta are in. Null before the first row, and where the legs are in several. */
  readonly currency: string | null;
  /** True while sums are live: connected and past the warm-up. */
  readonly live: boolean;
  /** Wall-clock instant of the newest row written, and how late its poll was. */
  readonly lastRow: { readonly at: Ms; readonly latenessMs: Ms } | null;
  readonly rowsWritten: number;
  readonly delivery: DeliveryState;
  readonly alarms: readonly Alarm[];
}

/** Before the engine starts. */
export function initialState(mode: ApiMode, endpoint: string, delivery: DeliveryState): BridgeState {
  return {
    rev: 0,
    mode,
    endpoint,
    startedAt: null,
    connection: { kind: 'stopped' },
    accountChoice: [],
    snapshot: null,
    currency: null,
    live: false,
    lastRow: null,
    rowsWritten: 0,
    delivery,
    alarms: [],
  };
}
