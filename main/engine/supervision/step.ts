import { durationInWords } from '../log/words.ts';
import type { Cause } from '../state.ts';
import { stepLive } from './step-live.ts';
import {
  supervisionLimits as limits,
  type Effect,
  type Facts,
  type Outage,
  type Phase,
  type Supervision,
  type SupervisionEvent,
} from './supervision.ts';

/** What an event makes of the supervision, and what is to be done about it, in order. */
export interface Outcome {
  readonly next: Supervision;
  readonly effects: readonly Effect[];
}

/** The supervisor's decision: pure, total over every phase and event, late events of an older session change nothing. */
export function step(current: Supervision, event: SupervisionEvent, facts: Facts): Outcome {
  if ('generation' in event && (event.generation !== current.generation || !hasSession(current.phase))) {
    return { next: current, effects: [] };
  }
  switch (event.type) {
    case 'start':
      if (current.phase.kind !== 'stopped') return { next: current, effects: [] };
      return dial(current, facts, 0, [dark({ code: 'starting', text: `connecting to ${facts.endpoint}` })]);
    case 'stop':
      return rest(current, { kind: 'stopped' }, { code: 'stopped', text: 'the bridge was stopped' });
    case 'pause':
      return pause(current, event.by);
    case 'resume':
      return resume(current, event.by, facts);
    case 'reconnect-now':
      return redial(current, facts, { code: 'reconnect-asked', text: 'reconnecting, as asked' });
    case 'fault':
      return redialUnlessPaused(current, facts, { code: 'unexpected-error', text: 'the session is opened anew after an unexpected error' });
    case 'gateway-changed':
      return redialUnlessPaused(current, facts, event.cause);
    case 'tick':
      return tick(current, facts);
    case 'stood-still':
      return stoodStill(current, event.ms, event.slept, facts);
    case 'closed':
      return lose(current, event.cause, facts, event.retryAfterMs);
    case 'ready':
    case 'market-data':
    case 'upstream-down':
    case 'upstream-up':
    case 'needs-login':
    case 'login-done':
      return stepLive(current, event, facts);
  }
}

/** True while a session object exists. */
export function hasSession(phase: Phase): boolean {
  return phase.kind === 'opening' || phase.kind === 'live';
}

function dark(cause: Cause): Effect {
  return { type: 'dark', cause };
}

function dial(current: Supervision, facts: Facts, attempt: number, before: readonly Effect[]): Outcome {
  const phase: Phase = {
    kind: 'opening',
    since: facts.now,
    sinceAt: facts.monotonic,
    deadlineAt: facts.monotonic + limits.openingMs,
    upstream: null,
    login: null,
  };
  return {
    next: { ...current, generation: current.generation + 1, attempt, phase },
    effects: [...before, { type: 'open' }],
  };
}

/** Ends the session, if any, and whatever alarm was up, into a phase that waits for a person. */
function rest(current: Supervision, phase: Phase, cause: Cause): Outcome {
  const effects: Effect[] = [];
  if (hasSession(current.phase)) effects.push({ type: 'close' });
  if (current.phase.kind !== 'stopped') effects.push(dark(cause), { type: 'alarm-cleared', code: 'gateway' });
  return { next: { ...current, attempt: 0, outage: null, phase }, effects };
}

function pause(current: Supervision, by: 'user' | 'sleep'): Outcome {
  const { phase } = current;
  if (phase.kind === 'stopped' || (phase.kind === 'paused' && phase.by === 'user')) return { next: current, effects: [] };
  const cause: Cause =
    by === 'user'
      ? { code: 'paused', text: 'paused by the user', action: 'resume in the menu' }
      : { code: 'asleep', text: 'the computer was asleep' };
  const { next, effects } = rest(current, { kind: 'paused', by }, cause);
  const message = by === 'user' ? 'paused by the user' : 'the computer goes to sleep: session ended';
  return { next, effects: [...effects, { type: 'log', severity: 'info', message }] };
}

function resume(current: Supervision, by: 'user' | 'sleep', facts: Facts): Outcome {
  const { phase } = current;
  if (phase.kind !== 'paused' || (by === 'sleep' && phase.by === 'user')) return { next: current, effects: [] };
  if (by === 'user') {
    return dial(current, facts, 0, [{ type: 'log', severity: 'info', message: 'resumed by the user' }]);
  }
  const log: Effect = { type: 'log', severity: 'info', message: 'the computer woke up: reconnecting' };
  return { next: afterGrace(current, facts, { code: 'asleep', text: 'the computer was asleep' }), effects: [log] };
}

