import type { Clock } from '../clock.ts';
import type { Settings } from '../settings/settings.ts';
import type { Gateway } from './gateway.ts';
import { createPortalGateway } from './portal/portal-gateway.ts';
import { createSocketGateway } from './socket/socket-gateway.ts';

/** The gateway that the settings describe; nothing is dialled before it is asked to open. */
export function openGateway(settings: Settings, clock: Clock): Gateway {
  const { account } = settings;
  return settings.apiMode === 'PORTAL'
    ? createPortalGateway({ ...settings.portal, account, clock })
    : createSocketGateway({ ...settings.socket, account, clock });
}
