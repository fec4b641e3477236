import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { systemClock } from '../../main/engine/clock.ts';
import { openDelivery, type DurableDelivery } from '../../main/engine/delivery/durable-delivery.ts';
import type { GreeksRow } from '../../main/engine/delivery/delivery.ts';
import { encodeRecord } from '../../main/engine/delivery/record.ts';
import { aggregate } from '../../main/engine/greeks/aggregate.ts';
import { emptyQuote, type Leg, type LegQuote } from '../../main/engine/greeks/leg.ts';
import { createBookOfSize } from '../simulators/demo-book.ts';
import type { Book } from '../simulators/book.ts';
import { figure, type Effort, type Figure, type Part } from './figure.ts';
import { median, quantile } from './statistics.ts';

const MAX_P99_RATIO = 3;
const MAX_MS_AT_6000 = 100;

/** One poll's work: the sums over the whole book and the durable append of the row; delivery to a database is not part of it. */
export async function measureCycle(effort: Effort): Promise<Part> {
  const figures: Figure[] = [];
  for (const legs of effort.bookSizes) figures.push(...(await measureBook(legs, effort)));
  return {
    title: 'Cycle: aggregate + durable append',
    figures,
    remarks: [
      'floor: a prepared INSERT of a record of the same size, better-sqlite3, WAL, synchronous FULL, EXCLUSIVE; append and cycle in turn, one by one',
      `p50, p99 and their ratios are medians over ${effort.rounds} rounds of ${effort.cycles} cycles`,
    ],
  };
}

async function measureBook(legs: number, { rounds, cycles }: Effort): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-bench-'));
  const positions = new QuotedBook(createBookOfSize(legs));
  const delivery = openDelivery({ bufferPath: join(folder, 'outbox.sqlite'), target: null, clock: systemClock });
  const floor = new BareAppender(join(folder, 'bare.sqlite'));
  const summaries: Summary[] = [];
  try {
    delivery.start(() => undefined);
    for (let round = 0; round <= rounds; round += 1) {
      const summary = await measureRound(positions, delivery, floor, cycles);
      // The first round warms up the compiler and the files.
      if (round > 0) summaries.push(summary);
    }
  } finally {
    floor.close();
    await delivery.stop(0);
    rmSync(folder, { recursive: true, force: true });
  }
  return summarize(legs, summaries);
}

interface Summary {
  readonly p50: number;
  readonly p99: number;
  readonly floorP50: number;
  readonly floorP99: number;
  readonly worst: number;
}

async function measureRound(positions: QuotedBook, delivery: DurableDelivery, floor: BareAppender, cycles: number): Promise<Summary> {
  const product: number[] = [];
  const bare: number[] = [];
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    positions.moveAll();
    // Neither is always the one that finds the disk busy with the other's bytes.
    if (cycle % 2 === 0) bare.push(timed(() => floor.append()));
    product.push(timed(() => delivery.appendGreeks(positions.sum())));
    if (cycle % 2 === 1) bare.push(timed(() => floor.append()));
    // Housekeeping of the outbox runs between appends, as it does between polls.
    await turn();
  }
  return { p50: quantile(product, 0.5), p99: quantile(product, 0.99), floorP50: quantile(bare, 0.5), floorP99: quantile(bare, 0.99), worst: Math.max(...product) };
}

/** Milliseconds that `work` takes. */
export function timed(work: () => void): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}

function summarize(legs: number, summaries: readonly Summary[]): readonly Figure[] {
  const middle = (pick: (summary: Summary) => number): number => median(summaries.map(pick));
  const p50 = figure(`p50 at ${legs} legs`, middle(({ p50 }) => p50), 'ms', {
    floor: { name: 'bare append', value: middle(({ floorP50 }) => floorP50), ratio: middle(({ p50, floorP50 }) => p50 / floorP50) },
  });
  const value = middle(({ p99 }) => p99);
  const ratio = middle(({ p99, floorP99 }) => p99 / floorP99);
  const floor = { name: 'bare append', value: middle(({ floorP99 }) => floorP99), ratio };
  const target = targetAt(legs, value, ratio);
  return [p50, figure(`p99 at ${legs} legs`, value, 'ms', { floor, ...target }), figure(`worst at ${legs} legs`, Math.max(...summaries.map(({ worst }) => worst)), 'ms')];
}

