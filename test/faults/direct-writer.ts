/**
 * The control: the design that this product does not have. Rows go straight to PostgreSQL while it works, into a file while it does
 * not, and from there again later; the harness must find what that loses. Arguments as those of killed-writer.ts.
 */
import { appendFileSync, existsSync, readFileSync, rmSync, writeSync } from 'node:fs';
import pg from 'pg';
import type { DatabaseTarget } from '../../main/engine/delivery/delivery.ts';
import { greeks } from '../engine/delivery/rows.ts';
import { OracleWriter, readOracle } from '../support/oracle.ts';

const [path = '', oraclePath = '', targetText = '', tickMs = '5', rows = '0'] = process.argv.slice(2);
const target = JSON.parse(targetText) as DatabaseTarget;
const oracle = new OracleWriter(oraclePath);
let next = readOracle(oraclePath).next;
const end = Number(rows) === 0 ? Infinity : next + Number(rows);
let client: pg.Client | undefined;
let chain = Promise.resolve();

async function connected(): Promise<pg.Client> {
  if (client !== undefined) return client;
  const fresh = new pg.Client({ ...target, password: target.password ?? '', connectionTimeoutMillis: 500, query_timeout: 500 });
  fresh.on('error', () => (client = undefined));
  await fresh.connect();
  await fresh.query(`CREATE TABLE IF NOT EXISTS portfolio_greeks(id bigserial PRIMARY KEY, timestamp timestamptz NOT NULL DEFAULT now(), contract text NOT NULL DEFAULT 'PORTFOLIO',
    delta double precision, gamma double precision, vega double precision, theta double precision, underlying_price double precision)`);
  client = fresh;
  return fresh;
}

async function insert(n: number): Promise<void> {
  const { timestamp, contract, delta, gamma, vega, theta, underlyingPrice } = greeks(n);
  const values = [new Date(timestamp), contract, delta, gamma, vega, theta, underlyingPrice];
  const sql = 'INSERT INTO portfolio_greeks(timestamp, contract, delta, gamma, vega, theta, underlying_price) VALUES ($1, $2, $3, $4, $5, $6, $7)';
  await (await connected()).query(sql, values);
}

/** What the breaker's fall-back does with a row that could not be written: keeps it, and writes it when the database works again. */
async function write(n: number): Promise<void> {
  try {
    await writeKept();
    await insert(n);
  } catch {
    forget();
    appendFileSync(path, `${n}\n`);
  }
}

async function writeKept(): Promise<void> {
  if (!existsSync(path)) return;
  for (const kept of readFileSync(path, 'utf8').split('\n').filter(Boolean)) await insert(Number(kept));
  rmSync(path);
}

function forget(): void {
  client?.end().catch(() => undefined);
  client = undefined;
}

await connected().catch(() => undefined);
writeSync(1, 'open\n');
while (next < end) {
  const n = next;
  oracle.intend(n);
  chain = chain.then(() => write(n));
  oracle.accepted(n);
  next += 1;
  await new Promise((resolve) => setTimeout(resolve, Number(tickMs)));
}
await chain;
for (let n = 0; n < 200 && existsSync(path); n += 1) {
  await writeKept().catch(forget);
  await new Promise((resolve) => setTimeout(resolve, 10));
}
await client?.end();