/** Waits for the network to come back after a wake, then dials once even inside a reset window. */
function afterGrace(current: Supervision, facts: Facts, cause: Cause): Supervision {
  const phase: Phase = {
    kind: 'waiting',
    dueAt: facts.monotonic + limits.wakeGraceMs,
    retryAt: facts.now + limits.wakeGraceMs,
    cause,
    evenInWindow: true,
  };
  return { ...current, attempt: 0, phase };
}

function redial(current: Supervision, facts: Facts, cause: Cause): Outcome {
  if (current.phase.kind === 'stopped') return { next: current, effects: [] };
  const before: Effect[] = [];
  if (hasSession(current.phase)) before.push({ type: 'close' });
  before.push(dark(cause), { type: 'log', severity: 'info', message: cause.text });
  return dial(current, facts, 0, before);
}

function redialUnlessPaused(current: Supervision, facts: Facts, cause: Cause): Outcome {
  return current.phase.kind === 'paused' ? { next: current, effects: [] } : redial(current, facts, cause);
}

function tick(current: Supervision, facts: Facts): Outcome {
  const inWindow = facts.windowUntil !== null;
  if (current.phase.kind === 'stopped' || inWindow === current.inWindow) return tickPhase(current, facts);
  const message = inWindow
    ? `reset window begins (${facts.windowName}): a connection that is lost now is expected, and waits for its end`
    : 'reset window is over';
  const { next, effects } = tickPhase({ ...current, inWindow }, facts);
  return { next, effects: [{ type: 'log', severity: 'info', message }, ...effects] };
}

function tickPhase(current: Supervision, facts: Facts): Outcome {
  const { phase } = current;
  switch (phase.kind) {
    case 'stopped':
    case 'paused':
      return { next: current, effects: [] };
    case 'opening':
      if (facts.monotonic < phase.deadlineAt || phase.login !== null) return { next: current, effects: [] };
      return lose(current, { code: 'opening-timeout', text: `the session was not ready after ${durationInWords(limits.openingMs)}` }, facts);
    case 'live': {
      const outcome = stepLive(current, { type: 'tick' }, facts);
      return outcome.lost === undefined ? outcome : lose(current, outcome.lost, facts);
    }
    case 'waiting':
      if (facts.windowUntil !== null && !phase.evenInWindow) return waitForWindow(current, phase.cause, facts.windowUntil, facts);
      return facts.monotonic < phase.dueAt ? { next: current, effects: [] } : attempt(current, phase.cause, facts);
    case 'window':
      if (facts.windowUntil === null) return attempt(current, phase.cause, facts);
      if (facts.windowUntil === phase.until) return { next: current, effects: [] };
      return { next: { ...current, phase: { ...phase, until: facts.windowUntil } }, effects: [] };
    case 'held':
      return facts.monotonic < phase.dueAt ? { next: current, effects: [] } : attempt(current, phase.cause, facts);
  }
}

function attempt(current: Supervision, cause: Cause, facts: Facts): Outcome {
  const number = current.attempt + 1;
  const message = `reconnect attempt ${number} to ${facts.endpoint}: ${cause.text}`;
  return dial(current, facts, number, [{ type: 'log', severity: 'warning', message }]);
}

function stoodStill(current: Supervision, ms: number, slept: boolean, facts: Facts): Outcome {
  if (current.phase.kind === 'stopped' || current.phase.kind === 'paused') return { next: current, effects: [] };
  const words = durationInWords(ms);
  const cause: Cause = slept
    ? { code: 'slept', text: `the computer slept for ${words}` }
    : { code: 'stood-still', text: `the process stood still for ${words}` };
  const log: Effect = { type: 'log', severity: slept ? 'info' : 'warning', message: cause.text };
  if (!hasSession(current.phase)) return { next: current, effects: [log, dark(cause)] };
  if (slept || ms > limits.standstillMs) {
    return { next: afterGrace(current, facts, cause), effects: [{ type: 'close' }, dark(cause), log] };
  }
  if (current.phase.kind !== 'live' || current.phase.probe !== null) return { next: current, effects: [log] };
  const phase: Phase = { ...current.phase, probe: { count: 1, askedAt: facts.monotonic } };
  return { next: { ...current, phase }, effects: [log, { type: 'probe' }] };
}

