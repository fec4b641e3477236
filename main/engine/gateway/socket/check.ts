import type { Ms } from '../../clock.ts';
import { describeLeg } from '../../greeks/describe-leg.ts';
import type { Leg, LegQuote } from '../../greeks/leg.ts';
import type { Cause, MarketData } from '../../state.ts';
import type { Finding } from '../gateway.ts';
import { SocketSession } from './session.ts';
import type { SessionOptions, Stage } from './session.ts';

/** How long the sampled leg may take for its first data. */
const SAMPLE_PATIENCE_MS: Ms = 5_000;
const LOOK_EVERY_MS: Ms = 50;

/** What one short session found out. */
interface Trial {
  readonly clientId: number;
  readonly stage: Stage;
  readonly serverVersion: number;
  /** Why it ended before everything was seen; undefined when all was. */
  readonly cause: Cause | undefined;
  readonly account: string | undefined;
  readonly accounts: readonly string[];
  readonly legs: readonly Leg[];
  readonly sample: { readonly leg: Leg; readonly quote: LegQuote } | undefined;
  readonly marketData: MarketData;
}

/**
 * Tries one short session and tells, line by line, what works, what does not and what to do.
 *
 * It disturbs nobody: it takes the configured client id only if that is free, else the next one, and asks for the market
 * data of a single leg.
 *
 * @param deadlineMs all of it takes no longer.
 * @param ownSessionRuns the client id is in use by this very bridge.
 */
export async function checkGateway(options: Omit<SessionOptions, 'subscribe'>, deadlineMs: Ms, ownSessionRuns: boolean): Promise<readonly Finding[]> {
  const until = options.clock.monotonic() + deadlineMs;
  const first = await tryOnce(options, until);
  if (first.cause?.code !== 'client-id-in-use') return describeTrial(options, first, undefined);
  const second = await tryOnce({ ...options, clientId: options.clientId + 1 }, until);
  return describeTrial(options, second, inUse(options.clientId, ownSessionRuns, first.cause));
}

function tryOnce(options: Omit<SessionOptions, 'subscribe'>, until: Ms): Promise<Trial> {
  const { clock } = options;
  return new Promise((resolve) => {
    let ready: { readonly account: string; readonly at: Ms } | undefined;
    let accounts: readonly string[] = [];
    let marketData: MarketData = 'unknown';
    const session = new SocketSession({ ...options, subscribe: 'sample' }, (event) => {
      if (event.type === 'ready') ready = { account: event.account, at: clock.monotonic() };
      if (event.type === 'ready' || event.type === 'account-needed') accounts = event.accounts;
      if (event.type === 'market-data') marketData = event.kind;
      if (event.type === 'closed') finish(event.cause);
    });
    const look = (): void => {
      const now = clock.monotonic();
      if (ready !== undefined && (isSampled(sampleOf(session)) || now >= ready.at + SAMPLE_PATIENCE_MS)) return finish(undefined);
      if (now >= until) return finish(ready === undefined ? { code: 'check-timeout', text: 'the check ran out of time' } : undefined);
      timer = clock.setTimer(Math.min(LOOK_EVERY_MS, until - now), look);
    };
    let timer = clock.setTimer(LOOK_EVERY_MS, look);
    const finish = (cause: Cause | undefined): void => {
      timer.cancel();
      const { stage, serverVersion } = session;
      const legs = session.legs();
      const sample = sampleOf(session);
      const trial: Trial = { clientId: options.clientId, stage, serverVersion, cause, account: ready?.account, accounts, legs, sample, marketData };
      void session.close().then(() => resolve(trial));
    };
  });
}

function sampleOf(session: SocketSession): Trial['sample'] {
  for (const leg of session.legs()) {
    const quote = session.quote(leg.conId);
    if (quote !== undefined) return { leg, quote };
  }
  return undefined;
}

/** Nothing to wait for: data came, or there is no leg to sample. */
function isSampled(sample: Trial['sample']): boolean {
  if (sample === undefined) return true;
  const { leg, quote } = sample;
  return leg.kind === 'OPT' || leg.kind === 'FOP' ? quote.delta !== undefined : quote.price !== undefined;
}

