import { sleep, type Clock, type Ms } from '../../clock.ts';
import type { MarketData } from '../../state.ts';
import { accountNeeded, chooseAccount } from '../account-choice.ts';
import { describeAccount, describePositions, describeSample, isSampled, SAMPLE_PATIENCE_MS, type Sample } from '../check-findings.ts';
import type { Finding } from '../gateway.ts';
import { timedOut } from './causes.ts';
import { PortalClient } from './client.ts';
import { Endpoints } from './endpoints.ts';
import { PortalError } from './portal-error.ts';
import { readPortfolio } from './portfolio.ts';
import type { Holding } from './positions.ts';
import { QuoteRounds } from './quote-rounds.ts';
import { Quotes } from './quotes.ts';
import type { PortalSessionOptions } from './session.ts';
import { standingOf, standingOfError, type Standing } from './standing.ts';

const SAMPLE_EVERY_MS: Ms = 1_000;

/**
 * Tries the gateway step by step and tells, line by line, what works, what does not and what to do.
 *
 * It disturbs nobody: it never ends another session, asks for the market data of one leg only, and ends that stream again
 * unless this very bridge needs it.
 *
 * @param deadlineMs all of it takes no longer.
 */
export async function checkPortal(options: PortalSessionOptions, deadlineMs: Ms, ownSessionRuns: boolean): Promise<readonly Finding[]> {
  const { clock, address } = options;
  const life = new AbortController();
  const client = new PortalClient(options);
  const deadline = clock.setTimer(deadlineMs, () => life.abort());
  const findings: Finding[] = [];
  try {
    await new Check(options, client, life.signal, ownSessionRuns).run(findings);
  } catch (error) {
    const cause = life.signal.aborted ? timedOut(address, deadlineMs) : error instanceof PortalError ? error.why : { text: String(error), action: undefined };
    findings.push({ subject: subjectAfter(findings), ok: false, detail: cause.text, ...(cause.action === undefined ? {} : { action: cause.action }) });
  } finally {
    deadline.cancel();
    client.close();
  }
  return findings;
}

const SUBJECTS = ['Gateway', 'Certificate', 'Login', 'Account', 'Positions', 'Market data'] as const;

/** The step that failed is the first one that has not been told. */
function subjectAfter(findings: readonly Finding[]): string {
  return SUBJECTS.find((subject) => findings.every((finding) => finding.subject !== subject)) ?? 'Gateway';
}

class Check {
  readonly #options: PortalSessionOptions;
  readonly #endpoints: Endpoints;
  readonly #signal: AbortSignal;
  readonly #ownSessionRuns: boolean;

  constructor(options: PortalSessionOptions, client: PortalClient, signal: AbortSignal, ownSessionRuns: boolean) {
    this.#options = options;
    this.#endpoints = new Endpoints(client);
    this.#signal = signal;
    this.#ownSessionRuns = ownSessionRuns;
  }

  /** Tells each step as it is done; throws at the first that fails. */
  async run(findings: Finding[]): Promise<void> {
    const standing = await this.#look(findings);
    const login = await this.#describeLogin(standing);
    findings.push(login);
    if (!login.ok) return;
    await this.#endpoints.tradingAccounts(this.#signal);
    const accounts = await this.#endpoints.accounts(this.#signal);
    const choice = chooseAccount(this.#options.account, accounts);
    if (choice.kind !== 'chosen') {
      const { text, action } = accountNeeded(this.#options.account, accounts, 'the Client Portal Gateway');
      findings.push({ subject: 'Account', ok: false, detail: text, ...(action === undefined ? {} : { action }) });
      return;
    }
    findings.push(describeAccount(choice.account, accounts));
    const { holdings } = await readPortfolio(this.#endpoints, choice.account, this.#options.memory, this.#signal);
    findings.push(describePositions(holdings.map(({ leg }) => leg)));
    findings.push(await this.#describeMarketData(holdings));
  }

  /** An answer of any kind says that the gateway is there and its certificate is accepted. */
  async #look(findings: Finding[]): Promise<Standing> {
    let standing: Standing;
    try {
      standing = standingOf(await this.#endpoints.authStatus(this.#signal), this.#options.address);
    } catch (error) {
      if (error instanceof PortalError && error.kind === 'certificate') findings.push(this.#reached());
      standing = standingOfError(error);
    }
    findings.push(this.#reached(), { subject: 'Certificate', ok: true, detail: certificateWords[this.#options.rule.kind] });
    return standing;
  }

  #reached(): Finding {
    return { subject: 'Gateway', ok: true, detail: `${this.#options.address.origin} answers` };
  }

  async #describeLogin(standing: Standing): Promise<Finding> {
    const subject = 'Login';
    if (standing.kind === 'ready') return { subject, ok: true, detail: 'logged in, the brokerage session serves requests' };
    if (standing.kind === 'starting') return { subject, ok: false, detail: 'logged in, the brokerage session is not through yet', action: 'Try again in a moment' };
    if (standing.kind === 'brokerage-closed' && !this.#ownSessionRuns) {
      await this.#endpoints.openBrokerageSession(false, this.#signal);
      const again = standingOf(await this.#endpoints.authStatus(this.#signal), this.#options.address);
      if (again.kind === 'ready') return { subject, ok: true, detail: 'logged in, the brokerage session was opened again' };
    }
    const { text, action } = standing.cause;
    return { subject, ok: false, detail: text, ...(action === undefined ? {} : { action }) };
  }

  async #describeMarketData(holdings: readonly Holding[]): Promise<Finding> {
    const { clock } = this.#options;
    const holding = chooseSample(holdings);
    if (holding === undefined) return describeSample(undefined, 'unknown');
    let kind: MarketData = 'unknown';
    const quotes = new Quotes({ clock, notice: () => undefined, onKind: (told) => (kind = told) });
    const rounds = new QuoteRounds(this.#endpoints, quotes, clock);
    quotes.hold([holding]);
    await rounds.prepare([holding.leg], this.#signal);
    const until = clock.monotonic() + SAMPLE_PATIENCE_MS;
    let sample = sampleOf(holding, quotes);
    while (!isSampled(sample) && clock.monotonic() < until) {
      await rounds.run(false, this.#signal);
      sample = sampleOf(holding, quotes);
      if (!isSampled(sample)) await pause(clock, this.#signal);
    }
    if (!this.#ownSessionRuns) for (const conId of quotes.conIds()) await rounds.unsubscribe(conId, this.#signal);
    return describeSample(sample, kind);
  }
}

const certificateWords = {
  loopback: 'accepted without proof, because the gateway is on this machine',
  verified: 'verified',
  pinned: 'the one that Settings pin',
} as const;

function chooseSample(holdings: readonly Holding[]): Holding | undefined {
  const of = (kind: string): Holding | undefined => holdings.find(({ leg }) => leg.kind === kind);
  return of('OPT') ?? of('FOP') ?? of('STK') ?? of('FUT');
}

function sampleOf({ leg }: Holding, quotes: Quotes): Sample {
  const quote = quotes.quote(leg.conId);
  if (quote === undefined) throw new Error(`no quote of ${leg.conId}`);
  return { leg, quote };
}

function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  return sleep(clock, SAMPLE_EVERY_MS, signal);
}
