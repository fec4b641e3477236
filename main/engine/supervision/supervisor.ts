import type { Clock, Ms, Timer } from '../clock.ts';
import type { Gateway, Session, SessionEvent } from '../gateway/gateway.ts';
import type { Connection } from '../state.ts';
import { windowAt, windowName, type ResetWindow } from './reset-window.ts';
import { hasSession, step } from './step.ts';
import {
  connectionOf,
  initialSupervision,
  supervisionLimits as limits,
  type Effect,
  type Facts,
  type Supervision,
  type SupervisionEvent,
} from './supervision.ts';
import { classifyTimeJump, readTime, type TimeReading } from './time-jump.ts';

/** What the supervisor needs and whom it tells. */
export interface SupervisorParts {
  readonly clock: Clock;
  readonly gateway: Gateway;
  readonly resetWindows: readonly ResetWindow[];
  /** Uniform in [0, 1), for jitter. */
  readonly random: () => number;
  /** Effects that concern others: log, alarms, light and dark. */
  readonly onEffect: (effect: Exclude<Effect, { type: 'open' | 'close' | 'probe' | 'resubscribe' }>) => void;
  readonly onConnection: (connection: Connection) => void;
  /** Events of the current session that change nothing about the connection. */
  readonly onSessionEvent: (event: Extract<SessionEvent, { type: 'legs-changed' | 'notice' | 'account-needed' }>) => void;
}

const tickMs: Ms = 1_000;

/**
 * Keeps one session to IBKR alive: carries out what `step` decides, and is its only source of time.
 *
 * One timer ticks at least once a second in every state, so that nothing can wait without a deadline; a timer of an hour
 * would drift over sleep. At most one session exists, and the old one is disposed of before the next is opened.
 */
