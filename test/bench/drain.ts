import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { systemClock } from '../../main/engine/clock.ts';
import type { DatabaseTarget, GreeksRow } from '../../main/engine/delivery/delivery.ts';
import { openDelivery } from '../../main/engine/delivery/durable-delivery.ts';
import { BATCH_ROWS } from '../../main/engine/delivery/shipment.ts';
import { startOwnServer, type OwnServer } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { copyIn } from './copy-in.ts';
import { figure, type Effort, type Part } from './figure.ts';
import { median } from './statistics.ts';

const MIN_RATIO = 0.7;
const COLUMNS = 'timestamp, contract, delta, gamma, vega, theta, underlying_price';
const UNNEST = `INSERT INTO portfolio_greeks(${COLUMNS})
  SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::float8[])`;
const READ_ALL = `SELECT (extract(epoch FROM timestamp) * 1000)::bigint::text AS t, delta FROM portfolio_greeks ORDER BY id`;

/** The ways that the same rows take into the same table, in rows per second. */
const ways = ['drain', 'unnest', 'values', 'copy'] as const;
type Way = (typeof ways)[number];

/** Rows per second from a full outbox into a real PostgreSQL, against bare statements that know neither outbox nor watermark. */
export async function measureDrain({ rounds, rows }: Effort): Promise<Part> {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-bench-'));
  const server = await startOwnServer();
  try {
    const data = Array.from({ length: rows }, (_, index) => rowAt(index));
    const backlog = join(folder, 'backlog.sqlite');
    await fillOutbox(backlog, data);
    const rates: Record<Way, number[]> = { drain: [], unnest: [], values: [], copy: [] };
    for (let round = 0; round <= rounds; round += 1) {
      // They take turns in another order each round; the first round warms up the server and the compiler.
      for (let turn = 0; turn < ways.length; turn += 1) {
        const way = ways[(turn + round) % ways.length] as Way;
        const rate = (rows * 1_000) / (await measureWay(way, server, data, { backlog, path: join(folder, `${way}-${round}.sqlite`) }));
        if (round > 0) rates[way].push(rate);
      }
    }
    return summarize(rates, rows);
  } finally {
    await server.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

function summarize(rates: Readonly<Record<Way, readonly number[]>>, rows: number): Part {
  const against = (way: Way, name: string) => {
    const ratio = median(rates.drain.map((rate, round) => rate / (rates[way][round] ?? NaN)));
    return { floor: { name, value: median(rates[way]), ratio } };
  };
  const unnest = against('unnest', 'INSERT ... unnest');
  const rate = median(rates.drain);
  const target = { target: `at least ${MIN_RATIO * 100} % of the floor`, reached: unnest.floor.ratio >= MIN_RATIO };
  return {
    title: 'Drain into PostgreSQL',
    figures: [
      figure('rate', rate, 'rows/s', { ...unnest, ...target }),
      figure('rate', rate, 'rows/s', against('values', 'INSERT ... VALUES')),
      figure('rate', rate, 'rows/s', against('copy', 'COPY')),
    ],
    remarks: [
      `${rows.toLocaleString('en-US')} rows, ${BATCH_ROWS} in a statement and transaction everywhere, over TCP, fsync and synchronous_commit on; the table and its index exist`,
      'from the first byte of the connection to the confirmation of the last row; the rows of the floors wait in memory as objects, those of the drain in the outbox file',
      'the verdict is against the multi-row INSERT with unnest, the faster of the two and the form that the product uses',
    ],
  };
}

async function fillOutbox(path: string, rows: readonly GreeksRow[]): Promise<void> {
  const delivery = openDelivery({ bufferPath: path, target: null, clock: systemClock, limits: { ballastBytes: 0 } });
  for (const row of rows) delivery.appendGreeks(row);
  await delivery.stop(0);
}

/** Milliseconds of one way in an empty database with its tables. Throws when not every row arrived. */
async function measureWay(way: Way, server: OwnServer, rows: readonly GreeksRow[], files: { readonly backlog: string; readonly path: string }): Promise<number> {
  const target = await server.createDatabase();
  await createTables(target, `${files.path}.setup`);
  await server.query('CHECKPOINT');
  const elapsedMs = way === 'drain' ? await drain(target, files) : await insert(way, target, rows);
  const stored = await server.query(READ_ALL, [], target.database);
  const wrong = rows.findIndex(({ timestamp, delta }, index) => Number(stored[index]?.['t']) !== timestamp || stored[index]?.['delta'] !== delta);
  if (stored.length !== rows.length || wrong >= 0) throw new Error(`${way}: ${stored.length} of ${rows.length} rows arrived, the first wrong one is ${wrong}`);
  await server.query(`DROP DATABASE ${target.database} WITH (FORCE)`);
  return elapsedMs;
}

/** The product creates its own tables; every way finds the same ones. */
async function createTables(target: DatabaseTarget, path: string): Promise<void> {
  const delivery = openDelivery({ bufferPath: path, target, clock: systemClock, limits: { ballastBytes: 0 } });
  delivery.start(() => undefined);
  await until(() => delivery.state().database === 'delivering', 'the tables');
  await delivery.stop(1_000);
}

async function drain(target: DatabaseTarget, { backlog, path }: { readonly backlog: string; readonly path: string }): Promise<number> {
  copyFileSync(backlog, path);
  const delivery = openDelivery({ bufferPath: path, target, clock: systemClock, limits: { ballastBytes: 0 } });
  try {
    const drained = Promise.withResolvers<number>();
    const startedAt = performance.now();
    delivery.start((event) => {
      if (event.type !== 'state') return;
      if (event.state.cause !== null) drained.reject(new Error(event.state.cause.text));
      if (event.state.waiting === 0) drained.resolve(performance.now() - startedAt);
    });
    return await drained.promise;
  } finally {
    await delivery.stop(1_000);
  }
}

async function insert(way: Exclude<Way, 'drain'>, target: DatabaseTarget, rows: readonly GreeksRow[]): Promise<number> {
  const startedAt = performance.now();
  const client = new pg.Client({ ...target });
  await client.connect();
  for (let from = 0; from < rows.length; from += BATCH_ROWS) await insertBatch(way, client, rows.slice(from, from + BATCH_ROWS));
  const elapsedMs = performance.now() - startedAt;
  await client.end();
  return elapsedMs;
}

async function insertBatch(way: Exclude<Way, 'drain'>, client: pg.Client, rows: readonly GreeksRow[]): Promise<void> {
  if (way === 'copy') return copyIn(client, `COPY portfolio_greeks(${COLUMNS}) FROM STDIN`, rows.map((row) => `${cellsOf(row).join('\t')}\n`).join(''));
  if (way === 'values') {
    const width = 7;
    const tuples = rows.map((_, index) => `(${Array.from({ length: width }, (__, column) => `$${index * width + column + 1}`).join(',')})`);
    await client.query(`INSERT INTO portfolio_greeks(${COLUMNS}) VALUES ${tuples.join(',')}`, rows.flatMap(cellsOf));
    return;
  }
  const cells = rows.map(cellsOf);
  await client.query(UNNEST, [0, 1, 2, 3, 4, 5, 6].map((column) => cells.map((row) => row[column])));
}

function cellsOf({ timestamp, contract, delta, gamma, vega, theta, underlyingPrice }: GreeksRow): readonly (string | number | null)[] {
  return [new Date(timestamp).toISOString(), contract, delta, gamma, vega, theta, underlyingPrice];
}

/** Numbers with all their digits, as sums of a real book have them. */
function rowAt(index: number): GreeksRow {
  const timestamp = Date.UTC(2026, 0, 5, 15) + index * 5_000;
  const wave = Math.sin(index / 100);
  return { timestamp, contract: 'PORTFOLIO', delta: 1_234 * wave + index / 7, gamma: 12.3 * wave, vega: 23_456.7 * wave, theta: -3_456.7 * wave, underlyingPrice: 6_000 + wave };
}
