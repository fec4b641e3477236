import type { Clock, Ms } from './clock.ts';
import type { Delivery, DeliveryEvent, LogRow } from './delivery/delivery.ts';
import { describeGap, gapIntervals, GapTracker, type Gap } from './gap-tracker.ts';
import type { Gateway, Session, SessionEvent } from './gateway/gateway.ts';
import { aggregate } from './greeks/aggregate.ts';
import { describeCoverage, sameUnpriced } from './greeks/coverage.ts';
import { tabulateLegs, type LegRow } from './greeks/leg-value.ts';
import { createEventLog, type EventLog } from './log/event-log.ts';
import type { Logger } from './log/logger.ts';
import { durationInWords } from './log/words.ts';
import { PollLoop } from './poll-loop.ts';
import type { Settings } from './settings/settings.ts';
import { initialState, type BridgeState, type Cause, type Connection, type Snapshot, type UnpricedLeg } from './state.ts';
import { Store } from './store.ts';
import { Supervisor, type SupervisorParts } from './supervision/supervisor.ts';

/** What is recorded besides PostgreSQL, for charts and the window's log feed; losing it loses no row. */
export interface Recorder {
  recordSnapshot(snapshot: Snapshot): void;
  recordGap(gap: Gap): void;
  recordLog(row: LogRow): void;
  /** From this instant on the sums are this account's; said with each connection. */
  recordBook(account: string, at: Ms): void;
}

/** Everything that the engine stands on; composition roots (daemon, shell, tests) hand it in. */
export interface EngineParts {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly delivery: Delivery;
  readonly recorder: Recorder;
  readonly logger: Logger;
  /** Makes the gateway that the settings describe. */
  readonly openGateway: (settings: Settings) => Gateway;
  /** Uniform in [0, 1), for jitter. */
  readonly random: () => number;
  /** Told in api_logs with the start. */
  readonly warnings?: readonly string[];
}

/** The bridge: from a connection to IBKR to accepted rows. The one door from outside. */
export class Engine {
  readonly #parts: EngineParts;
  readonly #store: Store;
  readonly #log: EventLog;
  readonly #poll: PollLoop;
  readonly #supervisor: Supervisor;
  #settings: Settings;
  #gaps: GapTracker;
  /** The unpriced legs that api_logs knows of. */
  #unpriced: readonly UnpricedLeg[] = [];
  #currencies = '';
  /** Of the newest connection: whose sums the state holds. */
  #account: string | null = null;

