import type { Clock } from '../clock.ts';
import type { Settings } from '../settings/settings.ts';
import type { Gateway } from './gateway.ts';
import { createSocketGateway } from './socket/socket-gateway.ts';

/**
 * The gateway that the settings describe.
 *
 * @throws when the mode cannot be served.
 */
export function openGateway(settings: Settings, clock: Clock): Gateway {
  if (settings.apiMode === 'PORTAL') {
    throw new Error('PORTAL mode is not part of this version yet: set IB_API_MODE=SOCKET');
  }
  return createSocketGateway({ ...settings.socket, account: settings.account, clock });
}
