import type { Ms } from '../../clock.ts';
import type { PortalAddress } from './address.ts';
import { airPlay, forbidden, maintenance, needsLogin, otherServer, quote, rateLimited } from './causes.ts';
import { PENALTY_MS } from './pace.ts';
import { PortalError } from './portal-error.ts';

/** An HTTP answer as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly server: string;
  readonly location: string;
  /** Header Retry-After, in seconds; NaN where there is none. */
  readonly retryAfterSeconds: number;
  readonly body: string;
}

/**
 * The JSON of an answer; undefined for an empty one.
 *
 * The gateway's status alone tells little: it answers 200 with an error inside (`{"error":"no session"}`), HTML where
 * nobody is logged in, and on a Mac it may not be the gateway at all (ibkr-facts.md 1.3).
 *
 * @throws PortalError for everything that is not the answer.
 */
export function readAnswer(answer: RawAnswer, address: PortalAddress): unknown {
  refuseByHead(answer, address);
  const { status, body } = answer;
  const json = parse(body);
  const said = json.kind === 'json' ? errorIn(json.value) : undefined;
  if (said !== undefined && meansNoSession(said)) throw new PortalError('unauthorized', needsLogin(address, ` (${quote(said)})`));
  if (status >= 400 || said !== undefined) {
    if (json.kind === 'other' && isHtml(answer) && status === 404) throw new PortalError('not-a-gateway', otherServer(address, 'it answers 404 with a web page'));
    const words = said === undefined ? '' : `: ${quote(said)}`;
    throw new PortalError('refused', { code: 'gateway-refused', text: `the Client Portal Gateway refused a request (${status})${words}` });
  }
  if (json.kind === 'other') {
    if (isHtml(answer)) throw new PortalError('not-a-gateway', otherServer(address, 'it answers with a web page'));
    throw new PortalError('malformed', { code: 'gateway-malformed', text: `the Client Portal Gateway sent an answer that is no JSON (${body.length} characters)` });
  }
  return json.value;
}

/** What the status line and the headers alone decide. */
function refuseByHead({ status, server, location, retryAfterSeconds, contentType }: RawAnswer, address: PortalAddress): void {
  if (/airtunes/i.test(server)) throw new PortalError('not-a-gateway', airPlay(address));
  if (status === 429) {
    const penaltyMs: Ms = Math.max(PENALTY_MS, Number.isFinite(retryAfterSeconds) ? retryAfterSeconds * 1000 : 0);
    throw new PortalError('rate-limited', rateLimited(penaltyMs), penaltyMs);
  }
  if (status === 401) throw new PortalError('unauthorized', needsLogin(address));
  if (status >= 300 && status < 400) {
    if (/\/sso\/|login/i.test(location)) throw new PortalError('unauthorized', needsLogin(address));
    throw new PortalError('not-a-gateway', otherServer(address, `it redirects to ${quote(location)}`));
  }
  if (status === 502 || status === 503 || status === 504) throw new PortalError('unavailable', maintenance(status));
  if (status === 403 && !/json/i.test(contentType)) throw new PortalError('not-a-gateway', forbidden(address));
}

type Parsed = { readonly kind: 'json'; readonly value: unknown } | { readonly kind: 'other' };

function parse(body: string): Parsed {
  if (body.trim() === '') return { kind: 'json', value: undefined };
  try {
    return { kind: 'json', value: JSON.parse(body) };
  } catch {
    return { kind: 'other' }; // told apart by the caller: a web page, or half a JSON
  }
}

/** The top-level error of a body; errors further inside (`hmds: {error: "no bridge"}`) are about other services. */
function errorIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { error } = value as { readonly error?: unknown };
  if (error === undefined || error === null || error === false || error === '') return undefined;
  return typeof error === 'string' ? error : JSON.stringify(error);
}

function meansNoSession(said: string): boolean {
  return /no session|not authenticated|unauthori[sz]ed|not logged in|access denied|session (?:has )?expired/i.test(said);
}

function isHtml({ contentType, body }: RawAnswer): boolean {
  return /html/i.test(contentType) || /^\s*<(?:!doctype|html)/i.test(body);
}
