import { systemClock } from '../engine/clock.ts';
import { checkDatabase } from '../engine/delivery/check-database.ts';
import type { Finding } from '../engine/gateway/gateway.ts';
import { openGateway } from '../engine/gateway/open-gateway.ts';
import type { LoadedSettings } from '../engine/settings/load-settings.ts';
import type { Settings } from '../engine/settings/settings.ts';
import { allWell, tabulateFindings } from './findings.ts';

const deadlineMs = 30_000;

/** `--check`: tries gateway and database, prints what was found; 0 when all is well, else 1. */
export async function runCheck({ settings }: LoadedSettings): Promise<number> {
  const findings = (await Promise.all([findGateway(settings), findDatabase(settings)])).flat();
  console.log(tabulateFindings(findings));
  return allWell(findings) ? 0 : 1;
}

async function findGateway(settings: Settings): Promise<readonly Finding[]> {
  try {
    return await openGateway(settings, systemClock).check(deadlineMs);
  } catch (error) {
    return [{ subject: 'gateway', ok: false, detail: error instanceof Error ? error.message : String(error) }];
  }
}

function findDatabase({ database }: Settings): Promise<readonly Finding[]> {
  if (database !== null) return checkDatabase(database, deadlineMs);
  const detail = 'none is set: rows are kept locally and delivered once DB_HOST is set';
  return Promise.resolve([{ subject: 'database', ok: true, detail }]);
}
