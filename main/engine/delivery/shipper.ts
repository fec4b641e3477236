import { sleep, type Clock, type Ms, type Timer } from '../clock.ts';
import type { Cause, DeliveryState } from '../state.ts';
import { CircuitBreaker, PROBE_INTERVAL_MS } from './circuit-breaker.ts';
import type { ConnectDatabase, DatabaseSession } from './database-session.ts';
import type { DatabaseTarget } from './delivery.ts';
import type { FaultHook } from './fault-point.ts';
import type { Outbox } from './outbox.ts';
import { classifyError } from './postgres-errors.ts';
import { reconcile } from './reconcile.ts';
import type { Reporter } from './reporter.ts';
import { FencedError, ShipmentDesk } from './shipment.ts';

/**
 * From the start of a failed attempt to the next one, with the breaker still closed: three of them open it after 10 s when
 * nothing listens, after 15 s when nothing answers.
 */
const RETRY_INTERVAL_MS = 5_000;
/** Hard limit of one attempt (connect, schema, reconcile, one batch): a probe whose answer never comes must end. */
const ATTEMPT_DEADLINE_MS = 10_000;
/** A watermark that moves under us again and again without our gaining anything is a failure after all. */
const FENCED_LIMIT = 10;

export interface ShipperParts {
  readonly outbox: Outbox;
  readonly connect: ConnectDatabase;
  readonly target: DatabaseTarget | null;
  readonly clock: Clock;
  readonly reporter: Reporter;
  readonly faultPoint?: FaultHook;
  readonly batchRows?: number;
}

/** Moves rows from the outbox to PostgreSQL: one connection, one statement in flight, behind the circuit breaker. */
export class Shipper {
  readonly #parts: ShipperParts;
  readonly #desk: ShipmentDesk;
  #target: DatabaseTarget | null;
  #breaker: CircuitBreaker;
  #session: DatabaseSession | null = null;
  #cause: Cause | null = null;
  #phase: 'idle' | 'running' | 'draining' | 'stopped' = 'idle';
  /** Aborted when the target changes or the shipper stops: whatever an attempt still brings changes nothing then. */
  #generation = new AbortController();
  #pump: Promise<void> | null = null;
  #timer: Timer | null = null;
  #retryAt: Ms = 0;
  #fenced = 0;

  constructor(parts: ShipperParts) {
    this.#parts = parts;
    this.#target = parts.target;
    this.#desk = new ShipmentDesk(parts);
    this.#breaker = new CircuitBreaker(parts.clock, parts.outbox.waiting > 0);
  }

  start(): void {
    this.#phase = 'running';
    this.kick();
  }

