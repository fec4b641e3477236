import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectDatabase } from '../../../main/engine/delivery/database-session.ts';
import { openDelivery, type DurableDelivery } from '../../../main/engine/delivery/durable-delivery.ts';
import type { FaultPoint } from '../../../main/engine/delivery/fault-point.ts';
import { scanRecords } from '../../../main/engine/delivery/outbox-salvage.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { FakePostgres, quiet, type StatementFault } from './fake-postgres.ts';

/** What a run does to the bridge; fast-check makes sequences of these. */
export type Action =
  | { readonly kind: 'append'; readonly rows: number }
  | { readonly kind: 'append-poison' }
  | { readonly kind: 'database'; readonly up: boolean }
  | { readonly kind: 'fault'; readonly fault: StatementFault }
  | { readonly kind: 'fire-zombies' }
  | { readonly kind: 'thaw-after-reconcile' }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'probe' }
  | { readonly kind: 'stop-and-start' }
  | { readonly kind: 'crash' }
  | { readonly kind: 'crash-at'; readonly point: FaultPoint }
  | { readonly kind: 'local-backup' }
  | { readonly kind: 'local-restore' }
  | { readonly kind: 'database-dump' }
  | { readonly kind: 'database-restore' };

/** A change to the protocol that must be found out: wraps the connection, or hands out other epochs. */
export interface Mutant {
  readonly connect?: (connect: ConnectDatabase, world: World) => ConnectDatabase;
  readonly random?: (world: World) => (bytes: number) => Buffer;
}

const target = { host: 'fake', port: 5432, database: 'fake', user: 'fake', password: undefined };
// fsync costs nothing on tmpfs; what is durable is checked by the power-loss tests, not here.
const root = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const isPoison = (delta: number): boolean => delta % 2 !== 0;

/**
 * A bridge's delivery on a real outbox file, a strict stand-in for PostgreSQL, and the model: which rows
 * were accepted. Rows are numbered by their delta, even ones healthy, odd ones poison.
 */
export class World {
  readonly clock = new ManualClock();
  readonly server = new FakePostgres(isPoison);
  readonly #folder = mkdtempSync(join(root, 'bridge-model-'));
  readonly #mutant: Mutant;
  #process = 0;
  #alive = { now: true };
  #crashAt: FaultPoint | null = null;
  #crashed = false;
  /** The database was restored and the bridge has not reconnected since. */
  #wentBack = false;
  delivery: DurableDelivery;
  /** Numbers of the rows that the current file was told to keep. */
  #accepted: number[] = [];
  #next = 1;
  /** Rows that lie in the `dead` table of a file that a backup replaced. */
  readonly #deadBeforeRestore = new Set<number>();
  /** Rows that a restored backup does not know: a frozen backend may still insert them, once, behind younger ones. */
  readonly #forgotten = new Set<number>();
  #backup: { readonly path: string; readonly accepted: readonly number[] } | null = null;
  #dump: ReturnType<FakePostgres['dump']> | null = null;

  constructor(mutant: Mutant = {}) {
    this.#mutant = mutant;
    this.delivery = this.#open();
  }

