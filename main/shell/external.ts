import type { Shell } from 'electron';
import { assertNever } from '../engine/assert-never.ts';
import type { Result } from '../../preload/contract.ts';
import type { ExternalAddress } from '../service/host-port.ts';

/** macOS: System Settings, General, Login Items. */
const loginItemsUrl = 'x-apple.systempreferences:com.apple.LoginItems-Settings.extension';

/** Opens one of the fixed list of addresses in the browser or in System Settings; what cannot be opened is told in words. */
export async function openExternalAddress(shell: Pick<Shell, 'openExternal'>, address: ExternalAddress, platform: NodeJS.Platform): Promise<Result<null>> {
  const url = urlOf(address, platform);
  if (url === undefined) return { ok: false, message: `there is nothing to open for ${address.kind} on this system` };
  try {
    await shell.openExternal(url);
    return { ok: true, value: null };
  } catch (error) {
    return { ok: false, message: `${url} could not be opened: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function urlOf(address: ExternalAddress, platform: NodeJS.Platform): string | undefined {
  switch (address.kind) {
    case 'portal-login':
      // From the settings in force, which allow nothing else; checked again, because openExternal starts whatever serves a scheme.
      return address.url.startsWith('https://') ? address.url : undefined;
    case 'login-items':
      return platform === 'darwin' ? loginItemsUrl : undefined;
    default:
      return assertNever(address);
  }
}
