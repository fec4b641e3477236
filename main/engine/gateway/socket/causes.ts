import type { Cause } from '../../state.ts';

/** Where the session connects, in words: "127.0.0.1:7496". */
export type Address = string;

const enableApi =
  'Start TWS or IB Gateway and log in; in its API settings switch on "Enable ActiveX and Socket Clients", and check the socket port';
const trustUs =
  'In the API settings of TWS or IB Gateway switch on "Enable ActiveX and Socket Clients" and add this machine to the trusted IPs; answer the dialog that asks to accept the connection';

/** A socket error as Node tells it. */
export function socketCause(address: Address, error: NodeJS.ErrnoException): Cause {
  switch (error.code) {
    case 'ECONNREFUSED':
      return { code: 'gateway-unreachable', text: `nothing listens at ${address}`, action: enableApi };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return { code: 'gateway-unreachable', text: `the host of ${address} cannot be found`, action: 'Check IB_SOCKET_HOST' };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ENETDOWN':
    case 'EADDRNOTAVAIL':
    case 'ETIMEDOUT':
      return { code: 'gateway-unreachable', text: `${address} cannot be reached over the network (${error.code})` };
    case 'ECONNRESET':
    case 'EPIPE':
      return { code: 'gateway-closed', text: `the connection to ${address} was reset` };
    default:
      return { code: 'gateway-closed', text: `the connection to ${address} failed: ${error.message || String(error.code ?? error)}` };
  }
}

export function connectTimeout(address: Address): Cause {
  return { code: 'gateway-unreachable', text: `${address} did not answer within 10 s`, action: enableApi };
}

/** TCP stands, the API does not: not enabled, waiting for a person to accept, or hung. */
export function handshakeTimeout(address: Address, missing: string): Cause {
  return {
    code: 'handshake-timeout',
    text: `${address} accepts connections, but sent no ${missing} within 10 s`,
    action: `${trustUs}; if that changes nothing, restart it`,
  };
}

export function positionsTimeout(address: Address, upstreamIsDown: boolean): Cause {
  const why = upstreamIsDown ? ', as it has no connection to IBKR' : '';
  return { code: 'positions-timeout', text: `${address} did not send the positions within 15 s${why}` };
}

export function notTheApi(address: Address): Cause {
  return {
    code: 'not-a-gateway',
    text: `what answers at ${address} does not speak the TWS protocol`,
    action: 'Check IB_SOCKET_PORT: TWS listens at 7496 (paper 7497), IB Gateway at 4001 (paper 4002)',
  };
}

export function closedByGateway(address: Address, inHandshake: boolean): Cause {
  return inHandshake
    ? { code: 'gateway-closed', text: `${address} closed the connection during the handshake`, action: trustUs }
    : { code: 'gateway-closed', text: `${address} closed the connection` };
}
