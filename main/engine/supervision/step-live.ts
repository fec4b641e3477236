import { durationInWords } from '../log/words.ts';
import type { Cause } from '../state.ts';
import {
  supervisionLimits as limits,
  type Effect,
  type Facts,
  type Live,
  type Supervision,
  type SupervisionEvent,
} from './supervision.ts';

/** What happens while a session exists; `lost` asks the caller to end it for that cause. */
export interface LiveOutcome {
  readonly next: Supervision;
  readonly effects: readonly Effect[];
  readonly lost?: Cause;
}

type LiveEvent = Extract<
  SupervisionEvent,
  { type: 'ready' | 'market-data' | 'upstream-down' | 'upstream-up' | 'needs-login' | 'login-done' | 'tick' }
>;

/** The part of the decision that concerns an existing session: link (heartbeat), upstream (1100 to 1102) and login. */
export function stepLive(current: Supervision, event: LiveEvent, facts: Facts): LiveOutcome {
  const { phase } = current;
  if (phase.kind === 'opening') {
    if (event.type === 'ready') return becomeReady(current, event.account, facts);
    if (event.type === 'needs-login') return needLogin(current, event.cause, facts);
    if (event.type === 'login-done') return loginDone(current);
    if (event.type === 'upstream-down') return { next: { ...current, phase: { ...phase, upstream: event.cause } }, effects: [] };
    if (event.type === 'upstream-up') return { next: { ...current, phase: { ...phase, upstream: null } }, effects: [] };
    return unchanged(current);
  }
  if (phase.kind !== 'live') return unchanged(current);
  switch (event.type) {
    case 'ready':
      return unchanged(current);
    case 'market-data':
      return changeMarketData(current, phase, event.kind);
    case 'upstream-down':
      return upstreamDown(current, phase, event.cause, facts);
    case 'upstream-up':
      return upstreamUp(current, phase, event.dataLost, facts);
    case 'needs-login':
      return needLogin(current, event.cause, facts);
    case 'login-done':
      return loginDone(current);
    case 'tick':
      return tickLive(current, phase, facts);
  }
}

function unchanged(current: Supervision): LiveOutcome {
  return { next: current, effects: [] };
}

function becomeReady(current: Supervision, account: string, facts: Facts): LiveOutcome {
  if (current.phase.kind !== 'opening') return unchanged(current);
  const cause = current.phase.upstream;
  const live: Live = {
    kind: 'live',
    since: facts.now,
    sinceAt: facts.monotonic,
    account,
    marketData: 'unknown',
    probe: null,
    upstream: null,
    verify: null,
    login: null,
  };
  const back = current.outage === null ? '' : `, ${durationInWords(facts.now - current.outage.since)} after it was lost`;
  const connected: Effect = { type: 'log', severity: 'info', message: `connected to ${facts.endpoint}, account ${account}${back}` };
  const next: Supervision = { ...current, phase: live };
  if (cause !== null) {
    const down = upstreamDown(next, live, cause, facts);
    return { next: down.next, effects: [connected, ...down.effects] };
  }
  return { next: { ...next, outage: null }, effects: [connected, { type: 'alarm-cleared', code: 'gateway' }, { type: 'light' }] };
}

function changeMarketData(current: Supervision, phase: Live, kind: Live['marketData']): LiveOutcome {
  if (phase.marketData === kind) return unchanged(current);
  const log: Effect = { type: 'log', severity: kind === 'live' ? 'info' : 'warning', message: `market data is ${kind}`, foldKey: `market-data-${kind}` };
  return { next: { ...current, phase: { ...phase, marketData: kind } }, effects: [log] };
}

function upstreamDown(current: Supervision, phase: Live, cause: Cause, facts: Facts): LiveOutcome {
  if (phase.upstream !== null) return unchanged(current);
  const scheduled = facts.windowUntil !== null;
  const next: Supervision = {
    ...current,
    outage: current.outage ?? { since: facts.now, scheduled, alarmed: false },
    phase: { ...phase, upstream: { since: facts.now, sinceAt: facts.monotonic, cause }, verify: null },
  };
  const message = `${cause.text}${scheduled ? ' (expected: reset window)' : ''}; the gateway itself is still connected`;
  return { next, effects: [{ type: 'dark', cause }, { type: 'log', severity: 'warning', message }] };
}

function upstreamUp(current: Supervision, phase: Live, dataLost: boolean, facts: Facts): LiveOutcome {
  const after = phase.upstream === null ? '' : ` after ${durationInWords(facts.monotonic - phase.upstream.sinceAt)}`;
  const verify = dataLost || phase.login !== null ? null : { from: facts.monotonic, until: facts.monotonic + limits.verifyMs };
  const next: Supervision = { ...current, outage: null, phase: { ...phase, upstream: null, verify } };
  const message = dataLost
    ? `IBKR is back${after}, market data was lost: subscribing again`
    : `IBKR is back${after}, market data kept`;
  const effects: Effect[] = [{ type: 'log', severity: 'info', message }, { type: 'alarm-cleared', code: 'gateway' }];
  // Without an outage before it: no row comes until there are prices again, and that has a cause.
  if (dataLost && phase.upstream === null) effects.push({ type: 'dark', cause: { code: 'data-lost', text: 'IBKR lost the market data; everything was subscribed again' } });
  if (dataLost) effects.push({ type: 'resubscribe' });
  if (phase.login === null && (dataLost || phase.upstream !== null)) effects.push({ type: 'light' });
  return { next, effects };
}

