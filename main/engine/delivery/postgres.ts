import pg from 'pg';
import type { Socket } from 'node:net';
import type { DatabaseTarget } from './delivery.ts';

/** A statement's rows, as objects by column name; bigint columns arrive as text. */
export type ResultRows = readonly Readonly<Record<string, unknown>>[];

export interface PostgresOptions {
  readonly applicationName: string;
  readonly signal?: AbortSignal;
  /** Called at most once, when the connection breaks while no statement is under way. */
  readonly onLost?: (error: unknown) => void;
  /** Connect and query timeout; 5 s each by default. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 5_000;

// Sent after connecting and not as start-up parameters, which a pooler (pgbouncer) refuses. synchronous_commit: a role or a
// database may have switched it off, and then a crash of the server takes back rows that it had confirmed.
const SETTINGS = [
  'SET synchronous_commit = on',
  `SET statement_timeout = ${TIMEOUT_MS}`,
  'SET lock_timeout = 4000',
  'SET idle_in_transaction_session_timeout = 10000',
  'SET tcp_keepalives_idle = 10',
  'SET tcp_keepalives_interval = 5',
  'SET tcp_keepalives_count = 3',
  'SET tcp_user_timeout = 15000',
  'SET client_connection_check_interval = 2000',
];

/** One dedicated connection; any error that is not the server's verdict on a statement makes it unusable. */
export class PostgresConnection {
  readonly #client: pg.Client;
  #destroyed = false;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  /** Rejects after at most `timeoutMs` or when `signal` is aborted. */
  static async connect(target: DatabaseTarget, options: PostgresOptions): Promise<PostgresConnection> {
    const connection = new PostgresConnection(newClient(target, options));
    const abort = (): void => connection.destroy();
    options.signal?.addEventListener('abort', abort, { once: true });
    try {
      options.signal?.throwIfAborted();
      connection.#listen(options.onLost);
      await connection.#client.connect();
      await connection.#applySettings();
      return connection;
    } catch (error) {
      connection.destroy();
      throw error;
    } finally {
      options.signal?.removeEventListener('abort', abort);
    }
  }

  /** `onSent` is called once the statement's bytes are handed to the socket. */
  async query(text: string, values: readonly unknown[] = [], onSent?: () => void): Promise<ResultRows> {
    const answer = this.#client.query(text, [...values]);
    onSent?.();
    return (await answer).rows as ResultRows;
  }

  /** Drops the socket. Never `end()` or ROLLBACK on an error: on a half-open link they wait for ever (delivery.md 1.2). */
  destroy(): void {
    this.#destroyed = true;
    streamOf(this.#client).destroy();
  }

  async end(): Promise<void> {
    this.#destroyed = true;
    const polite = this.#client.end().catch(() => undefined);
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), 1_000);
    await Promise.race([polite, new Promise((resolve) => limit.signal.addEventListener('abort', resolve))]);
    clearTimeout(timer);
    streamOf(this.#client).destroy();
  }

  #listen(onLost: ((error: unknown) => void) | undefined): void {
    const lost = (error: unknown): void => {
      if (this.#destroyed) return;
      this.destroy();
      onLost?.(error);
    };
    // Without a listener an idle connection that the server ends takes the whole process down.
    this.#client.on('error', lost);
    this.#client.on('end', () => lost(new Error('the database closed the connection')));
  }

  async #applySettings(): Promise<void> {
    try {
      await this.#client.query(SETTINGS.join('; '));
    } catch (error) {
      if (!isServerError(error)) throw error;
      // An old version or a platform without one of them (tcp_user_timeout on macOS) refuses the whole list: take what it knows.
      for (const setting of SETTINGS) await this.#client.query(setting).catch(ignoreServerError);
    }
  }
}

function newClient(target: DatabaseTarget, options: PostgresOptions): pg.Client {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  return new pg.Client({
    host: target.host,
    port: target.port,
    database: target.database,
    user: target.user,
    // As a function: an undefined password would make pg look for PGPASSWORD and ~/.pgpass behind the user's back.
    password: () => target.password ?? '',
    application_name: options.applicationName,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
}

function streamOf(client: pg.Client): Socket {
  return (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream;
}

/** True when the server itself answered with an error: it has a SQLSTATE, and the outcome is known. */
export function isServerError(error: unknown): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError && typeof error.code === 'string';
}

function ignoreServerError(error: unknown): void {
  if (!isServerError(error)) throw error;
}
