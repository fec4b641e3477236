import type { Ms } from '../clock.ts';
import type { Finding } from '../gateway/gateway.ts';
import type { ApiMode, DeliveryState, Severity } from '../state.ts';

/** One row of portfolio_greeks as it is accepted; `null` is "not known" and becomes SQL NULL. */
export interface GreeksRow {
  readonly timestamp: Ms;
  readonly contract: string;
  readonly delta: number | null;
  readonly gamma: number | null;
  readonly vega: number | null;
  readonly theta: number | null;
  readonly underlyingPrice: number | null;
}

/** One row of api_logs as it is accepted. */
export interface LogRow {
  readonly timestamp: Ms;
  readonly apiMode: ApiMode;
  readonly message: string;
  readonly status: Severity;
}

/** Where the trader's PostgreSQL is; the password never leaves this object for a log or a message. */
export interface DatabaseTarget {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | undefined;
}

/** What delivery tells the engine so that it reaches api_logs, the tray and notifications. */
export type DeliveryEvent =
  | { readonly type: 'state'; readonly state: DeliveryState }
  | { readonly type: 'notice'; readonly severity: Severity; readonly message: string; readonly foldKey: string }
  | { readonly type: 'alarm'; readonly code: string; readonly text: string; readonly action?: string }
  | { readonly type: 'alarm-cleared'; readonly code: string };

/** From an accepted row to PostgreSQL, exactly once and in order; delivery.md section 2. */
export interface Delivery {
  /** Accepts a row: when it returns, the row survives process and power loss (or `durable` is false and an alarm is up). */
  appendGreeks(row: GreeksRow): void;
  appendLog(row: LogRow): void;
  /** What the outbox remembers of the time before this process, for the gap row at start; `firstLogAt` is the oldest log row that is still there. */
  lastRecorded(): { readonly greeksAt: Ms | null; readonly firstLogAt: Ms | null; readonly logAt: Ms | null; readonly logMessage: string | null };
  state(): DeliveryState;
  /** Starts delivering (schema, reconcile, drain); events go to `listener`. */
  start(listener: (event: DeliveryEvent) => void): void;
  /** Another database, or none, from now on; pending rows go to it. */
  setTarget(target: DatabaseTarget | null): void;
  /** Probes at once if the breaker is open (system resume, "try now"). */
  probeNow(): void;
  /** Delivers what waits, for at most `deadlineMs`, then closes the connection and the file. Pending rows survive in the file. */
  stop(deadlineMs: Ms): Promise<void>;
}

/** Tries a database for `--check` and Settings; never throws, writes nothing. */
export type CheckDatabase = (target: DatabaseTarget, deadlineMs: Ms) => Promise<readonly Finding[]>;
