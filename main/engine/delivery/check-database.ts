import { performance } from 'node:perf_hooks';
import type { Finding } from '../gateway/gateway.ts';
import type { CheckDatabase, DatabaseTarget } from './delivery.ts';
import { ConfigurationError } from './configuration-error.ts';
import { classifyError, quoteIdentifier } from './postgres-errors.ts';
import { checkColumns, grantStatements, presentRelations, SCHEMA_DDL, TABLES } from './postgres-schema.ts';
import { PostgresConnection } from './postgres.ts';

const CLOCK_TOLERANCE_MS = 2_000;
/** The delivery statement and `CREATE INDEX IF NOT EXISTS` in bootstrap work from here on. */
const OLDEST_VERSION = 120_000;

/** Tries the database without writing to it: reachable, login, version, clock, tables, rights. Never throws. */
export const checkDatabase: CheckDatabase = async (target, deadlineMs) => {
  const findings: Finding[] = [];
  const deadline = AbortSignal.timeout(Math.max(1, Math.ceil(deadlineMs)));
  let connection: PostgresConnection | undefined;
  const drop = (): void => connection?.destroy();
  deadline.addEventListener('abort', drop, { once: true });
  try {
    connection = await PostgresConnection.connect(target, { applicationName: 'ibkr-bridge/check', signal: deadline, onLost: () => undefined });
    findings.push({ subject: 'database', ok: true, detail: `${target.user} is logged in to ${target.database} at ${target.host}:${target.port}` });
    findings.push(await checkServer(connection), await checkClock(connection));
    findings.push(...(await checkTables(connection, target)));
    await connection.end();
  } catch (error) {
    findings.push(finding('database', deadline.aborted ? new Error(`no answer within ${deadlineMs / 1000} s`) : error, target));
  } finally {
    deadline.removeEventListener('abort', drop);
    connection?.destroy();
  }
  return findings;
};

function finding(subject: string, error: unknown, target: DatabaseTarget): Finding {
  const { cause } = classifyError(error, target);
  return { subject, ok: false, detail: cause.text, ...(cause.action !== undefined && { action: cause.action }) };
}

async function checkServer(connection: PostgresConnection): Promise<Finding> {
  const [row] = await connection.query(
    `SELECT current_setting('server_version') AS name, current_setting('server_version_num')::int AS number, pg_is_in_recovery() AS standby`,
  );
  const detail = `PostgreSQL ${String(row?.['name'])}`;
  if (row?.['standby'] === true)
    return { subject: 'server', ok: false, detail: `${detail}, a read-only standby`, action: 'set DB_HOST to the primary server' };
  if (Number(row?.['number']) < OLDEST_VERSION) return { subject: 'server', ok: false, detail, action: 'PostgreSQL 12 or newer is needed' };
  return { subject: 'server', ok: true, detail };
}

async function checkClock(connection: PostgresConnection): Promise<Finding> {
  const startedAt = performance.now();
  const [row] = await connection.query('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms');
  const halfTrip = (performance.now() - startedAt) / 2;
  const difference = Math.round(Number(row?.['ms']) - (Date.now() - halfTrip));
  const ok = Math.abs(difference) <= CLOCK_TOLERANCE_MS;
  const direction = difference < 0 ? 'behind' : 'ahead of';
  const detail = ok ? 'agrees with ours' : `is ${(Math.abs(difference) / 1000).toFixed(1)} s ${direction} ours`;
  return { subject: 'server clock', ok, detail, ...(!ok && { action: 'rows carry our time: set the clock of this machine by a time server' }) };
}

async function checkTables(connection: PostgresConnection, target: DatabaseTarget): Promise<Finding[]> {
  const present = await presentRelations(connection);
  const existing = TABLES.filter(({ name }) => present.has(name));
  const missing = TABLES.filter(({ name }) => !present.has(name)).map(({ name }) => name);
  const findings: Finding[] = [];
  if (missing.length > 0) findings.push(await checkCreation(connection, missing, target));
  for (const table of existing) findings.push(await checkTable(connection, table.name, target));
  return findings;
}

async function checkCreation(connection: PostgresConnection, missing: readonly string[], target: DatabaseTarget): Promise<Finding> {
  const [row] = await connection.query(`SELECT current_schema() AS name, has_schema_privilege(current_schema(), 'CREATE') AS allowed`);
  const names = missing.join(', ');
  if (row?.['allowed'] === true) return { subject: 'tables', ok: true, detail: `${names} will be created in schema ${String(row['name'])}` };
  const ddl = `${SCHEMA_DDL}\n${grantStatements(quoteIdentifier(target.user))}`;
  return { subject: 'tables', ok: false, detail: `${names} are missing and ${target.user} may not create them`, action: `run as an administrator:\n${ddl}` };
}

const NEEDED_RIGHTS: Readonly<Record<string, readonly string[]>> = { bridge_outbox_watermark: ['SELECT', 'INSERT', 'UPDATE'] };

async function checkTable(connection: PostgresConnection, table: string, target: DatabaseTarget): Promise<Finding> {
  try {
    await checkColumns(connection, TABLES.filter(({ name }) => name === table));
  } catch (error) {
    if (error instanceof ConfigurationError) return finding(`table ${table}`, error, target);
    throw error;
  }
  const needed = NEEDED_RIGHTS[table] ?? ['INSERT'];
  // CASE, because the planner may test the right before it tests that the relation is a sequence, and that is an error (42809).
  const rows = await connection.query(
    `SELECT r AS missing FROM unnest($2::text[]) AS r WHERE NOT has_any_column_privilege($1::text::regclass::oid, r)
     UNION ALL SELECT 'USAGE ON SEQUENCE ' || s.relname FROM pg_class s JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass
     WHERE d.refobjid = $1::text::regclass AND CASE WHEN s.relkind = 'S' THEN NOT has_sequence_privilege(s.oid, 'USAGE') ELSE false END`,
    [table, needed],
  );
  if (rows.length === 0) return { subject: `table ${table}`, ok: true, detail: 'columns and rights are as needed' };
  const missing = rows.map((row) => String(row['missing'])).join(', ');
  const action = `run as the table's owner:\n${grantStatements(quoteIdentifier(target.user))}`;
  return { subject: `table ${table}`, ok: false, detail: `${target.user} lacks ${missing}`, action };
}