function needLogin(current: Supervision, cause: Cause, facts: Facts): LiveOutcome {
  const { phase } = current;
  // Another cause replaces the one before: first a login, then a session of the same user elsewhere.
  if ((phase.kind !== 'live' && phase.kind !== 'opening') || phase.login?.cause.code === cause.code) return unchanged(current);
  const effects: Effect[] = [
    { type: 'dark', cause },
    // The alarm is a row in api_logs as well.
    { type: 'alarm', code: 'gateway', text: cause.text, ...(cause.action === undefined ? {} : { action: cause.action }) },
  ];
  const login = { since: facts.now, cause };
  return { next: { ...current, phase: phase.kind === 'live' ? { ...phase, login, verify: null } : { ...phase, login } }, effects };
}

function loginDone(current: Supervision): LiveOutcome {
  const { phase } = current;
  if ((phase.kind !== 'live' && phase.kind !== 'opening') || phase.login === null) return unchanged(current);
  const effects: Effect[] = [
    { type: 'log', severity: 'info', message: 'logged in again' },
    { type: 'alarm-cleared', code: 'gateway' },
  ];
  if (phase.kind === 'live' && phase.upstream === null) effects.push({ type: 'light' });
  return { next: { ...current, phase: { ...phase, login: null } }, effects };
}

function tickLive(current: Supervision, phase: Live, facts: Facts): LiveOutcome {
  const beat = heartbeat(phase, facts);
  if (beat.lost !== undefined) return { next: current, effects: [], lost: beat.lost };
  const verified = verify(beat.phase, facts);
  const stable = facts.monotonic - phase.sinceAt >= limits.stableMs;
  const next: Supervision = { ...current, attempt: stable ? 0 : current.attempt, phase: verified.phase };
  const effects = [...beat.effects, ...verified.effects];
  const alarmed = alarmUpstream(next, verified.phase, facts);
  return { next: alarmed.next, effects: [...effects, ...alarmed.effects] };
}

/** 10 s without a byte: ask; no answer within 5 s: ask once more; still none: the link is dead (found within 20 s). */
function heartbeat(phase: Live, facts: Facts): { phase: Live; effects: readonly Effect[]; lost?: Cause } {
  const { probe } = phase;
  const heardAt = facts.heardAt ?? phase.sinceAt;
  const asking = (count: number): { phase: Live; effects: readonly Effect[] } => ({
    phase: { ...phase, probe: { count, askedAt: facts.monotonic } },
    effects: [{ type: 'probe' }],
  });
  if (probe === null) return facts.monotonic - heardAt < limits.quietMs ? { phase, effects: [] } : asking(1);
  if (heardAt > probe.askedAt) return { phase: { ...phase, probe: null }, effects: [] };
  if (facts.monotonic - probe.askedAt < limits.answerMs) return { phase, effects: [] };
  if (probe.count < limits.probes) return asking(probe.count + 1);
  const silent = durationInWords(facts.monotonic - heardAt);
  return { phase, effects: [], lost: { code: 'heartbeat-lost', text: `the gateway fell silent: no answer for ${silent}` } };
}

/** After 1102 ("data maintained") subscriptions are found dead often enough that ticks must prove it. */
function verify(phase: Live, facts: Facts): { phase: Live; effects: readonly Effect[] } {
  if (phase.verify === null || facts.monotonic < phase.verify.until) return { phase, effects: [] };
  const resumed = facts.tickAt !== undefined && facts.tickAt >= phase.verify.from;
  const verified: Live = { ...phase, verify: null };
  if (resumed) return { phase: verified, effects: [] };
  const message = `no market data for ${durationInWords(limits.verifyMs)} after IBKR came back: subscribing again`;
  return { phase: verified, effects: [{ type: 'dark', cause: { code: 'data-dead', text: message } }, { type: 'log', severity: 'warning', message }, { type: 'resubscribe' }, { type: 'light' }] };
}

/** An outage between gateway and IBKR is told once: after two minutes, or as soon as it outlives its reset window. */
function alarmUpstream(next: Supervision, phase: Live, facts: Facts): LiveOutcome {
  const { outage } = next;
  if (phase.upstream === null || outage === null || outage.alarmed || facts.windowUntil !== null) return unchanged(next);
  const long = facts.monotonic - phase.upstream.sinceAt >= limits.upstreamAlarmMs;
  if (!long && !outage.scheduled) return unchanged(next);
  const { cause } = phase.upstream;
  const text = outage.scheduled ? `IBKR did not come back after the reset window: ${cause.text}` : cause.text;
  const action = cause.action ?? 'look at TWS or IB Gateway: is it logged in, does its own connection light show green?';
  return { next: { ...next, outage: { ...outage, alarmed: true } }, effects: [{ type: 'alarm', code: 'gateway', text, action }] };
}
