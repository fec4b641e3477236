import type { Batch, BatchResult, ConnectDatabase, ConnectOptions, DatabaseSession, Watermarks } from '../../../main/engine/delivery/database-session.ts';

/** What happens to the next statement that changes something. */
export type StatementFault =
  /** The connection breaks before the server sees it. */
  | 'drop-before'
  /** The server commits, the answer is lost. */
  | 'commit-then-drop'
  /** The server's backend is frozen with the statement in its buffer; the client times out, the statement may run later. */
  | 'zombie'
  /** As `zombie`, but not even a time-out: the attempt's own deadline must end it. */
  | 'hang';

interface Contents {
  readonly watermarks: Map<string, number>;
  readonly greeks: number[];
  readonly logs: string[];
  sink: number | null;
}

/** PostgreSQL as far as the delivery protocol sees it: strict compare-and-set, all or nothing, frozen backends, restore from a dump. */
export class FakePostgres {
  contents: Contents = { watermarks: new Map(), greeks: [], logs: [], sink: null };
  up = true;
  fault: StatementFault | null = null;
  /** Frozen statements run right after the next reconcile has read the watermarks: the worst moment. */
  thawAfterReconcile = false;
  /** A mutant of the statement: moves the watermark wherever it stands. */
  unconditional = false;
  /** Frozen statements, oldest first. */
  zombies: (() => void)[] = [];
  /** Grows with everything that a client asks; tells when nothing moves any more. */
  operations = 0;
  statements = 0;
  readonly sessions = new Set<FakeSession>();
  readonly #isPoison: (delta: number) => boolean;
  #generation = 0;

  constructor(isPoison: (delta: number) => boolean = () => false) {
    this.#isPoison = isPoison;
  }

  /** A connection function for one client process; `isAlive` turns false when that process is killed. */
  connector(isAlive: () => boolean = () => true): ConnectDatabase {
    return async (_target, options) => {
      this.operations += 1;
      await Promise.resolve();
      if (!isAlive()) return new Promise<never>(() => undefined);
      if (!this.up) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      return new FakeSession(this, options, isAlive, this.#generation);
    };
  }

  isCurrent(generation: number): boolean {
    return this.up && generation === this.#generation;
  }

  /** Ends every connection and forgets statements that were under way, as a restart does. */
  restart(): void {
    this.#generation += 1;
    this.zombies = [];
    for (const session of this.sessions) session.lose();
    this.sessions.clear();
  }

  dump(): Contents {
    return structuredClone(this.contents);
  }

  restore(dump: Contents): void {
    this.restart();
    this.contents = structuredClone(dump);
  }

  fireZombies(): void {
    const zombies = this.zombies;
    this.zombies = [];
    for (const zombie of zombies) zombie();
  }

  /** The delivery statement: everything or nothing. */
  deliver({ epoch, expected, rows }: Batch): BatchResult {
    this.statements += 1;
    const nothing = { moved: false, greeks: 0, logs: 0 };
    if (!this.unconditional && this.contents.watermarks.get(epoch) !== expected) return nothing;
    const greeks = rows.flatMap(({ entry }) => (entry.kind === 'greeks' ? (entry.row.delta ?? Number.NaN) : []));
    const logs = rows.flatMap(({ entry }) => (entry.kind === 'log' ? entry.row.message : []));
    if (greeks.some(this.#isPoison)) throw Object.assign(new Error('invalid byte sequence'), { code: '22021' });
    this.contents.watermarks.set(epoch, expected + rows.length);
    this.contents.greeks.push(...greeks);
    this.contents.logs.push(...logs);
    return { moved: true, greeks: greeks.length, logs: logs.length };
  }

  advance(epoch: string, expected: number, through: number): boolean {
    this.statements += 1;
    if (this.contents.watermarks.get(epoch) !== expected) return false;
    this.contents.watermarks.set(epoch, through);
    return true;
  }
}

class FakeSession implements DatabaseSession {
  readonly #server: FakePostgres;
  readonly #options: ConnectOptions;
  readonly #isAlive: () => boolean;
  readonly #generation: number;
  #destroyed = false;

  constructor(server: FakePostgres, options: ConnectOptions, isAlive: () => boolean, generation: number) {
    this.#server = server;
    this.#options = options;
    this.#isAlive = isAlive;
    this.#generation = generation;
    server.sessions.add(this);
  }

  readWatermarks(epochs: readonly string[], proposedSink: number): Promise<Watermarks> {
    return this.#ask(() => {
      const { contents } = this.#server;
      contents.sink ??= proposedSink;
      const known = epochs.filter((epoch) => contents.watermarks.has(epoch));
      const answer = { sink: contents.sink, settled: new Map(known.map((epoch) => [epoch, contents.watermarks.get(epoch) ?? 0])) };
      if (this.#server.thawAfterReconcile) this.#server.fireZombies();
      this.#server.thawAfterReconcile = false;
      return answer;
    });
  }

  insertWatermarks(entries: readonly { readonly epoch: string; readonly settled: number }[]): Promise<void> {
    return this.#ask(() => {
      const { watermarks } = this.#server.contents;
      for (const { epoch, settled } of entries) if (!watermarks.has(epoch)) watermarks.set(epoch, settled);
    });
  }