function inUse(clientId: number, ownSessionRuns: boolean, cause: Cause): Finding {
  if (ownSessionRuns) return { subject: 'Client id', ok: true, detail: `${clientId} is in use by this bridge, as it should be; checked with ${clientId + 1}` };
  return {
    subject: 'Client id',
    ok: false,
    detail: `${clientId} is in use by another program (a bridge that runs already?); checked with ${clientId + 1}`,
    ...(cause.action === undefined ? {} : { action: cause.action }),
  };
}

function describeTrial(options: Omit<SessionOptions, 'subscribe'>, trial: Trial, idInUse: Finding | undefined): readonly Finding[] {
  const { stage, cause, serverVersion, clientId } = trial;
  const address = `${options.host}:${options.port}`;
  const failure = (subject: string): Finding => ({
    subject, ok: false, detail: cause?.text ?? 'no answer', ...(cause?.action === undefined ? {} : { action: cause.action }),
  });
  if (stage === 'dialling') return [failure('Gateway')];
  const reached: Finding = { subject: 'Gateway', ok: true, detail: `${address} accepts connections` };
  const isAccountTrouble = cause?.code === 'account-needed';
  if (stage === 'handshake' && !isAccountTrouble) {
    const ids = idInUse === undefined ? [] : [idInUse];
    return [reached, ...ids, failure(cause?.code === 'client-id-in-use' ? 'Client id' : 'API handshake')];
  }
  const upToAccount = [
    reached,
    { subject: 'API handshake', ok: true, detail: `server version ${serverVersion}` },
    idInUse ?? { subject: 'Client id', ok: true, detail: `${clientId} is free` },
  ];
  if (isAccountTrouble) return [...upToAccount, failure('Account')];
  const withAccount = [...upToAccount, describeAccount(trial)];
  if (stage === 'positions') return [...withAccount, failure('Positions')];
  return [...withAccount, describePositions(trial.legs), describeSample(trial), readOnlyAdvice];
}

function describeAccount({ account, accounts }: Trial): Finding {
  const others = accounts.length > 1 ? ` of ${accounts.length}: ${accounts.join(', ')}` : '';
  return { subject: 'Account', ok: true, detail: `${account ?? 'chosen'}${others}` };
}

function describePositions(legs: readonly Leg[]): Finding {
  const kinds = ['OPT', 'FOP', 'FUT', 'STK', 'other'] as const;
  const counts = kinds
    .map((kind) => ({ kind, count: legs.filter((leg) => leg.kind === kind).length }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => (kind === 'other' ? `${count} not counted` : `${count} ${kind}`));
  const sum = legs.length === 1 ? '1 position' : `${legs.length} positions`;
  return { subject: 'Positions', ok: true, detail: counts.length === 0 ? sum : `${sum}: ${counts.join(', ')}` };
}

function describeSample({ sample, marketData }: Trial): Finding {
  const subject = 'Market data';
  if (sample === undefined) return { subject, ok: true, detail: 'not tried: there is no position to ask for' };
  const { leg, quote } = sample;
  const name = describeLeg(leg);
  const kind = marketData === 'unknown' ? '' : ` (${marketData})`;
  if (isSampled(sample)) {
    const what = quote.delta === undefined ? `price ${quote.price?.value}` : `delta ${quote.delta.value.toFixed(4)}`;
    return { subject, ok: true, detail: `${name}: ${what}${kind}` };
  }
  if (quote.refusal !== undefined) return { subject, ok: false, detail: `${name}: ${quote.refusal.text}` };
  return { subject, ok: false, detail: `${name}: no data within ${SAMPLE_PATIENCE_MS / 1000} s${kind}`, action: 'Try again while its market is open' };
}

const readOnlyAdvice: Finding = {
  subject: 'Read-only API',
  ok: true,
  detail: 'leave "Read-Only API" switched on in the API settings: the bridge never places, changes or cancels orders',
};