/** The session is over, or never became one: dispose of it, say so, and decide when to dial again. */
function lose(current: Supervision, cause: Cause, facts: Facts, retryAfterMs = 0): Outcome {
  const { phase } = current;
  const effects: Effect[] = [{ type: 'close' }, dark(cause), lossLog(current, cause, facts)];
  const stable = phase.kind === 'live' && facts.monotonic - phase.sinceAt >= limits.stableMs;
  const lost: Supervision = {
    ...current,
    attempt: stable ? 0 : current.attempt,
    outage: current.outage ?? { since: facts.now, scheduled: facts.windowUntil !== null, alarmed: false },
  };
  const outcome = holdsForPerson(cause)
    ? hold(lost, cause, facts)
    : facts.windowUntil !== null
      ? waitForWindow(lost, cause, facts.windowUntil, facts)
      : backOff(lost, cause, facts, retryAfterMs, phase.kind === 'opening' ? facts.monotonic - phase.sinceAt : 0);
  return { next: outcome.next, effects: [...effects, ...outcome.effects] };
}

function lossLog(current: Supervision, cause: Cause, facts: Facts): Effect {
  const advice = cause.action === undefined ? '' : `; ${cause.action}`;
  if (current.phase.kind === 'live') {
    const after = durationInWords(facts.monotonic - current.phase.sinceAt);
    const severity = facts.windowUntil === null ? 'error' : 'warning';
    return { type: 'log', severity, message: `disconnected after ${after}: ${cause.text}${advice}` };
  }
  return { type: 'log', severity: 'warning', message: `could not connect: ${cause.text}${advice}`, foldKey: `connect-${cause.code}` };
}

function holdsForPerson(cause: Cause): boolean {
  return cause.code === 'account-needed';
}

function hold(lost: Supervision, cause: Cause, facts: Facts): Outcome {
  const phase: Phase = { kind: 'held', since: facts.now, dueAt: facts.monotonic + limits.heldMs, cause };
  return raiseAlarm({ ...lost, phase }, cause.text, cause.action);
}

function waitForWindow(current: Supervision, cause: Cause, until: number, facts: Facts): Outcome {
  const outage: Outage = { since: facts.now, alarmed: false, ...current.outage, scheduled: true };
  const message = `inside the reset window (${facts.windowName}): the next attempt comes at its end`;
  return {
    next: { ...current, outage, phase: { kind: 'window', until, cause } },
    effects: [{ type: 'log', severity: 'info', message, foldKey: 'window-wait' }],
  };
}

/**
 * The pause before the next attempt. A failed attempt's own time is part of it, down to the shortest pause: a gateway that
 * accepts and is silent costs each attempt 10 s, and after it is well again it must not be waited for longer than 30 s.
 */
function backOff(lost: Supervision, cause: Cause, facts: Facts, retryAfterMs: number, attemptTookMs: number): Outcome {
  const rest = backOffDelayMs(lost.attempt, facts.random) - attemptTookMs;
  const delayMs = Math.max(rest, backOffDelayMs(0, facts.random), retryAfterMs);
  const phase: Phase = {
    kind: 'waiting',
    dueAt: facts.monotonic + delayMs,
    retryAt: facts.now + delayMs,
    cause,
    evenInWindow: false,
  };
  const next: Supervision = { ...lost, phase };
  if (lost.outage?.scheduled === true) return raiseAlarm(next, `the connection did not come back after the reset window: ${cause.text}`, cause.action);
  if (lost.attempt >= limits.backOffMs.length) return raiseAlarm(next, `no connection to IBKR: ${cause.text}`, cause.action);
  return { next, effects: [] };
}

/** 5, 10, 20 s, then a pause of 60 s, then again; each with up to 10 % of jitter. `random` is uniform in [0, 1). */
export function backOffDelayMs(attemptsMade: number, random: number): number {
  const round = [...limits.backOffMs, limits.longPauseMs];
  const delayMs = round[attemptsMade % round.length] ?? limits.longPauseMs;
  return Math.round(delayMs * (1 + limits.jitter * (2 * random - 1)));
}

/** One alarm an outage. */
function raiseAlarm(next: Supervision, text: string, action: string | undefined): Outcome {
  if (next.outage === null || next.outage.alarmed) return { next, effects: [] };
  const alarm: Effect = { type: 'alarm', code: 'gateway', text, ...(action === undefined ? {} : { action }) };
  return { next: { ...next, outage: { ...next.outage, alarmed: true } }, effects: [alarm] };
}