  /** Delivers what waits, unless a delivery is under way or the breaker says no; cheap, called after every append. */
  kick(): void {
    if (this.#pump !== null || !this.#isDue()) return this.#arm();
    this.#pump = this.#run();
  }

  probeNow(): void {
    this.#breaker.probeNow();
    this.#retryAt = 0;
    this.kick();
  }

  setTarget(target: DatabaseTarget | null): void {
    this.#abandon();
    this.#target = target;
    this.#cause = null;
    this.#retryAt = 0;
    this.#fenced = 0;
    this.#breaker = new CircuitBreaker(this.#parts.clock, this.#parts.outbox.waiting > 0);
    this.#parts.reporter.clearAlarm('database-setup');
    this.#parts.reporter.changed();
    this.kick();
  }

  /** Delivers what waits for at most `deadlineMs` of the clock, then drops the connection. */
  async stop(deadlineMs: Ms): Promise<void> {
    if (this.#phase === 'running') {
      this.#phase = 'draining';
      this.#retryAt = 0;
      this.kick();
      await this.#drained(deadlineMs);
    }
    this.#phase = 'stopped';
    this.#timer?.cancel();
    const session = this.#session;
    this.#session = null;
    this.#generation.abort();
    await session?.end();
  }

  async #drained(deadlineMs: Ms): Promise<void> {
    const enough = new AbortController();
    const limit = sleep(this.#parts.clock, deadlineMs, enough.signal);
    await Promise.race([this.#pump, limit]);
    enough.abort();
  }

  state(): Pick<DeliveryState, 'database' | 'breaker' | 'nextProbeAt' | 'delivered' | 'lastDelivery' | 'drain' | 'cause'> {
    const { clock } = this.#parts;
    const breaker = this.#breaker.state();
    const nextProbeAt = breaker.kind === 'open' && this.#target !== null ? clock.now() + Math.max(0, breaker.probeAt - clock.monotonic()) : null;
    return { database: this.#databaseState(), breaker: breaker.kind, nextProbeAt, cause: this.#cause, ...this.#desk.progress };
  }

  #databaseState(): DeliveryState['database'] {
    if (this.#target === null) return 'none';
    if (this.#cause !== null) return 'failing';
    return this.#session === null ? 'connecting' : 'delivering';
  }

  #isDue(): boolean {
    const { outbox, clock } = this.#parts;
    if (this.#target === null || this.#phase === 'idle' || this.#phase === 'stopped') return false;
    const wanted = outbox.waiting > 0 || (this.#session === null && this.#phase === 'running');
    if (!wanted || clock.monotonic() < this.#retryAt) return false;
    if (this.#phase === 'draining' && this.#breaker.state().kind === 'open') return false;
    return this.#passBreaker();
  }

  #passBreaker(): boolean {
    const before = this.#breaker.state().kind;
    const passed = this.#breaker.tryPass();
    if (passed && before === 'open') this.#parts.reporter.notice('info', 'trying the database', 'breaker-half-open');
    return passed;
  }

  async #run(): Promise<void> {
    try {
      do {
        await this.#attempt();
        // Lets the event loop breathe in a long drain.
        await new Promise((resolve) => setImmediate(resolve));
      } while (this.#isDue());
    } finally {
      this.#pump = null;
      this.#parts.reporter.changed();
      this.#arm();
    }
  }

  /** Wakes up when the next retry or probe is due. */
  #arm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#pump !== null || this.#target === null || this.#phase !== 'running') return;
    const breaker = this.#breaker.state();
    if (this.#session !== null && this.#parts.outbox.waiting === 0) return;
    const at = breaker.kind === 'open' ? breaker.probeAt : this.#retryAt;
    this.#timer = this.#parts.clock.setTimer(Math.max(0, at - this.#parts.clock.monotonic()), () => this.kick());
  }

  async #attempt(): Promise<void> {
    const generation = this.#generation;
    const startedAt = this.#parts.clock.monotonic();
    const ended = new AbortController();
    const signal = AbortSignal.any([generation.signal, ended.signal]);
    const { limit, cancel } = this.#deadline(ended);
    const abandoned = whenAborted(generation.signal);
    try {
      await Promise.race([this.#work(signal), limit, abandoned.rejection]);
      if (!generation.signal.aborted) this.#succeeded();
    } catch (error) {
      ended.abort();
      if (!generation.signal.aborted) this.#failed(error, startedAt);
    } finally {
      cancel();
      abandoned.forget();
    }
  }

  #deadline(ended: AbortController): { limit: Promise<never>; cancel: () => void } {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = this.#parts.clock.setTimer(ATTEMPT_DEADLINE_MS, () => {
      const error = new Error(`no answer within ${ATTEMPT_DEADLINE_MS / 1000} s`);
      ended.abort(error);
      reject(error);
    });
    return { limit: promise, cancel: () => timer.cancel() };
  }

  async #work(signal: AbortSignal): Promise<void> {
    const session = this.#session ?? (await this.#connect(signal));
    // The batch is chosen after the reconcile, never before: a database that went back in time needs older rows first.
    if (this.#parts.outbox.waiting > 0) await this.#desk.ship(session, signal);
  }

  async #connect(signal: AbortSignal): Promise<DatabaseSession> {
    const { outbox, reporter, connect } = this.#parts;
    const target = this.#target;
    if (target === null) throw new Error('no database is configured');
    const lost: { session?: DatabaseSession } = {};
    const session = await connect(target, {
      applicationName: `ibkr-bridge/${outbox.epoch.slice(0, 8)}`,
      signal,
      onLost: () => this.#lost(lost.session),
      onNotice: (message, foldKey) => reporter.notice('warning', message, foldKey),
    });
    lost.session = session;
    const drop = (): void => session.destroy();
    signal.addEventListener('abort', drop, { once: true });
    try {
      signal.throwIfAborted();
      await reconcile(session, outbox, reporter, signal);
    } catch (error) {
      session.destroy();
      throw error;
    } finally {
      signal.removeEventListener('abort', drop);
    }
    this.#session = session;
    reporter.notice('info', `database connected: ${target.database} at ${target.host}:${target.port}`, 'database-connected');
    return session;
  }

  /** The connection broke while idle: no failed attempt yet, the next one connects. */
  #lost(session: DatabaseSession | undefined): void {
    if (session === undefined || session !== this.#session) return;
    this.#session = null;
    if (this.#pump !== null) return; // The statement under way fails by itself.
    this.#parts.reporter.notice('warning', 'the database connection was lost', 'database-lost');
    this.#parts.reporter.changed();
    this.kick();
  }

  #succeeded(): void {
    const { outbox, reporter } = this.#parts;
    const before = this.#breaker.state().kind;
    this.#breaker.succeeded(outbox.waiting === 0);
    if (before === 'half-open' && this.#breaker.state().kind === 'closed') reporter.notice('info', 'the database takes rows again, nothing waits', 'breaker-closed');
    this.#fenced = 0;
    this.#cause = null;
    reporter.clearAlarm('database-setup');
    reporter.changed();
  }

  #failed(error: unknown, startedAt: Ms): void {
    this.#dropSession();
    if (error instanceof FencedError && this.#fenced < FENCED_LIMIT) {
      this.#fenced += 1;
      return;
    }
    const { reporter } = this.#parts;
    if (this.#target === null) return;
    const failure = classifyError(error, this.#target);
    const before = this.#breaker.state().kind;
    if (failure.kind === 'configuration') this.#breaker.trip();
    else this.#breaker.failed();
    this.#cause = failure.cause;
    this.#retryAt = startedAt + RETRY_INTERVAL_MS;
    if (this.#phase === 'draining') this.#phase = 'stopped';
    if (failure.kind === 'configuration') reporter.alarm('database-setup', failure.cause.text, failure.cause.action);
    this.#reportFailure(before, failure.cause);
    reporter.changed();
  }

  #reportFailure(before: 'closed' | 'open' | 'half-open', cause: Cause): void {
    const { reporter } = this.#parts;
    const seconds = PROBE_INTERVAL_MS / 1000;
    const action = cause.action === undefined ? '' : `; ${cause.action}`;
    if (this.#breaker.state().kind === 'closed') reporter.notice('warning', `writing to the database failed: ${cause.text}`, 'database-failed');
    else if (before === 'closed')
      reporter.notice('error', `${cause.text}; rows wait in the outbox, next attempt in ${seconds} s${action}`, 'breaker-open');
    else reporter.notice('warning', `the database still fails: ${cause.text}; next attempt in ${seconds} s${action}`, 'breaker-reopened');
  }

  #dropSession(): void {
    this.#session?.destroy();
    this.#session = null;
  }

  #abandon(): void {
    this.#generation.abort();
    this.#generation = new AbortController();
    this.#dropSession();
  }
}

/** The signal lives for as long as the target: an attempt that is over must leave no listener on it (17,280 attempts a day). */
function whenAborted(signal: AbortSignal): { readonly rejection: Promise<never>; readonly forget: () => void } {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return { rejection: promise, forget: () => signal.removeEventListener('abort', abort) };
}
