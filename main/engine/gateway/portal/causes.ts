import type { Ms } from '../../clock.ts';
import { durationInWords } from '../../log/words.ts';
import type { Cause } from '../../state.ts';
import type { PortalAddress } from './address.ts';

const startGateway = 'Start the Client Portal Gateway (bin/run.sh root/conf.yaml) and check listenPort in its root/conf.yaml';
const movePort = 'Set listenPort to 5001 in root/conf.yaml of the Client Portal Gateway, start it again, and set IBKR_GATEWAY_URL to https://localhost:5001';

/** A connection error as Node tells it. */
export function connectionCause({ origin, port }: PortalAddress, error: NodeJS.ErrnoException): Cause {
  switch (error.code) {
    case 'ECONNREFUSED':
      return { code: 'gateway-unreachable', text: `nothing listens at ${origin}`, action: startGateway };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return { code: 'gateway-unreachable', text: `the host of ${origin} cannot be found`, action: 'Check IBKR_GATEWAY_URL' };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ENETDOWN':
    case 'EADDRNOTAVAIL':
    case 'ETIMEDOUT':
      return { code: 'gateway-unreachable', text: `${origin} cannot be reached over the network (${error.code})` };
    default:
      return isTlsError(error)
        ? { code: 'not-a-gateway', text: `what answers at ${origin} does not speak TLS`, action: port === 5000 ? `On a Mac AirPlay answers on port 5000. ${movePort}` : 'Check IBKR_GATEWAY_URL, and that listenSsl is true in root/conf.yaml' }
        : { code: 'gateway-closed', text: `the connection to ${origin} was lost (${error.code ?? error.message})` };
  }
}

/** The peer answered a TLS greeting with something else. */
export function isTlsError(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EPROTO' || error.code?.startsWith('ERR_SSL_') === true;
}

/** macOS owns port 5000; its receiver answers 403 and names itself in the Server header. */
export function airPlay({ origin }: PortalAddress): Cause {
  return { code: 'not-a-gateway', text: `AirPlay of macOS answers at ${origin}, not the Client Portal Gateway`, action: movePort };
}

export function otherServer({ origin }: PortalAddress, what: string): Cause {
  return { code: 'not-a-gateway', text: `what answers at ${origin} is not the Client Portal Gateway (${what})`, action: 'Check IBKR_GATEWAY_URL: the gateway answers on listenPort of its root/conf.yaml' };
}

export function forbidden({ origin }: PortalAddress): Cause {
  return { code: 'gateway-forbids', text: `${origin} does not let this machine in (403)`, action: 'Add the address of this machine to ips.allow in root/conf.yaml of the Client Portal Gateway and start it again' };
}

export function timedOut({ origin }: PortalAddress, deadlineMs: Ms): Cause {
  return { code: 'gateway-silent', text: `${origin} did not answer within ${durationInWords(deadlineMs)}`, action: 'If it stays so, start the Client Portal Gateway again' };
}

export function needsLogin({ origin }: PortalAddress, detail = ''): Cause {
  return { code: 'login-needed', text: `nobody is logged in to the Client Portal Gateway${detail}`, action: `Log in at ${origin}` };
}

export function competing(): Cause {
  return {
    code: 'competing-session',
    text: 'the same IBKR user has another session (TWS, mobile or web), which has the market data',
    action: 'Log out there, or give the bridge a second username, or let it end other sessions in Settings',
  };
}

export function maintenance(status: number): Cause {
  return { code: `upstream-${status}`, text: `the Client Portal Gateway cannot reach IBKR (${status}, as during maintenance)` };
}

export function rateLimited(penaltyMs: Ms): Cause {
  return {
    code: 'rate-limited',
    text: `IBKR counted too many requests (429): every request stops for ${durationInWords(penaltyMs)}`,
    action: 'Close other programs that use the same Client Portal Gateway; asking on would lengthen the penalty',
  };
}

export function certificateRefused({ origin }: PortalAddress, problem: string, fingerprint: string): Cause {
  return {
    code: 'certificate-refused',
    text: `the certificate of ${origin} is not trusted (${problem})`,
    action: `Only a gateway on this machine (https://localhost:5001) may have a certificate of its own making. For another host compare the fingerprint there and enter it in Settings: ${fingerprint}`,
  };
}

export function fingerprintDiffers({ origin }: PortalAddress, fingerprint: string): Cause {
  return {
    code: 'certificate-refused',
    text: `the certificate of ${origin} is not the one that Settings pin`,
    action: `If the gateway was set up anew, compare the fingerprint there and enter it in Settings: ${fingerprint}`,
  };
}

/** The login failed for a moment and was well again by itself. */
export function interrupted(): Cause {
  return { code: 'session-interrupted', text: 'the brokerage session was interrupted: reading account, positions and market data again' };
}

export function openingTimeout({ origin }: PortalAddress, limitMs: Ms): Cause {
  return { code: 'opening-timeout', text: `${origin} did not give account and positions within ${durationInWords(limitMs)}` };
}

/** A sentence of the gateway's for people: no markup, one line, at most 200 characters. */
export function quote(text: string): string {
  return text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').trim().slice(0, 200);
}
