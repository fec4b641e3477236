import { ConfigurationError } from './configuration-error.ts';
import { isServerError, type PostgresConnection } from './postgres.ts';

export interface Table {
  readonly name: string;
  readonly ddl: string;
  /** Columns that we write, with the types that hold our values unchanged; the first is what we would create. */
  readonly columns: Readonly<Record<string, readonly string[]>>;
  readonly index?: { readonly name: string; readonly ddl: string };
}

const INSTANT = ['timestamp with time zone'];
const TEXT = ['text', 'character varying'];
// `real` would round, an integer cut: only these hold a double unchanged.
const DOUBLE = ['double precision', 'numeric'];

export const TABLES: readonly Table[] = [
  {
    name: 'portfolio_greeks',
    ddl: `CREATE TABLE IF NOT EXISTS portfolio_greeks (
  id bigserial PRIMARY KEY,
  timestamp timestamptz NOT NULL DEFAULT now(),
  contract text NOT NULL DEFAULT 'PORTFOLIO',
  delta double precision,
  gamma double precision,
  vega double precision,
  theta double precision,
  underlying_price double precision
);`,
    columns: { timestamp: INSTANT, contract: TEXT, delta: DOUBLE, gamma: DOUBLE, vega: DOUBLE, theta: DOUBLE, underlying_price: DOUBLE },
    index: {
      name: 'idx_portfolio_greeks_ts',
      ddl: 'CREATE INDEX IF NOT EXISTS idx_portfolio_greeks_ts ON portfolio_greeks (timestamp DESC);',
    },
  },
  {
    name: 'api_logs',
    ddl: `CREATE TABLE IF NOT EXISTS api_logs (
  id bigserial PRIMARY KEY,
  timestamp timestamptz NOT NULL DEFAULT now(),
  api_mode text NOT NULL,
  message text NOT NULL,
  status text NOT NULL
);`,
    columns: { timestamp: INSTANT, api_mode: TEXT, message: TEXT, status: TEXT },
    index: { name: 'idx_api_logs_ts', ddl: 'CREATE INDEX IF NOT EXISTS idx_api_logs_ts ON api_logs (timestamp DESC);' },
  },
  {
    name: 'bridge_outbox_watermark',
    ddl: `CREATE TABLE IF NOT EXISTS bridge_outbox_watermark (
  epoch bytea PRIMARY KEY,
  seq bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);`,
    columns: { epoch: ['bytea'], seq: ['bigint'], updated_at: INSTANT },
  },
];

/** Everything that the bridge creates, for a person who has to run it. */
export const SCHEMA_DDL = TABLES.flatMap(({ ddl, index }) => [ddl, ...(index === undefined ? [] : [index.ddl])]).join('\n');

/** What the bridge's role needs where it does not own the tables. `role` is quoted already. */
export function grantStatements(role: string): string {
  return `GRANT USAGE ON SCHEMA public TO ${role};
GRANT INSERT ON portfolio_greeks, api_logs TO ${role};
GRANT USAGE ON SEQUENCE portfolio_greeks_id_seq, api_logs_id_seq TO ${role};
GRANT SELECT, INSERT, UPDATE, DELETE ON bridge_outbox_watermark TO ${role};`;
}

/**
 * Creates what is missing and checks what exists; touches no other table, takes no lock where everything is there.
 *
 * Existing tables may have more columns than ours. Throws ConfigurationError with the statement to run where a column is
 * missing, would change our values, or must be filled by us although we do not know it; the server's 42501 where we may not create.
 */
export async function ensureSchema(connection: PostgresConnection, onNotice: (message: string, foldKey: string) => void): Promise<void> {
  const present = await presentRelations(connection);
  for (const table of TABLES) {
    if (present.has(table.name)) continue;
    await createTable(connection, table);
  }
  for (const { index } of TABLES) {
    if (index === undefined || present.has(index.name)) continue;
    await createIndex(connection, index, onNotice);
  }
  const existing = TABLES.filter(({ name }) => present.has(name));
  if (existing.length > 0) await checkColumns(connection, existing);
}