export class Supervisor {
  readonly #parts: SupervisorParts;
  #gateway: Gateway;
  #resetWindows: readonly ResetWindow[];
  #supervision: Supervision = initialSupervision;
  #session: Session | undefined;
  #closing: Promise<void> = Promise.resolve();
  readonly #queue: SupervisionEvent[] = [];
  #handling = false;
  #timer: Timer | undefined;
  #time: TimeReading;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.#gateway = parts.gateway;
    this.#resetWindows = parts.resetWindows;
    this.#time = readTime(parts.clock);
  }

  get session(): Session | undefined {
    return this.#session;
  }

  /** True while a timer will wake this supervisor; false only when stopped. */
  get alive(): boolean {
    return this.#timer !== undefined;
  }

  start(): void {
    this.#time = readTime(this.#parts.clock);
    this.#handle({ type: 'start' });
    this.#arm();
  }

  /** Ends the session and every timer; resolves when the session's resources are freed. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#handle({ type: 'stop' });
    await this.#closing;
  }

  pause(by: 'user' | 'sleep'): void {
    this.#handle({ type: 'pause', by });
  }

  resume(by: 'user' | 'sleep'): void {
    this.#time = readTime(this.#parts.clock);
    this.#handle({ type: 'resume', by });
  }

  reconnectNow(): void {
    if (this.#supervision.phase.kind === 'paused') this.#handle({ type: 'resume', by: 'user' });
    else this.#handle({ type: 'reconnect-now' });
  }

  /** A new session at once after an error that nobody caught, from any state but a pause, by the user or by sleep, and a stop. */
  renewAfterFault(): void {
    this.#handle({ type: 'fault' });
  }

  /** Ends the present session and goes on with another gateway (mode switch, other host). */
  setGateway(gateway: Gateway): void {
    this.#gateway = gateway;
    this.#handle({ type: 'gateway-changed', cause: { code: 'settings-changed', text: `settings changed: connecting to ${gateway.endpoint}` } });
  }

  setResetWindows(windows: readonly ResetWindow[]): void {
    this.#resetWindows = windows;
    this.#handle({ type: 'tick' });
  }

  #arm(): void {
    this.#timer = this.#parts.clock.setTimer(this.#nextTickMs(), () => {
      this.#arm();
      this.#noticeTimeJump();
      this.#handle({ type: 'tick' });
    });
  }

  /** A second, or less when something falls due sooner: back-off and heartbeat are exact, not rounded up to the tick. */
  #nextTickMs(): Ms {
    return Math.max(1, Math.min(tickMs, this.#dueAt() - this.#parts.clock.monotonic()));
  }

  #dueAt(): Ms {
    const { phase } = this.#supervision;
    if (phase.kind === 'waiting' || phase.kind === 'held') return phase.dueAt;
    if (phase.kind !== 'live') return Infinity;
    // Rounded up, the three steps of the heartbeat would find a hung gateway up to two seconds later than promised.
    return phase.probe === null ? (this.#session?.lastHeardAt() ?? phase.sinceAt) + limits.quietMs : phase.probe.askedAt + limits.answerMs;
  }

  #noticeTimeJump(): void {
    const reading = readTime(this.#parts.clock);
    const jump = classifyTimeJump(this.#time, reading, tickMs);
    this.#time = reading;
    if (jump.kind === 'slept') this.#handle({ type: 'stood-still', ms: jump.ms, slept: true });
    if (jump.kind === 'stalled') this.#handle({ type: 'stood-still', ms: jump.ms, slept: false });
    if (jump.kind === 'clock-stepped') this.#parts.onEffect(clockStepped(jump.ms));
  }

  #facts(): Facts {
    const { clock, random } = this.#parts;
    const now = clock.now();
    const window = windowAt(this.#resetWindows, now);
    return {
      now,
      monotonic: clock.monotonic(),
      windowUntil: window?.until ?? null,
      windowName: window === null ? '' : windowName(window.window),
      random: random(),
      heardAt: this.#session?.lastHeardAt(),
      tickAt: this.#session?.lastTickAt(),
      endpoint: this.#gateway.endpoint,
    };
  }

  /** Events that effects give rise to wait their turn: a decision is never made in the middle of another. */
  #handle(event: SupervisionEvent): void {
    this.#queue.push(event);
    if (this.#handling) return;
    this.#handling = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#decide(next);
    } finally {
      this.#handling = false;
    }
  }

  #decide(event: SupervisionEvent): void {
    const facts = this.#facts();
    const { next, effects } = step(this.#supervision, event, facts);
    this.#supervision = next;
    for (const effect of effects) this.#carryOut(effect);
    this.#parts.onConnection(connectionOf(this.#supervision, facts.windowUntil));
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'open':
        return this.#open();
      case 'close':
        return this.#close();
      case 'probe':
        return this.#session?.probe();
      case 'resubscribe':
        return this.#session?.resubscribe();
      default:
        return this.#parts.onEffect(effect);
    }
  }

  /** The old socket is gone before the new one is dialled: IBKR would refuse a client id that is still in use (326). */
  #open(): void {
    const { generation } = this.#supervision;
    void this.#closing.then(() => {
      if (generation !== this.#supervision.generation || !hasSession(this.#supervision.phase)) return;
      this.#session = this.#gateway.open((event) => this.#onSessionEvent(generation, event));
    });
  }

  #close(): void {
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) this.#closing = Promise.all([this.#closing, session.close()]).then(() => undefined);
  }

  #onSessionEvent(generation: number, event: SessionEvent): void {
    switch (event.type) {
      case 'legs-changed':
      case 'notice':
      case 'account-needed':
        if (generation === this.#supervision.generation) this.#parts.onSessionEvent(event);
        return;
      case 'ready':
        return this.#handle({ type: 'ready', generation, account: event.account });
      default:
        return this.#handle({ ...event, generation });
    }
  }
}

function clockStepped(ms: Ms): Extract<Effect, { type: 'log' }> {
  const direction = ms > 0 ? 'forward' : 'back';
  const seconds = Math.round(Math.abs(ms) / 100) / 10;
  return { type: 'log', severity: 'warning', message: `the wall clock was set ${direction} by ${seconds} s`, foldKey: 'clock-stepped' };
}