  constructor(parts: EngineParts) {
    const { settings, clock, delivery } = parts;
    this.#parts = parts;
    this.#settings = settings;
    const gateway = parts.openGateway(settings);
    this.#store = new Store(initialState(gateway.mode, gateway.endpoint, delivery.state()));
    this.#log = createEventLog({ clock, mode: () => this.#store.state.mode, write: (row) => this.#writeLog(row) });
    this.#gaps = new GapTracker(settings.pollIntervalMs, clock.now());
    this.#poll = new PollLoop({
      clock,
      intervalMs: settings.pollIntervalMs,
      ready: () => this.#everyLegPriced(),
      poll: (latenessMs) => this.#pollOnce(latenessMs),
    });
    this.#supervisor = new Supervisor({
      clock,
      gateway,
      resetWindows: settings.resetWindows,
      random: parts.random,
      onEffect: (effect) => this.#onEffect(effect),
      onConnection: (connection) => this.#onConnection(connection),
      onSessionEvent: (event) => this.#onSessionEvent(event),
    });
  }

  get state(): BridgeState {
    return this.#store.state;
  }

  /** Calls `listener` after each change of the state until the returned function is called. */
  subscribe(listener: (state: BridgeState) => void): () => void {
    return this.#store.subscribe(listener);
  }

  /** The legs with their own and net Greeks as they are now; empty without a session. */
  legs(): readonly LegRow[] {
    const session = this.#supervisor.session;
    return session === undefined ? [] : tabulateLegs(session.legs(), (conId) => session.quote(conId));
  }

  /** The sums at this very moment while connected, also in the warm-up, else the last ones with their own instant; null before the first row. */
  sums(): Snapshot | null {
    const session = this.#supervisor.session;
    const { connection, snapshot } = this.#store.state;
    return connection.kind === 'connected' && session !== undefined ? this.#sum(session) : snapshot;
  }

  /** Wall-clock instant of the newest market-data tick of the present session; null before its first one and without a session. */
  lastTickAt(): Ms | null {
    const { clock } = this.#parts;
    const tickAt = this.#supervisor.session?.lastTickAt();
    return tickAt === undefined ? null : Math.round(clock.now() - (clock.monotonic() - tickAt));
  }

  /** Starts delivery, tells how the time before was spent, and dials. */
  start(): void {
    const { clock, delivery, logger } = this.#parts;
    const now = clock.now();
    this.#store.dispatch({ type: 'started', at: now });
    this.#log.record('info', `started in ${this.#store.state.mode} mode, ${this.#store.state.endpoint}`);
    for (const warning of this.#parts.warnings ?? []) this.#log.record('warning', warning);
    this.#resumeGap(now);
    delivery.start((event) => this.#onDeliveryEvent(event));
    this.#supervisor.start();
    logger.info({ endpoint: this.#store.state.endpoint }, 'engine started');
  }

  /** Ends the session, accounts for an open gap, and delivers what waits for at most `deadlineMs`; pending rows stay in the outbox. */
  async stop(deadlineMs: number, reason = 'asked to stop'): Promise<void> {
    const { clock, delivery } = this.#parts;
    const deadlineAt = clock.monotonic() + deadlineMs;
    this.#poll.stop();
    await this.#supervisor.stop();
    const gap = this.#gaps.stop(clock.now());
    if (gap !== null) this.#recordGap(gap);
    this.#log.close();
    this.#log.record('info', `${stopPrefix}: ${reason}`);
    await delivery.stop(Math.max(0, deadlineAt - clock.monotonic()));
  }

  reconnectNow(): void {
    this.#supervisor.reconnectNow();
    this.#parts.delivery.probeNow();
  }

  pause(by: 'user' | 'sleep'): void {
    this.#supervisor.pause(by);
  }

  resume(by: 'user' | 'sleep'): void {
    this.#supervisor.resume(by);
    this.#parts.delivery.probeNow();
  }

  /** Tries the database at once instead of at the next probe; does nothing while delivery works. */
  retryDatabase(): void {
    this.#parts.delivery.probeNow();
  }

  /** An error that nobody caught: told, and answered with a new session, because the old one may be half handled. A pause stays a pause. */
  reportFault(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#log.record('error', `unexpected error: ${text}`, 'unexpected-error');
    this.#supervisor.renewAfterFault();
  }

  /** Takes new settings over, live; only what really changed is touched. The outbox file cannot change while running. */
  apply(settings: Settings): void {
    const before = this.#settings;
    this.#settings = { ...settings, bufferPath: before.bufferPath };
    if (settings.pollIntervalMs !== before.pollIntervalMs) {
      this.#poll.setInterval(settings.pollIntervalMs);
      this.#gaps.setInterval(settings.pollIntervalMs, this.#parts.clock.now());
      this.#log.record('info', `poll interval is now ${durationInWords(settings.pollIntervalMs)}`);
    }
    if (differs(before.database, settings.database)) this.#parts.delivery.setTarget(settings.database);
    if (differs(before.resetWindows, settings.resetWindows)) this.#supervisor.setResetWindows(settings.resetWindows);
    if (differs(gatewayPart(before), gatewayPart(settings))) {
      const gateway = this.#parts.openGateway(settings);
      // Which account answers there is known only once it is connected.
      if (settings.account === null || settings.account !== this.#account) this.#store.dispatch({ type: 'book-changed' });
      this.#store.dispatch({ type: 'gateway', mode: gateway.mode, endpoint: gateway.endpoint });
      this.#supervisor.setGateway(gateway);
    }
  }

  #resumeGap(now: number): void {
    const last = this.#parts.delivery.lastRecorded();
    // Without any row yet, the time since the very first start is one gap.
    const from = last.greeksAt ?? last.firstLogAt;
    if (from === null) return;
    const { pollIntervalMs } = this.#settings;
    this.#gaps = new GapTracker(pollIntervalMs, from);
    // A clean stop has told its own gap; after a crash the newest log row shows that the bridge ran on without rows.
    if (!isCleanStop(last.logMessage) && last.logAt !== null && last.logAt - from > gapIntervals * pollIntervalMs)
      this.#gaps.blame({ code: 'unfinished', text: 'an outage that was going on when the bridge ended (the rows before tell its cause)' });
    this.#gaps.blame(downtime(last, now, pollIntervalMs));
  }

  #everyLegPriced(): boolean {
    const session = this.#supervisor.session;
    if (session === undefined) return false;
    const { coverage } = this.#sum(session);
    return coverage.priced === coverage.legs;
  }

  #sum(session: Session): Snapshot {
    const at = this.#parts.clock.now();
    return aggregate(session.legs(), (conId) => session.quote(conId), { at, underlyingSymbol: this.#settings.underlyingSymbol });
  }

  /** One poll. A failure is a gap with a cause, never the end of the loop. */
  #pollOnce(latenessMs: number): void {
    const session = this.#supervisor.session;
    if (session === undefined) return;
    try {
      this.#writeRow(session, latenessMs);
    } catch (error) {
      const text = `the row could not be written: ${error instanceof Error ? error.message : String(error)}`;
      this.#gaps.blame({ code: 'row-failed', text });
      this.#log.record('error', text, 'row-failed');
    }
  }

  /** What is in memory becomes one accepted row. */
  #writeRow(session: Session, latenessMs: number): void {
    const snapshot = this.#sum(session);
    const { at, delta, gamma, vega, theta, underlyingPrice } = snapshot;
    this.#parts.delivery.appendGreeks({ timestamp: at, contract: 'PORTFOLIO', delta, gamma, vega, theta, underlyingPrice });
    this.#parts.recorder.recordSnapshot(snapshot);
    const gap = this.#gaps.row(at, latenessMs);
    if (gap !== null) this.#recordGap(gap);
    if (latenessMs >= noteworthyLatenessMs) this.#log.record('warning', `the poll came ${durationInWords(latenessMs)} late: the computer is busy`, 'late-poll');
    this.#noteCoverage(snapshot);
    this.#noteCurrencies(session);
    this.#store.dispatch({ type: 'snapshot', snapshot });
    this.#store.dispatch({ type: 'row', at, latenessMs });
  }

  #noteCoverage({ coverage }: Snapshot): void {
    if (sameUnpriced(this.#unpriced, coverage.unpriced)) return;
    this.#unpriced = coverage.unpriced;
    this.#log.record(coverage.unpriced.length === 0 ? 'info' : 'warning', describeCoverage(coverage));
  }

  /** Sums over several currencies are added without conversion; that has to be known, once per change. */
  #noteCurrencies(session: Session): void {
    const found = [...new Set(session.legs().map(({ currency }) => currency))].sort();
    const currency = found.length === 1 ? (found[0] ?? null) : null;
    if (currency !== this.#store.state.currency) this.#store.dispatch({ type: 'currency', currency });
    const currencies = found.join(', ');
    if (currencies === this.#currencies) return;
    this.#currencies = currencies;
    if (currencies.includes(',')) this.#log.record('warning', `the legs are in several currencies (${currencies}): vega and theta are added without conversion`);
  }

  #recordGap(gap: Gap): void {
    this.#log.record('warning', describeGap(gap));
    this.#parts.recorder.recordGap(gap);
  }

  #onEffect(effect: Parameters<SupervisorParts['onEffect']>[0]): void {
    switch (effect.type) {
      case 'light':
        return this.#poll.start();
      case 'dark':
        return this.#goDark(effect.cause);
      case 'log':
        return this.#log.record(effect.severity, effect.message, effect.foldKey);
      case 'alarm':
        return this.#raiseAlarm(effect);
      case 'alarm-cleared':
        return this.#store.dispatch(effect);
    }
  }

  #onConnection(connection: Connection): void {
    if (connection.kind === 'connected') {
      if (this.#account !== null && this.#account !== connection.account) {
        this.#gaps.blame(accountChanged);
        this.#store.dispatch({ type: 'book-changed' });
      }
      this.#account = connection.account;
      this.#parts.recorder.recordBook(connection.account, this.#parts.clock.now());
    }
    this.#store.dispatch({ type: 'connection', connection });
  }

  #goDark(cause: Cause): void {
    this.#poll.stop();
    this.#gaps.blame(cause);
    this.#store.dispatch({ type: 'dark' });
  }

  #raiseAlarm({ code, text, action }: { code: string; text: string; action?: string }): void {
    const since = this.#parts.clock.now();
    this.#store.dispatch({ type: 'alarm', alarm: { code, since, text, ...(action === undefined ? {} : { action }) } });
    this.#log.record('error', action === undefined ? text : `${text}; ${action}`, `alarm-${code}: ${text}`);
  }

  #onSessionEvent(event: Extract<SessionEvent, { type: 'legs-changed' | 'notice' | 'account-needed' }>): void {
    if (event.type === 'notice') this.#log.record(event.severity, event.message, event.foldKey);
    if (event.type === 'account-needed') this.#store.dispatch(event);
  }

  #onDeliveryEvent(event: DeliveryEvent): void {
    switch (event.type) {
      case 'state':
        return this.#store.dispatch({ type: 'delivery', delivery: event.state });
      case 'notice':
        return this.#log.record(event.severity, event.message, event.foldKey);
      case 'alarm':
        return this.#raiseAlarm(event);
      case 'alarm-cleared':
        return this.#store.dispatch(event);
    }
  }

  #writeLog(row: LogRow): void {
    this.#parts.delivery.appendLog(row);
    this.#parts.recorder.recordLog(row);
    this.#parts.logger[row.status === 'warning' ? 'warn' : row.status]({ apiMode: row.apiMode }, row.message);
  }
}

/** A poll that comes later than this is worth a row. */
const noteworthyLatenessMs = 1_000;

const accountChanged: Cause = { code: 'account-changed', text: 'the account was changed' };

/** How a clean stop's api_logs row begins; the next start tells a crash from it by this. */
const stopPrefix = 'stopped';

function isCleanStop(lastMessage: string | null): boolean {
  return lastMessage?.startsWith(stopPrefix) === true;
}

function downtime(last: ReturnType<Delivery['lastRecorded']>, now: number, intervalMs: number): Cause {
  const off = durationInWords(Math.max(intervalMs, now - (last.logAt ?? last.greeksAt ?? now)));
  return isCleanStop(last.logMessage)
    ? { code: 'not-running', text: `the bridge was not running (stopped ${off} before)` }
    : { code: 'not-running', text: `the bridge was not running (it ended without a clean stop: crash, kill or power cut)` };
}

function gatewayPart({ apiMode, socket, portal, account }: Settings): unknown {
  return apiMode === 'SOCKET' ? { apiMode, socket, account } : { apiMode, portal, account };
}

function differs(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}