  get path(): string {
    return join(this.#folder, String(this.#process), 'outbox.sqlite');
  }

  async perform(action: Action): Promise<void> {
    await this.#act(action);
    await quiet(this.server, this.clock);
    if (this.#crashed) this.#restartFromImage();
    await quiet(this.server, this.clock);
    this.checkSafety();
  }

  async #act(action: Action): Promise<void> {
    switch (action.kind) {
      case 'append':
        for (let n = 0; n < action.rows && !this.#crashed; n += 1) this.#append(false);
        return;
      case 'append-poison':
        return this.#append(true);
      case 'database':
        this.server.up = action.up;
        return this.server.restart();
      case 'fault':
        this.server.fault = action.fault;
        return;
      case 'fire-zombies':
        return this.server.fireZombies();
      case 'thaw-after-reconcile':
        this.server.thawAfterReconcile = true;
        return;
      case 'advance':
        return this.clock.advance(action.ms);
      case 'probe':
        return this.delivery.probeNow();
      case 'stop-and-start':
        return this.#stopAndStart();
      case 'crash':
        return this.#takeImage();
      case 'crash-at':
        this.#crashAt = action.point;
        return;
      case 'local-backup':
        return this.#takeBackup();
      case 'local-restore':
        return this.#restoreBackup();
      case 'database-dump':
        // From before its identity was written it would be a new database, which gets pending rows only.
        if (this.server.contents.sink !== null) this.#dump = this.server.dump();
        return;
      case 'database-restore':
        if (this.#dump === null) return;
        this.#wentBack = true;
        return this.server.restore(this.#dump);
    }
  }

  /** Holds after every action: nothing twice, nothing out of order, nothing that was never accepted. */
  checkSafety(): void {
    assert.equal(new Set(this.server.contents.greeks).size, this.server.contents.greeks.length, 'a row is in the database twice');
    const rows = this.server.contents.greeks.filter((delta) => !this.#forgotten.has(delta));
    for (let index = 1; index < rows.length; index += 1) {
      const [before, after] = [rows[index - 1] ?? 0, rows[index] ?? 0];
      assert.ok(before < after, `row ${after} came after ${before}: ${rows.join(' ')}`);
    }
    assert.ok(rows.every((delta) => !isPoison(delta) && delta < this.#next * 2));
    this.#checkProgress();
  }

  /** I4: whatever is not in the database and not dead waits here; progress never runs ahead. */
  #checkProgress(): void {
    const { database, waiting } = this.delivery.state();
    if (database === 'delivering') this.#wentBack = false;
    if (this.#wentBack) return;
    assert.ok(this.#missing().length <= waiting, `rows ${this.#missing().join(' ')} are nowhere, but only ${waiting} rows wait`);
  }

  #missing(): number[] {
    const delivered = new Set(this.server.contents.greeks);
    const dead = new Set([...this.#deadBeforeRestore, ...this.#dead()]);
    return this.#accepted.filter((delta) => !delivered.has(delta) && !dead.has(delta));
  }

  /** With everything well again, every accepted row is in PostgreSQL or dead within three minutes. */
  async checkLiveness(): Promise<void> {
    this.server.up = true;
    this.server.fault = null;
    this.#crashAt = null;
    await quiet(this.server, this.clock);
    // A database that went back in time under an idle connection is noticed with the next row.
    this.#append(false);
    for (let minute = 0; minute < 3; minute += 1) await this.clock.advance(61_000).then(() => quiet(this.server, this.clock));
    this.checkSafety();
    assert.deepEqual(this.#missing(), [], 'accepted rows that are neither in the database nor dead');
    assert.equal(this.delivery.state().waiting, 0);
  }

  async dispose(): Promise<void> {
    this.#alive.now = false;
    await this.#stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #dead(): number[] {
    return this.delivery.deadRows().map(({ rec }) => Number(/"d":\{"c":"[^"]*","d":(\d+)/.exec(rec)?.[1]));
  }

  #append(poison: boolean): void {
    const delta = this.#next * 2 + (poison ? 1 : 0);
    this.#next += 1;
    this.delivery.appendGreeks({ timestamp: this.clock.now(), contract: 'P', delta, gamma: null, vega: null, theta: null, underlyingPrice: null });
    this.#accepted.push(delta);
  }

  #open(): DurableDelivery {
    mkdirSync(join(this.#folder, String(this.#process)), { recursive: true });
    const alive = { now: true };
    this.#alive = alive;
    const connect = this.server.connector(() => alive.now);
    const delivery = openDelivery({
      bufferPath: this.path,
      target,
      clock: this.clock,
      connect: this.#mutant.connect?.(connect, this) ?? connect,
      // Few rows in a statement: a backlog takes several, and each is read while the one before is under way.
      limits: { ballastBytes: 0, batchRows: 3 },
      faultPoint: (point) => {
        if (alive.now && point === this.#crashAt) this.#takeImage();
      },
      ...(this.#mutant.random && { random: this.#mutant.random(this) }),
    });
    delivery.start(() => undefined);
    return delivery;
  }

  async #stopAndStart(): Promise<void> {
    await this.#stop();
    if (!this.#crashed) this.delivery = this.#open();
  }

  /** The clock has to move on, or a stop in the middle of a statement that hangs would wait for its end. */
  async #stop(): Promise<void> {
    const stopped = this.delivery.stop(0);
    await this.clock.advance(0);
    await stopped;
  }

  /** The process dies here: its files as they are at this instant, and not one byte more to the server. */
  #takeImage(): void {
    this.#alive.now = false;
    this.#crashAt = null;
    this.#crashed = true;
    const from = this.path;
    this.#process += 1;
    mkdirSync(join(this.#folder, String(this.#process)), { recursive: true });
    copyDatabase(from, this.path);
  }

  #restartFromImage(): void {
    this.#crashed = false;
    void this.delivery.stop(0);
    // A row whose append was cut off may be in the file or not; both are right.
    const stored = storedDeltas(this.path);
    const newest = this.#accepted.at(-1);
    if (newest !== undefined && !stored.has(newest)) this.#accepted.pop();
    this.delivery = this.#open();
  }

  #takeBackup(): void {
    const path = join(this.#folder, 'backup.sqlite');
    copyDatabase(this.path, path);
    this.#backup = { path, accepted: [...this.#accepted] };
  }

  #restoreBackup(): void {
    if (this.#backup === null) return;
    for (const delta of this.#dead()) this.#deadBeforeRestore.add(delta);
    this.#alive.now = false;
    void this.delivery.stop(0);
    this.#process += 1;
    mkdirSync(join(this.#folder, String(this.#process)), { recursive: true });
    copyDatabase(this.#backup.path, this.path);
    const kept = new Set(this.#backup.accepted);
    for (const delta of this.#accepted) if (!kept.has(delta)) this.#forgotten.add(delta);
    this.#accepted = [...this.#backup.accepted];
    this.delivery = this.#open();
  }
}

function copyDatabase(from: string, to: string): void {
  for (const suffix of ['', '-wal']) {
    if (existsSync(from + suffix)) copyFileSync(from + suffix, to + suffix);
    else rmSync(to + suffix, { force: true });
  }
}

function storedDeltas(path: string): Set<number> {
  const rows = [path, `${path}-wal`].flatMap((file) => [...scanRecords(file)]);
  return new Set(rows.flatMap(({ entry }) => (entry.kind === 'greeks' ? (entry.row.delta ?? []) : [])));
}
