import type { Endpoints } from './endpoints.ts';
import { needsDefinition, readHoldings, type DefinitionMemory, type Holding } from './positions.ts';

/** One complete reading of an account's positions. */
export interface Portfolio {
  readonly holdings: readonly Holding[];
  /** Instruments that are reported with a position of 0: closed, not merely absent. */
  readonly closed: ReadonlySet<number>;
  /** Definitions could not be fetched, why not; the legs that need one are unpriced until they can. */
  readonly undefinedBecause: unknown;
}

/**
 * Reads all positions of an account, with the definitions of instruments whose records are sparse.
 *
 * @throws PortalError when the positions cannot be read; missing definitions alone are no failure.
 */
export async function readPortfolio(endpoints: Endpoints, account: string, memory: DefinitionMemory, signal: AbortSignal): Promise<Portfolio> {
  const records = await endpoints.positions(account, signal);
  const unknown = records.filter((record) => needsDefinition(record) && !memory.has(record.conid)).map(({ conid }) => conid);
  let undefinedBecause: unknown;
  if (unknown.length > 0) {
    try {
      for (const definition of await endpoints.definitions(unknown, signal)) memory.set(definition.conid, definition);
    } catch (error) {
      undefinedBecause = error;
    }
  }
  const closed = new Set(records.filter(({ position }) => position === 0).map(({ conid }) => conid));
  return { holdings: readHoldings(records, memory), closed, undefinedBecause };
}
