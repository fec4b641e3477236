import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { authorityOf, type DashboardAddress } from './dashboard-address.ts';

/** Why a request is not answered. */
export interface Refusal {
  readonly status: 401 | 403;
  readonly message: string;
}

/**
 * Who may ask: pages that this very server sent, and whoever knows the token.
 *
 * The Host check keeps out pages that reach loopback under a name of their own (DNS rebinding); Origin and Sec-Fetch-Site
 * keep out other sites, also those of other servers on this machine; the token keeps out other users of this machine.
 */
export class DashboardGuard {
  readonly #authorities: readonly string[];
  readonly #token: Buffer;

  constructor(address: DashboardAddress, token: string) {
    const authorities = [authorityOf(address), `localhost:${address.port}`];
    // Browsers leave away the port that http has anyway.
    this.#authorities = address.port === 80 ? [...authorities, ...authorities.map((authority) => authority.slice(0, -':80'.length))] : authorities;
    this.#token = digest(token);
  }

  /** Judges where a request comes from; for pages and their files, which hold no secrets. */
  refuseForeign({ headers, method }: Pick<IncomingMessage, 'headers' | 'method'>): Refusal | null {
    const { host, origin } = headers;
    if (host === undefined || !this.#authorities.includes(host)) return { status: 403, message: 'This address is not the dashboard\u2019s.' };
    const site = headers['sec-fetch-site'];
    // "none": typed, or opened from the terminal.
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return { status: 403, message: 'Another site may not open the dashboard.' };
    const needsOrigin = method !== 'GET' && method !== 'HEAD';
    const foreign = origin === undefined ? needsOrigin : origin !== `http://${host}`;
    return foreign ? { status: 403, message: 'Another site may not use the dashboard.' } : null;
  }

  /** Judges the token; for everything that reads or does something. */
  refuseStranger({ headers }: Pick<IncomingMessage, 'headers'>): Refusal | null {
    const [, token = ''] = /^Bearer ([\w-]{1,100})$/.exec(headers.authorization ?? '') ?? [];
    // Digests are of equal length: the comparison tells nothing about the token, not even how long it is.
    return timingSafeEqual(digest(token), this.#token) ? null : { status: 401, message: 'The token is missing or wrong: open the address that the daemon printed when it started.' };
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
