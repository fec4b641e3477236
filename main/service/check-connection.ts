import type { Ms } from '../engine/clock.ts';
import { checkDatabase } from '../engine/delivery/check-database.ts';
import type { Finding, Gateway } from '../engine/gateway/gateway.ts';
import type { Settings } from '../engine/settings/settings.ts';

/** How long a check of either side may take in all. */
export const checkDeadlineMs: Ms = 30_000;

/**
 * Tries the gateway that the settings describe with one short session beside the running one; never rejects.
 *
 * @param ownSessionRuns this very program holds a session under the same identity.
 */
export async function findGateway(settings: Settings, openGateway: (settings: Settings) => Gateway, ownSessionRuns: boolean): Promise<readonly Finding[]> {
  try {
    return await openGateway(settings).check(checkDeadlineMs, ownSessionRuns);
  } catch (error) {
    return [{ subject: 'Gateway', ok: false, detail: error instanceof Error ? error.message : String(error) }];
  }
}

/** Tries the database that the settings describe; never rejects, writes nothing. */
export function findDatabase({ database }: Settings): Promise<readonly Finding[]> {
  if (database !== null) return checkDatabase(database, checkDeadlineMs);
  const detail = 'none is set: rows are kept locally and delivered once DB_HOST is set';
  return Promise.resolve([{ subject: 'Database', ok: true, detail }]);
}

/** Whether two settings mean the same identity at the same gateway, so that a session of the one occupies that of the other. */
export function sameIdentity(one: Settings, other: Settings): boolean {
  if (one.apiMode !== other.apiMode) return false;
  // One gateway has many addresses (localhost, 127.0.0.1, a name), and a check that takes it for another one ends a stream of ours.
  if (one.apiMode === 'PORTAL') return true;
  return sameHost(one.socket.host, other.socket.host) && one.socket.port === other.socket.port && one.socket.clientId === other.socket.clientId;
}

const loopbackNames: readonly string[] = ['localhost', '127.0.0.1', '::1'];

function sameHost(one: string, other: string): boolean {
  const [first, second] = [one.toLowerCase(), other.toLowerCase()];
  return first === second || (loopbackNames.includes(first) && loopbackNames.includes(second));
}