  deliver(batch: Batch, onSent?: () => void): Promise<BatchResult> {
    return this.#change(() => this.#server.deliver(batch), onSent);
  }

  advance(epoch: string, expected: number, through: number): Promise<boolean> {
    return this.#change(() => this.#server.advance(epoch, expected, through));
  }

  forget(epochs: readonly string[]): Promise<void> {
    return this.#ask(() => epochs.forEach((epoch) => this.#server.contents.watermarks.delete(epoch)));
  }

  destroy(): void {
    this.#destroyed = true;
    this.#server.sessions.delete(this);
  }

  end(): Promise<void> {
    this.#destroyed = true;
    return Promise.resolve();
  }

  /** The server ended the connection while nothing was under way. */
  lose(): void {
    this.#destroyed = true;
    if (this.#isAlive()) this.#options.onLost(new Error('terminating connection'));
  }

  async #ask<T>(run: () => T): Promise<T> {
    this.#server.operations += 1;
    await this.#reach();
    return run();
  }

  async #change<T>(run: () => T, onSent?: () => void): Promise<T> {
    const server = this.#server;
    if (!this.#isAlive()) return new Promise<never>(() => undefined);
    server.operations += 1;
    // The process may be killed while it hands the bytes over: then the server has them.
    onSent?.();
    const fault = server.fault;
    server.fault = null;
    const arrives = server.isCurrent(this.#generation) && !this.#destroyed;
    if (arrives && fault === 'commit-then-drop') attempt(run);
    if (arrives && (fault === 'zombie' || fault === 'hang')) server.zombies.push(() => attempt(run));
    if (fault === 'hang') return new Promise<never>(() => undefined);
    if (fault !== null) throw new Error('connection terminated unexpectedly');
    if (!this.#isAlive()) {
      if (arrives) attempt(run);
      return new Promise<never>(() => undefined);
    }
    await this.#reach();
    return run();
  }

  async #reach(): Promise<void> {
    await Promise.resolve();
    if (!this.#isAlive()) return new Promise<never>(() => undefined);
    if (this.#destroyed || !this.#server.isCurrent(this.#generation)) throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  }
}

/** A statement whose answer nobody hears: an error of it changes nothing either. */
function attempt(run: () => unknown): void {
  try {
    run();
  } catch {
    return;
  }
}

const TURNS_LIMIT = 5_000;

/** Turns the event loop until neither the server nor the clock's timers have anything to do now; throws when that never comes. */
export async function quiet(server: FakePostgres, clock: { advance(ms: number): Promise<void> }): Promise<void> {
  let calm = 0;
  let seen = -1;
  for (let turn = 0; calm < 3; turn += 1) {
    if (turn > TURNS_LIMIT) throw new Error('delivery turns in a circle');
    await clock.advance(0);
    calm = server.operations === seen ? calm + 1 : 0;
    seen = server.operations;
  }
}
