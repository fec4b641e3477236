import type { Batch, BatchResult, ConnectDatabase, ConnectOptions, DatabaseSession, Watermarks } from './database-session.ts';
import type { GreeksRow, LogRow } from './delivery.ts';
import { ensureSchema } from './postgres-schema.ts';
import { PostgresConnection } from './postgres.ts';
import { numberText } from './record.ts';

/** Epoch of the row that carries the database's identity. */
const SINK_EPOCH = '00'.repeat(16);

// One statement is one round trip and one transaction: a frozen backend that runs it late finds seq changed and inserts nothing.
// BEGIN ... COMMIT would leave a window in which such a backend holds the row lock for hours (delivery.md 2.3).
const DELIVER = `
  WITH w AS (UPDATE bridge_outbox_watermark SET seq=$2, updated_at=now() WHERE epoch=decode($1,'hex') AND seq=$3 RETURNING 1),
   g AS (INSERT INTO portfolio_greeks(timestamp,contract,delta,gamma,vega,theta,underlying_price)
         SELECT t.ts,t.a,t.b,t.c,t.d,t.e,t.f
         FROM w, unnest($4::timestamptz[],$5::text[],$6::float8[],$7::float8[],$8::float8[],$9::float8[],$10::float8[])
              WITH ORDINALITY AS t(ts,a,b,c,d,e,f,o) ORDER BY t.o RETURNING 1),
   l AS (INSERT INTO api_logs(timestamp,api_mode,message,status)
         SELECT t.ts,t.a,t.b,t.c FROM w, unnest($11::timestamptz[],$12::text[],$13::text[],$14::text[])
              WITH ORDINALITY AS t(ts,a,b,c,o) ORDER BY t.o RETURNING 1)
  SELECT (SELECT count(*) FROM w)::int w, (SELECT count(*) FROM g)::int g, (SELECT count(*) FROM l)::int l`;

/** Connects to PostgreSQL, creates what is missing there, and is ready for a reconcile. */
export const connectPostgres: ConnectDatabase = async (target, options) => {
  const { applicationName, signal, onLost } = options;
  const connection = await PostgresConnection.connect(target, { applicationName, signal, onLost });
  const abort = (): void => connection.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await ensureSchema(connection, options.onNotice);
    await lookForAnotherBridge(connection, options.applicationName, options.onNotice);
    return new PostgresSession(connection);
  } catch (error) {
    connection.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
};

/** Two bridges on one database are delivered exactly once each, but the trader gets two rows a tick: worth a word, no more. */
async function lookForAnotherBridge(connection: PostgresConnection, ownName: string, onNotice: ConnectOptions['onNotice']): Promise<void> {
  const [other] = await connection.query(
    `SELECT coalesce(host(client_addr), 'this server') AS address FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE 'ibkr-bridge/%' AND application_name NOT IN ($1, 'ibkr-bridge/check')
     ORDER BY backend_start LIMIT 1`,
    [ownName],
  );
  if (other !== undefined) onNotice(`another bridge is connected to this database, from ${String(other['address'])}: both write rows`, 'another-bridge');
}

class PostgresSession implements DatabaseSession {
  readonly #connection: PostgresConnection;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  async readWatermarks(epochs: readonly string[], proposedSink: number): Promise<Watermarks> {
    let rows = await this.#selectWatermarks(epochs);
    if (!rows.has(SINK_EPOCH)) {
      await this.insertWatermarks([{ epoch: SINK_EPOCH, settled: proposedSink }]);
      rows = await this.#selectWatermarks(epochs);
    }
    const sink = rows.get(SINK_EPOCH);
    if (sink === undefined) throw new Error('bridge_outbox_watermark does not keep the row that identifies the database');
    rows.delete(SINK_EPOCH);
    return { sink, settled: rows };
  }

  async #selectWatermarks(epochs: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.#connection.query(
      `SELECT encode(epoch, 'hex') AS epoch, seq FROM bridge_outbox_watermark
       WHERE epoch = ANY(SELECT decode(e, 'hex') FROM unnest($1::text[]) AS e)`,
      [[SINK_EPOCH, ...epochs]],
    );
    return new Map(rows.map(({ epoch, seq }) => [String(epoch), Number(seq)]));
  }

  async insertWatermarks(entries: readonly { readonly epoch: string; readonly settled: number }[]): Promise<void> {
    await this.#connection.query(
      `INSERT INTO bridge_outbox_watermark(epoch, seq)
       SELECT decode(e, 'hex'), s FROM unnest($1::text[], $2::bigint[]) AS t(e, s) ON CONFLICT (epoch) DO NOTHING`,
      [entries.map(({ epoch }) => epoch), entries.map(({ settled }) => settled)],
    );
  }

  async deliver(batch: Batch, onSent?: () => void): Promise<BatchResult> {
    const greeks = batch.rows.flatMap(({ entry }) => (entry.kind === 'greeks' ? entry.row : []));
    const logs = batch.rows.flatMap(({ entry }) => (entry.kind === 'log' ? entry.row : []));
    const through = batch.expected + batch.rows.length;
    const values = [batch.epoch, through, batch.expected, ...greeksColumns(greeks), ...logColumns(logs)];
    const [answer] = await this.#connection.query(DELIVER, values, onSent);
    return { moved: answer?.['w'] === 1, greeks: Number(answer?.['g']), logs: Number(answer?.['l']) };
  }

  async advance(epoch: string, expected: number, through: number): Promise<boolean> {
    const rows = await this.#connection.query(
      `UPDATE bridge_outbox_watermark SET seq = $2, updated_at = now() WHERE epoch = decode($1, 'hex') AND seq = $3 RETURNING 1`,
      [epoch, through, expected],
    );
    return rows.length === 1;
  }

  async forget(epochs: readonly string[]): Promise<void> {
    await this.#connection.query(
      `DELETE FROM bridge_outbox_watermark WHERE epoch = ANY(SELECT decode(e, 'hex') FROM unnest($1::text[]) AS e)`,
      [epochs],
    );
  }

  destroy(): void {
    this.#connection.destroy();
  }

  end(): Promise<void> {
    return this.#connection.end();
  }
}

function greeksColumns(rows: readonly GreeksRow[]): unknown[] {
  return [
    instants(rows),
    rows.map(({ contract }) => contract),
    doubles(rows, ({ delta }) => delta),
    doubles(rows, ({ gamma }) => gamma),
    doubles(rows, ({ vega }) => vega),
    doubles(rows, ({ theta }) => theta),
    doubles(rows, ({ underlyingPrice }) => underlyingPrice),
  ];
}

function logColumns(rows: readonly LogRow[]): unknown[] {
  return [instants(rows), rows.map(({ apiMode }) => apiMode), rows.map(({ message }) => message), rows.map(({ status }) => status)];
}

// Columns whose values need no quotes are written as PostgreSQL's array text here: the driver looks at each element with two
// regular expressions, a tenth of a drain's work.

/** Timestamps travel as ISO 8601 text in UTC: no Date object through the driver, no session time zone. */
function instants(rows: readonly { readonly timestamp: number }[]): string {
  return `{${rows.map(({ timestamp }) => new Date(timestamp).toISOString()).join(',')}}`;
}

function doubles(rows: readonly GreeksRow[], pick: (row: GreeksRow) => number | null): string {
  const texts = rows.map((row) => {
    const value = pick(row);
    return value === null ? 'NULL' : numberText(value);
  });
  return `{${texts.join(',')}}`;
}
