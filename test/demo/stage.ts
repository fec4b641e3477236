import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseTarget } from '../../main/engine/delivery/delivery.ts';
import { saveSettingsFile, settingsFilePath, type StoredSettings } from '../../main/engine/settings/settings-file.ts';
import type { Book } from '../simulators/book.ts';
import { createDemoBook } from '../simulators/demo-book.ts';
import { TwsSimulator } from '../simulators/tws/simulator.ts';
import { startOwnServer, type OwnServer } from '../support/postgres.ts';
import { DaemonProcess, type DaemonLine } from './daemon-process.ts';

export interface StageOptions {
  readonly onLine?: (line: DaemonLine) => void;
  /** More variables for the daemon, or others than the stage's. */
  readonly env?: Readonly<Record<string, string>>;
  /** More arguments for the daemon. */
  readonly args?: readonly string[];
  readonly book?: Book;
  /** false: `restartDaemon` starts the first one. */
  readonly startDaemon?: boolean;
}

/** The whole bridge on one machine without IBKR: simulator, PostgreSQL and the built daemon, in a folder of its own. */
export class Stage {
  readonly folder: string;
  readonly simulator: TwsSimulator;
  readonly server: OwnServer;
  readonly target: DatabaseTarget;
  #daemon: DaemonProcess | undefined;
  readonly #options: StageOptions;

  private constructor(options: StageOptions, folder: string, simulator: TwsSimulator, server: OwnServer, target: DatabaseTarget) {
    this.#options = options;
    this.folder = folder;
    this.simulator = simulator;
    this.server = server;
    this.target = target;
    if (options.startDaemon !== false) this.restartDaemon();
  }

  /** Starts all three; the simulator does not tick by itself. */
  static async open(options: StageOptions = {}): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), 'bridge-demo-'));
    chmodSync(folder, 0o700);
    const simulator = new TwsSimulator({ book: options.book ?? createDemoBook() });
    await simulator.listen();
    const server = await startOwnServer();
    return new Stage(options, folder, simulator, server, await server.createDatabase());
  }

  get account(): string {
    return this.simulator.book.accounts()[0] ?? '';
  }

  /** Starts the daemon again after it ended or was killed. */
  restartDaemon(): void {
    this.#daemon = this.#spawn();
  }

  get daemon(): DaemonProcess {
    if (this.#daemon === undefined) throw new Error('the daemon was not started yet');
    return this.#daemon;
  }

  /** The outbox. */
  get bufferPath(): string {
    return join(this.folder, 'buffer.sqlite');
  }

  /** Writes settings.json and has the running daemon read it again. */
  applySettings(settings: StoredSettings): void {
    saveSettingsFile(settingsFilePath(this.folder), settings);
    this.daemon.signal('SIGHUP');
  }

  /** Ends everything, the daemon first so that it can deliver what waits, and removes the folder. */
  async close(): Promise<void> {
    if (this.#daemon?.running === true) {
      this.#daemon.signal('SIGTERM');
      await this.#daemon.exited;
    }
    await this.simulator.close();
    await this.server.dispose();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #spawn(): DaemonProcess {
    const { host, port, database, user, password = '' } = this.target;
    const env = {
      IB_API_MODE: 'SOCKET',
      IB_SOCKET_HOST: '127.0.0.1',
      IB_SOCKET_PORT: String(this.simulator.port),
      BRIDGE_BUFFER_PATH: this.bufferPath,
      DB_HOST: host,
      DB_PORT: String(port),
      DB_NAME: database,
      DB_USER: user,
      DB_PASS: password,
      ...this.#options.env,
    };
    const { onLine, args = [] } = this.#options;
    return new DaemonProcess({ env, folder: this.folder, args, ...(onLine === undefined ? {} : { onLine }) });
  }
}
