import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../shared/fixtures/', import.meta.url));

/** Why tests that need the fixtures are skipped; false where the folder stands beside the project. */
export const skipWithoutFixtures: string | false = existsSync(folder) ? false : `no fixtures beside the project (${folder}): IBKR's document and recordings are no part of it`;

/** Parses one of the fixtures; throws where there is none. */
export function readFixture(path: string): unknown {
  return JSON.parse(readFileSync(`${folder}${path}`, 'utf8'));
}

/** The body of a recorded answer of the Client Portal Gateway. */
export function readRecording(name: string): unknown {
  return (readFixture(`cp/recordings/${name}`) as { readonly Response: { readonly Body: unknown } }).Response.Body;
}
