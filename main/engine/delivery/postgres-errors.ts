import type { Cause } from '../state.ts';
import { ConfigurationError } from './configuration-error.ts';
import type { DatabaseTarget } from './delivery.ts';
import { OutboxUnreadableError } from './outbox-storage.ts';
import { grantStatements, SCHEMA_DDL } from './postgres-schema.ts';

/**
 * What a failure asks for: `transient` heals by itself, `configuration` needs a person, `data` is one row's fault.
 * delivery.md 2.7.
 */
export interface Failure {
  readonly kind: 'transient' | 'configuration' | 'data';
  /** SQLSTATE, or the system's code (ECONNREFUSED), or empty. */
  readonly code: string;
  readonly cause: Cause;
}

const DATA = /^(22|23)/;
const CONFIGURATION = /^(28|3D000|3F000|42P01|42703|42501)/;

/** SQLSTATE of an error that one row's content caused, else null. */
export function dataErrorCode(error: unknown): string | null {
  const code = codeOf(error);
  return DATA.test(code) ? code : null;
}

/** Sorts any error of the delivery path; never throws. The text never carries the password. */
export function classifyError(error: unknown, target: DatabaseTarget): Failure {
  if (error instanceof ConfigurationError)
    return { kind: 'configuration', code: error.code, cause: { code: error.code, text: error.message, action: error.action } };
  if (error instanceof OutboxUnreadableError)
    return { kind: 'transient', code: '', cause: { code: 'outbox-unreadable', text: error.message, action: 'check the disk' } };
  const code = codeOf(error);
  if (DATA.test(code)) return { kind: 'data', code, cause: { code: `database-${code}`, text: messageOf(error) } };
  if (CONFIGURATION.test(code)) return { kind: 'configuration', code, cause: configurationCause(code, error, target) };
  return { kind: 'transient', code, cause: transientCause(code, error, target) };
}

function codeOf(error: unknown): string {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (typeof code === 'string') return code;
  // Several addresses were tried ("localhost" as ::1 and 127.0.0.1): the last one's code stands for all.
  return error instanceof AggregateError ? codeOf(error.errors.at(-1)) : '';
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return messageOf(error.errors.at(-1));
  return error instanceof Error ? error.message : String(error);
}

function configurationCause(code: string, error: unknown, target: DatabaseTarget): Cause {
  const text = messageOf(error);
  const role = quoteIdentifier(target.user);
  if (code.startsWith('28'))
    return { code: 'database-login', text: `the database refused the login of ${target.user}: ${text}`, action: 'check DB_USER and DB_PASS' };
  if (code === '3D000')
    return {
      code: 'database-missing',
      text: `the database ${target.database} does not exist`,
      action: `run as a database administrator: CREATE DATABASE ${quoteIdentifier(target.database)} OWNER ${role};`,
    };
  if (code === '42501')
    return { code: 'database-rights', text, action: `run as the tables' owner or an administrator:\n${rightsDdl(text, role, target)}` };
  if (code === '3F000')
    return { code: 'database-schema', text, action: `run as a database administrator:\nCREATE SCHEMA AUTHORIZATION ${role};` };
  return { code: 'database-schema', text, action: `the tables must be as these statements make them:\n${SCHEMA_DDL}` };
}

/** The statements that give `role` what the refused statement needed. */
function rightsDdl(message: string, role: string, target: DatabaseTarget): string {
  if (/for schema/.test(message)) return `${SCHEMA_DDL}\n${grantStatements(role)}`;
  if (/for database/.test(message)) return `GRANT CONNECT ON DATABASE ${quoteIdentifier(target.database)} TO ${role};`;
  return grantStatements(role);
}

const NETWORK_TEXT: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name cannot be looked up now',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'no answer',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was reset',
};

function transientCause(code: string, error: unknown, target: DatabaseTarget): Cause {
  const where = `the database at ${target.host}:${target.port}`;
  const network = NETWORK_TEXT[code];
  if (network !== undefined) return { code: `database-${code.toLowerCase()}`, text: `${where} cannot be reached: ${network}` };
  if (code === '25006') return { code: 'database-read-only', text: `${where} is read-only (a standby server?)` };
  if (code === '53100') return { code: 'database-disk-full', text: `${where} has no disk space left` };
  if (code === '53300') return { code: 'database-connections', text: `${where} takes no more connections` };
  const suffix = code === '' ? '' : ` (${code})`;
  return { code: code === '' ? 'database-failed' : `database-${code.toLowerCase()}`, text: `${where} failed: ${messageOf(error)}${suffix}` };
}

/** As PostgreSQL's quote_ident, always with quotes. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
