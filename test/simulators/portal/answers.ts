import type { IncomingHttpHeaders } from 'node:http';

import { accountRecord, definitionRecord, enrichedPosition, searchRecords, sparsePosition, statusRecord, tickleRecord, tradingAccountsRecord } from './records.ts';
import type { PortalSimulator } from './simulator.ts';

export interface PortalRequest {
  readonly method: string;
  /** Without /v1/api and query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly headers: IncomingHttpHeaders;
  /** Below /v1/api; everything else is the gateway's web page. */
  readonly isApi: boolean;
}

export interface Answer {
  readonly status: number;
  /** A text is sent as a web page, anything else as JSON, undefined as nothing. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

type Handler = (simulator: PortalSimulator, request: PortalRequest, parts: readonly string[]) => Answer;

const unauthorized: Answer = { status: 401, body: { error: 'not authenticated', statusCode: 401 } };
const noBridge: Answer = { status: 400, body: { error: 'Bad Request: no bridge', statusCode: 400 } };

const handlers: readonly (readonly [method: string, pattern: RegExp, handler: Handler])[] = [
  ['POST', /^\/iserver\/auth\/status$/, (simulator) => json(statusRecord(simulator.status()))],
  ['GET', /^\/iserver\/auth\/status$/, (simulator) => json(statusRecord(simulator.status()))],
  ['POST', /^\/iserver\/auth\/ssodh\/init$/, openBrokerage],
  ['POST', /^\/tickle$/, (simulator) => json(tickleRecord(simulator.status()))],
  ['GET', /^\/iserver\/accounts$/, whenBrokerage((simulator) => json(tradingAccountsRecord(simulator.book.accounts())))],
  ['GET', /^\/portfolio\/accounts$/, (simulator) => json(simulator.book.accounts().map(accountRecord))],
  ['GET', /^\/portfolio\/([^/]+)\/positions\/(\d+)$/, positions],
  ['POST', /^\/portfolio\/([^/]+)\/positions\/invalidate$/, forgetPositions],
  ['GET', /^\/trsrv\/secdef$/, definitions],
  ['GET', /^\/iserver\/secdef\/search$/, whenBrokerage(search)],
  ['GET', /^\/iserver\/marketdata\/snapshot$/, whenBrokerage(snapshot)],
  ['POST', /^\/iserver\/marketdata\/unsubscribe$/, whenBrokerage(unsubscribe)],
  ['GET', /^\/iserver\/marketdata\/unsubscribeall$/, whenBrokerage(unsubscribeAll)],
];

/** What a Client Portal Gateway in this state answers. */
export function answerRequest(simulator: PortalSimulator, request: PortalRequest): Answer {
  const { faults, limits } = simulator;
  if (!request.isApi) return webPage(simulator, request);
  if (request.headers['user-agent'] === undefined) return { status: 403, body: '<html><body>Access Denied</body></html>' };
  if (request.method === 'POST' && request.headers['content-length'] === undefined) return { status: 411, body: { error: 'Length Required' } };
  if (!limits.admit(request.path) || faults.rateLimited) return { status: 429, body: { error: 'too many requests', statusCode: 429 } };
  if (faults.maintenance && request.path.startsWith('/iserver')) return { status: 503, body: { error: 'Service Unavailable', statusCode: 503 } };
  if (!simulator.isLoggedIn) return request.path === '/tickle' && faults.noSessionIn200 ? json({ error: 'no session' }) : unauthorized;
  for (const [method, pattern, handler] of handlers) {
    const parts = method === request.method ? pattern.exec(request.path) : null;
    if (parts === null) continue;
    const answer = handler(simulator, request, parts.slice(1).map(decodeURIComponent));
    if (answer.status === 200) simulator.called.add(request.path);
    return answer;
  }
  return { status: 404, body: { error: 'not found', statusCode: 404 } };
}

function json(body: unknown): Answer {
  return { status: 200, body };
}

function whenBrokerage(handler: Handler): Handler {
  return (simulator, request, parts) => {
    const isOpen = simulator.isBrokerageOpen && !simulator.isCompeting;
    return isOpen ? handler(simulator, request, parts) : noBridge;
  };
}

/** The page where a person logs in: one button. */
function webPage(simulator: PortalSimulator, { method, path }: PortalRequest): Answer {
  if (method === 'POST' && path === '/sso/Login') {
    simulator.login();
    return { status: 303, body: '', headers: { Location: '/' } };
  }
  const state = simulator.isLoggedIn ? 'Client login succeeds' : 'Nobody is logged in';
  return { status: 200, body: `<!DOCTYPE html><html lang="en"><title>Client Portal simulator</title><body><h1>${state}</h1><form method="post" action="/sso/Login"><button>Log in</button></form></body></html>` };
}

function openBrokerage(simulator: PortalSimulator, { body }: PortalRequest): Answer {
  const { publish, compete } = (body ?? {}) as { readonly publish?: unknown; readonly compete?: unknown };
  if (publish !== true) return { status: 500, body: { error: 'failed to generate sso dh token' } };
  simulator.openBrokerage(compete === true);
  return json(statusRecord(simulator.status()));
}

function positions(simulator: PortalSimulator, { query }: PortalRequest, [account = '', page = '0']: readonly string[]): Answer {
  const { book, faults, pageSize, kept } = simulator;
  if (!simulator.called.has('/portfolio/accounts')) return { status: 500, body: { error: 'Please query /portfolio/accounts first' } };
  if (!book.accounts().includes(account)) return { status: 400, body: { error: 'Bad Request: invalid account', statusCode: 400 } };
  if (page === '0' && !kept.has(account)) {
    if (faults.emptyReadings > 0) {
      faults.emptyReadings -= 1;
      return json([]);
    }
    const isSparse = faults.sparsePositions || query.get('waitForSecDef') !== 'true';
    const accounts = faults.mixedAccounts ? book.accounts() : [account];
    const records = accounts.flatMap((name) => book.positions(name)).map((position) => (isSparse ? sparsePosition(position, book.market) : enrichedPosition(position, book.market, pageSize)));
    kept.set(account, records);
  }
  return json((kept.get(account) ?? []).slice(Number(page) * pageSize, (Number(page) + 1) * pageSize));
}

function forgetPositions(simulator: PortalSimulator, _request: PortalRequest, [account = '']: readonly string[]): Answer {
  simulator.kept.delete(account);
  return json({ message: 'success' });
}

function definitions(simulator: PortalSimulator, { query }: PortalRequest): Answer {
  const conIds = numbers(query.get('conids'));
  if (simulator.faults.noDefinitions) return { status: 500, body: { error: 'secdef unavailable' } };
  if (conIds.length > 200) return { status: 400, body: { error: 'Bad Request: too many conids', statusCode: 400 } };
  const found = conIds.map((conId) => simulator.book.market.instrument(conId)).filter((instrument) => instrument !== undefined);
  return json({ secdef: found.map(definitionRecord) });
}

function search(simulator: PortalSimulator, { query }: PortalRequest): Answer {
  const symbol = query.get('symbol');
  if (symbol === null) return { status: 400, body: { error: 'Bad Request: symbol required', statusCode: 400 } };
  simulator.streams.searched.add(symbol);
  return json(searchRecords(symbol, simulator.book.market));
}

function snapshot(simulator: PortalSimulator, { query }: PortalRequest): Answer {
  const { faults, streams } = simulator;
  if (!simulator.called.has('/iserver/accounts')) return { status: 500, body: { error: 'Please query /accounts first' } };
  const conIds = numbers(query.get('conids'));
  const fields = (query.get('fields') ?? '').split(',').filter((field) => field !== '');
  if (conIds.length === 0 || conIds.length > 100 || fields.length > 50) return { status: 400, body: { error: 'Bad Request: too many conids or fields', statusCode: 400 } };
  if (conIds.some((conId) => faults.refusedConIds.has(conId))) return { status: 500, body: { error: 'unknown' } };
  return json(conIds.map((conId) => streams.snapshot(conId, fields)));
}

function unsubscribe(simulator: PortalSimulator, { body }: PortalRequest): Answer {
  const { conid } = (body ?? {}) as { readonly conid?: unknown };
  return simulator.streams.close(Number(conid)) ? json({ success: true }) : { status: 500, body: { error: 'unknown' } };
}

function unsubscribeAll(simulator: PortalSimulator): Answer {
  simulator.streams.closeAll();
  return json({ unsubscribed: true });
}

function numbers(text: string | null): readonly number[] {
  return (text ?? '').split(',').filter((part) => part !== '').map(Number);
}
