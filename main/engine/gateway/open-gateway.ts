import type { Clock, Ms } from '../clock.ts';
import type { Settings } from '../settings/settings.ts';
import type { Gateway } from './gateway.ts';
import { readAddress } from './portal/address.ts';
import { paceOf, PREDECESSOR_MS } from './portal/pace.ts';
import { createPortalGateway } from './portal/portal-gateway.ts';
import { createSocketGateway } from './socket/socket-gateway.ts';

/** The gateway that the settings describe; nothing is dialled before it is asked to open. */
export function openGateway(settings: Settings, clock: Clock): Gateway {
  const { account } = settings;
  return settings.apiMode === 'PORTAL'
    ? createPortalGateway({ ...settings.portal, account, clock })
    : createSocketGateway({ ...settings.socket, account, clock });
}

/**
 * Tells the gateway's pace that a process before this one was recording until `lastSeenAt` (wall clock; null: never). Restarted
 * within seconds, the bridge would otherwise ask what it asked a moment before, and IBKR answers that with a quarter of an hour of 429.
 */
export function respectPredecessor({ portal }: Settings, clock: Clock, lastSeenAt: Ms | null): void {
  if (lastSeenAt !== null && Math.abs(clock.now() - lastSeenAt) < PREDECESSOR_MS) paceOf(clock, readAddress(portal.url).origin).presumePredecessor();
}
