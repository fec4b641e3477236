import type { LookupFunction } from 'node:net';
import type { Clock } from '../../clock.ts';
import type { Gateway } from '../gateway.ts';
import { readAddress } from './address.ts';
import { checkPortal } from './check.ts';
import { paceOf } from './pace.ts';
import { PortalSession, type PortalSessionOptions } from './session.ts';
import { trustRule } from './trust.ts';

/** Where the Client Portal Gateway is, and how to treat it. */
export interface PortalGatewayOptions {
  /** https URL: "https://localhost:5001". */
  readonly url: string;
  /** IB_ACCOUNT; empty: the only one. */
  readonly account: string;
  readonly clock: Clock;
  /** SHA-256 fingerprint `AB:CD:...` that the certificate must have; null or absent: verified, or self-signed on loopback. */
  readonly certificateFingerprint?: string | null;
  /** Whether the user's other session (TWS, mobile) may be ended; false unless the user asked for it. */
  readonly compete?: boolean;
  /** Instead of the system's name resolution; for tests. */
  readonly lookup?: LookupFunction;
}

/** The PORTAL side of the gateway port: IBKR's Client Portal Gateway over REST. */
export function createPortalGateway(options: PortalGatewayOptions): Gateway {
  const { url, account, clock, certificateFingerprint = null, compete = false, lookup } = options;
  const address = readAddress(url);
  const sessionOptions: PortalSessionOptions = {
    address,
    account,
    clock,
    compete,
    rule: trustRule(address, certificateFingerprint),
    pace: paceOf(clock, address.origin),
    memory: new Map(),
    ...(lookup === undefined ? {} : { lookup }),
  };
  let newest: PortalSession | undefined;

  return {
    mode: 'PORTAL',
    endpoint: address.origin,
    open(listener) {
      newest = new PortalSession(sessionOptions, listener);
      return newest;
    },
    check(deadlineMs, ownSessionRuns = false) {
      return checkPortal(sessionOptions, deadlineMs, ownSessionRuns || (newest !== undefined && !newest.isOver));
    },
  };
}