function targetAt(legs: number, p99: number, ratio: number): Partial<Figure> {
  if (legs === 60) return { target: `at most ${MAX_P99_RATIO} x the floor`, reached: ratio <= MAX_P99_RATIO };
  if (legs === 6_000) return { target: `under ${MAX_MS_AT_6000} ms`, reached: p99 < MAX_MS_AT_6000 };
  return {};
}

/** The floor: what durable storage of one record costs with nothing around it. */
export class BareAppender {
  readonly #db: Database.Database;
  readonly #insert: Database.Statement;
  readonly #record = encodeRecord({ id: 1_000_000, epoch: '0'.repeat(32), eseq: 1_000_000, entry: { kind: 'greeks', row: sampleRow() } });

  constructor(path: string) {
    this.#db = new Database(path);
    this.#db.pragma('locking_mode = EXCLUSIVE');
    this.#db.pragma('journal_mode = WAL');
    this.#db.pragma('synchronous = FULL');
    if (process.platform === 'darwin') this.#db.pragma('fullfsync = 1');
    this.#db.exec('CREATE TABLE record(id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT');
    this.#insert = this.#db.prepare('INSERT INTO record(text) VALUES (?)');
  }

  append(): void {
    this.#insert.run(this.#record);
  }

  close(): void {
    this.#db.close();
  }
}

function sampleRow(): GreeksRow {
  return { timestamp: Date.now(), contract: 'PORTFOLIO', delta: -1234.5678901234, gamma: 12.345678901234, vega: 23456.789012345, theta: -3456.7890123456, underlyingPrice: 6012.25 };
}

/** A simulator's book as a session would hold it: every leg with a quote that moves. */
class QuotedBook {
  readonly #book: Book;
  readonly #legs: readonly Leg[];
  readonly #quotes = new Map<number, LegQuote>();

  constructor(book: Book) {
    this.#book = book;
    const [account = ''] = book.accounts();
    this.#legs = book.positions(account).map(({ instrument, quantity }) => ({
      conId: instrument.conId, kind: 'OPT', secType: 'OPT', symbol: instrument.symbol, localSymbol: '', expiry: instrument.expiry, strike: instrument.strike,
      right: instrument.right, multiplier: instrument.multiplier, currency: 'USD', position: quantity,
    }));
    for (const { conId } of this.#legs) {
      const model = this.#book.market.computation(conId, 'model');
      if (model === undefined) throw new Error(`no computation for ${conId}`);
      const { delta, gamma, vega, theta, underlyingPrice } = model;
      this.#quotes.set(conId, readings({ delta, gamma, vega, theta, underlyingPrice }));
    }
  }

  /** New readings for every leg, as ticks leave them. */
  moveAll(): void {
    const at = Date.now();
    for (const quote of this.#quotes.values()) {
      for (const field of ['delta', 'gamma', 'vega', 'theta', 'underlyingPrice'] as const) quote[field] = { value: (quote[field]?.value ?? 0) * 1.000001, at };
    }
  }

  sum(): GreeksRow {
    const { at, delta, gamma, vega, theta, underlyingPrice } = aggregate(this.#legs, (conId) => this.#quotes.get(conId), { at: Date.now(), underlyingSymbol: null });
    return { timestamp: at, contract: 'PORTFOLIO', delta, gamma, vega, theta, underlyingPrice };
  }
}

function readings(values: Readonly<Record<'delta' | 'gamma' | 'vega' | 'theta' | 'underlyingPrice', number>>): LegQuote {
  const quote = emptyQuote();
  for (const field of Object.keys(values) as (keyof typeof values)[]) quote[field] = { value: values[field], at: Date.now() };
  return quote;
}
