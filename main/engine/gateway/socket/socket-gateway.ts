import type { Clock } from '../../clock.ts';
import type { Gateway } from '../gateway.ts';
import { checkGateway } from './check.ts';
import type { ContractMemory } from './contracts.ts';
import { SocketSession } from './session.ts';

/** Where TWS or IB Gateway is, and as whom to read. */
export interface SocketGatewayOptions {
  readonly host: string;
  readonly port: number;
  /** 1 to 2,147,483,647; 0 is the primary session's, which also receives and binds the user's own orders. */
  readonly clientId: number;
  /** IB_ACCOUNT; empty: the only managed account. */
  readonly account: string;
  readonly clock: Clock;
  /** 1 live, 2 frozen, 3 delayed, 4 delayed-frozen (default); live always wins where the user is entitled to it. */
  readonly marketDataType?: 1 | 2 | 3 | 4;
}

/**
 * The SOCKET side of the gateway port: TWS or IB Gateway over its API socket.
 *
 * @throws RangeError for client id 0 or one that is no positive integer.
 */
export function createSocketGateway(options: SocketGatewayOptions): Gateway {
  const { host, port, clientId } = options;
  if (!Number.isInteger(clientId) || clientId <= 0 || clientId > 0x7f_ff_ff_ff) {
    throw new RangeError(`client id ${clientId} is refused: it must be a whole number from 1 on (0 belongs to the primary session)`);
  }
  const memory: ContractMemory = new Map();
  const sessionOptions = { ...options, marketDataType: options.marketDataType ?? 4, memory } as const;
  let newest: SocketSession | undefined;

  return {
    mode: 'SOCKET',
    endpoint: `${host}:${port} as client ${clientId}`,
    open(listener) {
      newest = new SocketSession({ ...sessionOptions, subscribe: 'all' }, listener);
      return newest;
    },
    check(deadlineMs, ownSessionRuns = false) {
      return checkGateway(sessionOptions, deadlineMs, ownSessionRuns || (newest !== undefined && !newest.isOver));
    },
  };
}
