import type { z } from 'zod';
import type { Ms } from '../../clock.ts';
import type { PortalClient, PortalRequest } from './client.ts';
import { FIELD } from './fields.ts';
import { PortalError } from './portal-error.ts';
import {
  authStatusSchema,
  portfolioAccountsSchema,
  positionsSchema,
  secdefSchema,
  snapshotSchema,
  tickleSchema,
  type AuthStatus,
  type PositionRecord,
  type SecurityDefinition,
  type SnapshotRecord,
} from './schemas.ts';

/** Instruments of one snapshot request (ibkr-facts.md 1.2). */
export const SNAPSHOT_SIZE = 100;
/** Instruments of one request for definitions. */
const SECDEF_SIZE = 200;
/** A book of more pages than this is a gateway that repeats itself. */
const MOST_PAGES = 200;
const POSITIONS_DEADLINE_MS: Ms = 15_000;

/**
 * The endpoints that the bridge uses, answers parsed. It reads only: none of them places, changes or cancels anything.
 *
 * Every function throws PortalError; 'malformed' for an answer of another shape.
 */
export class Endpoints {
  readonly #client: PortalClient;

  constructor(client: PortalClient) {
    this.#client = client;
  }

  authStatus(signal: AbortSignal): Promise<AuthStatus> {
    return this.#ask({ method: 'POST', path: '/iserver/auth/status' }, authStatusSchema, signal);
  }

  /**
   * Opens the brokerage session again. `publish` false would be answered 500.
   *
   * @param compete ends the user's other session; only ever true when the user asked for that.
   */
  async openBrokerageSession(compete: boolean, signal: AbortSignal): Promise<void> {
    await this.#client.request({ method: 'POST', path: '/iserver/auth/ssodh/init', body: { publish: true, compete } }, signal);
  }

  /** Keeps the session alive; the status of the brokerage session where the answer holds it. */
  async tickle(signal: AbortSignal): Promise<AuthStatus | undefined> {
    const { iserver } = await this.#ask({ method: 'POST', path: '/tickle' }, tickleSchema, signal);
    return iserver?.authStatus;
  }

  /** Must be called before the first snapshot of a session; what it lists is not needed. */
  async tradingAccounts(signal: AbortSignal): Promise<void> {
    await this.#client.request({ method: 'GET', path: '/iserver/accounts' }, signal);
  }

  /** Accounts of the user; must be called before positions. */
  async accounts(signal: AbortSignal): Promise<readonly string[]> {
    const ids = await this.#ask({ method: 'GET', path: '/portfolio/accounts' }, portfolioAccountsSchema, signal);
    return [...new Set(ids.filter((id) => id !== undefined))];
  }

  /** All positions of one account, over all pages; records of other accounts are left out. */
  async positions(account: string, signal: AbortSignal): Promise<readonly PositionRecord[]> {
    const all: PositionRecord[] = [];
    for (let page = 0; page < MOST_PAGES; page++) {
      const path = `/portfolio/${encodeURIComponent(account)}/positions/${page}`;
      const request: PortalRequest = { method: 'GET', path, query: 'waitForSecDef=true&sort=name&direction=a', deadlineMs: POSITIONS_DEADLINE_MS };
      const records = await this.#ask(request, positionsSchema, signal);
      all.push(...records);
      // Older gateways cut at 30, newer ones at 100. Enriched records name the size of a page; where none does, only an
      // empty page is the end.
      const size = records.find((record) => record.pageSize !== undefined)?.pageSize ?? 1;
      if (records.length < Math.max(1, size)) return all.filter(({ acctId }) => acctId === undefined || acctId === account);
    }
    throw malformed(`/portfolio/${account}/positions`, 'pages without end');
  }

  /** Makes the gateway forget the positions that it keeps, so that the next reading is fresh. */
  async forgetPositions(account: string, signal: AbortSignal): Promise<void> {
    await this.#client.request({ method: 'POST', path: `/portfolio/${encodeURIComponent(account)}/positions/invalidate` }, signal);
  }

  async definitions(conIds: readonly number[], signal: AbortSignal): Promise<readonly SecurityDefinition[]> {
    const all: SecurityDefinition[] = [];
    for (let start = 0; start < conIds.length; start += SECDEF_SIZE) {
      const query = `conids=${conIds.slice(start, start + SECDEF_SIZE).join(',')}`;
      const { secdef } = await this.#ask({ method: 'GET', path: '/trsrv/secdef', query }, secdefSchema, signal);
      all.push(...secdef);
    }
    return all;
  }

  /** Must be called for the underlying before the first snapshot of a derivative; what it finds is not needed. */
  async searchDefinition(symbol: string, signal: AbortSignal): Promise<void> {
    await this.#client.request({ method: 'GET', path: '/iserver/secdef/search', query: `symbol=${encodeURIComponent(symbol)}` }, signal);
  }

  /** Market data of at most {@link SNAPSHOT_SIZE} instruments; the first request for one opens its stream and brings no values. */
  snapshot(conIds: readonly number[], signal: AbortSignal): Promise<readonly SnapshotRecord[]> {
    const query = `conids=${conIds.join(',')}&fields=${Object.values(FIELD).join(',')}`;
    return this.#ask({ method: 'GET', path: '/iserver/marketdata/snapshot', query }, snapshotSchema, signal);
  }

  async unsubscribe(conId: number, signal: AbortSignal): Promise<void> {
    await this.#client.request({ method: 'POST', path: '/iserver/marketdata/unsubscribe', body: { conid: conId } }, signal);
  }

  async unsubscribeAll(signal: AbortSignal, deadlineMs: Ms): Promise<void> {
    await this.#client.request({ method: 'GET', path: '/iserver/marketdata/unsubscribeall', deadlineMs }, signal);
  }

  async #ask<S extends z.ZodType>(request: PortalRequest, schema: S, signal: AbortSignal): Promise<z.infer<S>> {
    const parsed = schema.safeParse(await this.#client.request(request, signal));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw malformed(request.path, `${issue?.path.join('.') || 'answer'}: ${issue?.message ?? 'not understood'}`);
  }
}

function malformed(path: string, what: string): PortalError {
  return new PortalError('malformed', { code: 'gateway-malformed', text: `the answer to ${path} was not understood (${what})` });
}
