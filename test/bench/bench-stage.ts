import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DaemonProcess } from '../demo/daemon-process.ts';
import { readRowsAfter, type StoredRow } from '../demo/rows.ts';
import type { Request } from '../simulators/tws/requests.ts';
import type { DatabaseTarget } from '../../main/engine/delivery/delivery.ts';
import { startOwnServer, type OwnServer } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { Peer } from './peer.ts';
import type { SimulatorQuestion } from './simulator-questions.ts';

/** The built daemon, started anew for every measurement, against a simulator in a process of its own and a real PostgreSQL. */
export class BenchStage implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'bridge-bench-'));
  readonly #server: OwnServer;
  readonly #legs: number;

  private constructor(server: OwnServer, legs: number) {
    this.#server = server;
    this.#legs = legs;
  }

  static async open(legs: number): Promise<BenchStage> {
    return new BenchStage(await startOwnServer(), legs);
  }

  /**
   * Starts a daemon with nothing that another one left: outbox, database and simulator of its own.
   *
   * @param args more arguments for it.
   * @param prepare is called with the path of its outbox before it starts.
   */
  async start({ args = [], prepare }: { readonly args?: readonly string[]; readonly prepare?: (bufferPath: string) => void } = {}): Promise<BenchRun> {
    const folder = mkdtempSync(join(this.#folder, 'run-'));
    const simulator = new Peer(new URL('./simulator-process.ts', import.meta.url), [String(this.#legs)]);
    const port = await simulator.ask<number>({ kind: 'listen' } satisfies SimulatorQuestion);
    const target = await this.#server.createDatabase();
    const { host, port: databasePort, database, user, password = '' } = target;
    const bufferPath = join(folder, 'buffer.sqlite');
    prepare?.(bufferPath);
    const env = {
      IB_API_MODE: 'SOCKET', IB_SOCKET_HOST: '127.0.0.1', IB_SOCKET_PORT: String(port), BRIDGE_BUFFER_PATH: bufferPath,
      DB_HOST: host, DB_PORT: String(databasePort), DB_NAME: database, DB_USER: user, DB_PASS: password,
    };
    const spawnedAt = Date.now();
    return new BenchRun({ daemon: new DaemonProcess({ env, folder, args }), simulator, target, spawnedAt });
  }

  /** Rows of api_logs, oldest first. */
  async logs(target: DatabaseTarget): Promise<readonly { readonly at: number; readonly message: string }[]> {
    const rows = await this.#server.query('SELECT (extract(epoch FROM timestamp) * 1000)::float8 AS at, message FROM api_logs ORDER BY id', [], target.database);
    return rows as unknown as { readonly at: number; readonly message: string }[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.dispose();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

interface BenchRunParts {
  readonly daemon: DaemonProcess;
  readonly simulator: Peer;
  readonly target: DatabaseTarget;
  /** Wall-clock instant. */
  readonly spawnedAt: number;
}

/** One life of the daemon. */
export class BenchRun implements AsyncDisposable {
  readonly #parts: BenchRunParts;

  constructor(parts: BenchRunParts) {
    this.#parts = parts;
  }

  get pid(): number {
    const { pid } = this.#parts.daemon.child;
    if (pid === undefined) throw new Error('the daemon did not start');
    return pid;
  }

  get target(): DatabaseTarget {
    return this.#parts.target;
  }

  get spawnedAt(): number {
    return this.#parts.spawnedAt;
  }

  /** The address that the daemon printed for its dashboard. */
  dashboard(): Promise<string> {
    return until(() => this.#parts.daemon.lines.map((line) => line['dashboard']).find((url) => typeof url === 'string'), 'the address of the dashboard', 30_000);
  }

  /** The first row, once PostgreSQL has it. */
  async firstRow(): Promise<StoredRow> {
    const { daemon, target } = this.#parts;
    const read = async (): Promise<StoredRow | undefined> => {
      if (!daemon.running) throw new Error(`the daemon ended: ${daemon.stderr}${daemon.lines.at(-1)?.msg ?? ''}`);
      return (await readRowsAfter(target, 0))[0];
    };
    return until(read, 'the first row', 60_000);
  }

  /** Begins to send one tick per leg and second. */
  async tickSteadily(): Promise<void> {
    await this.#parts.simulator.ask({ kind: 'tick-steadily' } satisfies SimulatorQuestion);
  }

  /** What the daemon has sent to the gateway. */
  received(): Promise<readonly Request[]> {
    return this.#parts.simulator.ask({ kind: 'received' } satisfies SimulatorQuestion);
  }

  /** Every row that PostgreSQL has, oldest first. */
  rows(): Promise<readonly StoredRow[]> {
    return readRowsAfter(this.#parts.target, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { daemon, simulator } = this.#parts;
    if (daemon.running) daemon.signal('SIGTERM');
    await daemon.exited;
    await simulator.end();
  }
}
