import { systemClock } from '../engine/clock.ts';
import { openGateway } from '../engine/gateway/open-gateway.ts';
import type { LoadedSettings } from '../engine/settings/load-settings.ts';
import { findDatabase, findGateway } from '../service/check-connection.ts';
import { allWell, tabulateFindings } from './findings.ts';

/** `--check`: tries gateway and database, prints what was found; 0 when all is well, else 1. */
export async function runCheck({ settings }: LoadedSettings): Promise<number> {
  const findings = (await Promise.all([findGateway(settings, (each) => openGateway(each, systemClock), false), findDatabase(settings)])).flat();
  console.log(tabulateFindings(findings));
  return allWell(findings) ? 0 : 1;
}