/** Names of ours that this connection's search path finds. */
export async function presentRelations(connection: PostgresConnection): Promise<ReadonlySet<string>> {
  const names = TABLES.flatMap(({ name, index }) => (index === undefined ? [name] : [name, index.name]));
  const rows = await connection.query('SELECT n FROM unnest($1::text[]) AS n WHERE to_regclass(n) IS NOT NULL', [names]);
  return new Set(rows.map(({ n }) => String(n)));
}

async function createTable(connection: PostgresConnection, table: Table): Promise<void> {
  try {
    await connection.query(table.ddl);
  } catch (error) {
    // IF NOT EXISTS is no protection against a second bridge that creates the same table at the same moment: depending on how
    // far it was the server answers 23505, 42P07 or 42710. Whatever it says, what counts is that the table is there.
    if (!isServerError(error) || !(await presentRelations(connection)).has(table.name)) throw error;
  }
}

/** An index only makes the trader's queries faster: where it cannot be made (not our table, too large for our timeout), that is told. */
async function createIndex(
  connection: PostgresConnection,
  index: { readonly name: string; readonly ddl: string },
  onNotice: (message: string, foldKey: string) => void,
): Promise<void> {
  try {
    await connection.query(index.ddl);
  } catch (error) {
    if (!isServerError(error)) throw error;
    if ((await presentRelations(connection)).has(index.name)) return;
    onNotice(`the index ${index.name} could not be created (${error.message}); to create it, run: ${index.ddl}`, `index-${index.name}`);
  }
}

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly mustBeFilled: boolean;
}

/** Throws ConfigurationError with the statements that mend the tables. */
export async function checkColumns(connection: PostgresConnection, tables: readonly Table[]): Promise<void> {
  const rows = await connection.query(
    `SELECT t.n AS "table", a.attname AS name, format_type(a.atttypid, NULL) AS type,
            (a.attnotnull AND NOT a.atthasdef AND a.attidentity = '') AS must
     FROM unnest($1::text[]) AS t(n) JOIN pg_attribute a ON a.attrelid = to_regclass(t.n) AND a.attnum > 0 AND NOT a.attisdropped`,
    [tables.map(({ name }) => name)],
  );
  const columns = rows.map((row): Column => {
    return { table: String(row['table']), name: String(row['name']), type: String(row['type']), mustBeFilled: row['must'] === true };
  });
  const repairs = tables.flatMap((table) => repairsOf(table, columns.filter((column) => column.table === table.name)));
  if (repairs.length === 0) return;
  const problems = repairs.map(({ problem }) => problem).join('; ');
  throw new ConfigurationError('database-schema', problems, `run as the tables' owner:\n${repairs.map(({ ddl }) => ddl).join('\n')}`);
}

function repairsOf(table: Table, columns: readonly Column[]): { problem: string; ddl: string }[] {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const ours = Object.entries(table.columns).flatMap(([name, types]) => {
    const type = byName.get(name)?.type;
    if (type === undefined)
      return { problem: `${table.name} has no column ${name}`, ddl: `ALTER TABLE ${table.name} ADD COLUMN ${name} ${types[0]};` };
    if (types.includes(type)) return [];
    const problem = `${table.name}.${name} is ${type} and would change the values`;
    return { problem, ddl: `ALTER TABLE ${table.name} ALTER COLUMN ${name} TYPE ${types[0]};` };
  });
  const foreign = columns
    .filter(({ name, mustBeFilled }) => mustBeFilled && !(name in table.columns))
    .map(({ name }) => ({
      problem: `${table.name}.${name} must be filled and has no default`,
      ddl: `ALTER TABLE ${table.name} ALTER COLUMN "${name.replaceAll('"', '""')}" DROP NOT NULL;`,
    }));
  return [...ours, ...foreign];
}
