import { Agent, type RequestOptions } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import type { Clock, Ms } from '../../clock.ts';
import type { Cause } from '../../state.ts';
import { isLoopbackAddress, type PortalAddress } from './address.ts';
import { certificateRefused, fingerprintDiffers, timedOut } from './causes.ts';
import { PortalError } from './portal-error.ts';

const CONNECT_DEADLINE_MS: Ms = 10_000;

/** What a certificate must be. The gateway's own is self-signed by design (ibkr-facts.md 1.3). */
export type TrustRule =
  /** Exactly this one, by SHA-256 fingerprint `AB:CD:...`. */
  | { readonly kind: 'pinned'; readonly fingerprint: string }
  /** Any, because the connection does not leave this machine. */
  | { readonly kind: 'loopback' }
  /** One that the authorities of this machine vouch for, made out to this host. */
  | { readonly kind: 'verified' };

export function trustRule(address: PortalAddress, pinned: string | null): TrustRule {
  if (pinned !== null) return { kind: 'pinned', fingerprint: pinned };
  return address.isLoopback ? { kind: 'loopback' } : { kind: 'verified' };
}

/** What a TLS handshake showed. */
export interface Presented {
  /** Node found the chain and the host's name right. */
  readonly authorized: boolean;
  /** Why not. */
  readonly problem: string;
  readonly fingerprint: string;
  readonly remoteAddress: string;
}

/** Why nothing may be sent on a connection; undefined when all is well. */
export function judgeCertificate(rule: TrustRule, address: PortalAddress, presented: Presented): Cause | undefined {
  switch (rule.kind) {
    case 'pinned':
      return presented.fingerprint === rule.fingerprint ? undefined : fingerprintDiffers(address, presented.fingerprint);
    case 'loopback':
      // A name such as localhost may be made to resolve elsewhere; what counts is where the connection went.
      if (isLoopbackAddress(presented.remoteAddress) || presented.authorized) return undefined;
      return certificateRefused(address, `${presented.problem}, and ${presented.remoteAddress} is not this machine`, presented.fingerprint);
    case 'verified':
      return presented.authorized ? undefined : certificateRefused(address, presented.problem, presented.fingerprint);
  }
}

export interface TrustingAgentOptions {
  readonly address: PortalAddress;
  readonly rule: TrustRule;
  readonly clock: Clock;
  /** Instead of the system's name resolution; for tests. */
  readonly lookup?: LookupFunction;
}

/**
 * Kept-alive TLS connections to one gateway, each judged by the rule before a byte of HTTP is written.
 *
 * The rule lives on this agent alone: no environment variable and no global agent is touched, so that the database's and
 * everything else's certificates are verified as ever.
 */
export class TrustingAgent extends Agent {
  readonly #trust: TrustingAgentOptions;
  readonly #connecting = new Set<TLSSocket>();

  constructor(trust: TrustingAgentOptions) {
    super({ keepAlive: true, maxSockets: 4, maxFreeSockets: 4 });
    this.#trust = trust;
  }

  override createConnection(_options: RequestOptions, callback?: (error: Error | null, stream: Duplex) => void): undefined {
    const { address, clock, lookup } = this.#trust;
    const socket = connect({
      host: address.host,
      port: address.port,
      servername: isIP(address.host) === 0 ? address.host : '',
      // Not blind trust: the handshake shall complete so that `judge` sees the certificate and can name its fingerprint.
      rejectUnauthorized: false,
      ...(lookup === undefined ? {} : { lookup }),
    });
    this.#connecting.add(socket);
    const deadline = clock.setTimer(CONNECT_DEADLINE_MS, () => socket.destroy(new PortalError('timeout', timedOut(address, CONNECT_DEADLINE_MS))));
    const done = (error: Error | null): void => {
      if (!this.#connecting.delete(socket)) return;
      deadline.cancel();
      socket.off('error', done);
      if (error !== null) socket.destroy();
      callback?.(error, socket);
    };
    socket.once('error', done);
    socket.once('close', () => done(Object.assign(new Error('closed in the handshake'), { code: 'ECONNRESET' })));
    socket.once('secureConnect', () => done(this.#judge(socket)));
    return undefined;
  }

  /** Ends every connection, also those that are still being made. */
  override destroy(): void {
    for (const socket of this.#connecting) socket.destroy();
    super.destroy();
  }

  #judge(socket: TLSSocket): PortalError | null {
    const { rule, address } = this.#trust;
    const cause = judgeCertificate(rule, address, {
      authorized: socket.authorized,
      problem: String(socket.authorizationError ?? 'not verified'),
      fingerprint: socket.getPeerX509Certificate()?.fingerprint256 ?? '',
      remoteAddress: socket.remoteAddress ?? '',
    });
    return cause === undefined ? null : new PortalError('certificate', cause);
  }
}
