import type { Ms } from '../../clock.ts';
import type { Leg } from '../../greeks/leg.ts';
import type { Cause, MarketData } from '../../state.ts';
import { describeAccount, describePositions, describeSample, isSampled, SAMPLE_PATIENCE_MS } from '../check-findings.ts';
import type { Sample } from '../check-findings.ts';
import type { Finding } from '../gateway.ts';
import { SocketSession } from './session.ts';
import type { SessionOptions, Stage } from './session.ts';

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
  readonly sample: Sample | undefined;
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

function sampleOf(session: SocketSession): Sample | undefined {
  for (const leg of session.legs()) {
    const quote = session.quote(leg.conId);
    if (quote !== undefined) return { leg, quote };
  }
  return undefined;
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
  const withAccount = [...upToAccount, describeAccount(trial.account, trial.accounts)];
  if (stage === 'positions') return [...withAccount, failure('Positions')];
  return [...withAccount, describePositions(trial.legs), describeSample(trial.sample, trial.marketData), readOnlyAdvice];
}

const readOnlyAdvice: Finding = {
  subject: 'Read-only API',
  ok: true,
  detail: 'leave "Read-Only API" switched on in the API settings: the bridge never places, changes or cancels orders',
};
