import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseTarget } from '../../main/engine/delivery/delivery.ts';
import { parseSettingsFile, readTextFile, saveSettingsFile, settingsFilePath, type StoredSettings } from '../../main/engine/settings/settings-file.ts';
import type { ApiMode } from '../../main/engine/state.ts';
import type { Book } from '../simulators/book.ts';
import { createDemoBook } from '../simulators/demo-book.ts';
import { PortalSimulator } from '../simulators/portal/simulator.ts';
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
  /** PORTAL: the daemon starts with the Client Portal Gateway; SOCKET unless told. */
  readonly mode?: ApiMode;
  /** Path of an Electron: the desktop application takes the daemon's place. */
  readonly electron?: string;
  /** false: `restartDaemon` starts the first one. */
  readonly startDaemon?: boolean;
}

/**
 * The whole bridge on one machine without IBKR: both simulators over one book, PostgreSQL and the built daemon, in a folder
 * of its own. Mode and gateways stand in settings.json, so that Settings can change them.
 */
export class Stage {
  readonly folder: string;
  readonly simulator: TwsSimulator;
  readonly portal: PortalSimulator;
  readonly server: OwnServer;
  readonly target: DatabaseTarget;
  #daemon: DaemonProcess | undefined;
  readonly #options: StageOptions;

  private constructor(options: StageOptions, parts: Pick<Stage, 'folder' | 'simulator' | 'portal' | 'server' | 'target'>) {
    this.#options = options;
    this.folder = parts.folder;
    this.simulator = parts.simulator;
    this.portal = parts.portal;
    this.server = parts.server;
    this.target = parts.target;
    this.#save({ apiMode: options.mode ?? 'SOCKET', socketHost: '127.0.0.1', socketPort: this.simulator.port, gatewayUrl: this.portal.url });
    if (options.startDaemon !== false) this.restartDaemon();
  }

  /** Starts all of it; the market does not move by itself. */
  static async open(options: StageOptions = {}): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), 'bridge-demo-'));
    chmodSync(folder, 0o700);
    const book = options.book ?? createDemoBook();
    const simulator = new TwsSimulator({ book });
    const portal = new PortalSimulator({ book });
    await Promise.all([simulator.listen(), portal.listen()]);
    const server = await startOwnServer();
    return new Stage(options, { folder, simulator, portal, server, target: await server.createDatabase() });
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

  /** The mode that settings.json says. */
  get mode(): ApiMode {
    return this.#read().apiMode ?? 'SOCKET';
  }

  /** The outbox. */
  get bufferPath(): string {
    return join(this.folder, 'buffer.sqlite');
  }

  /** Changes settings.json and has the running daemon read it again. */
  applySettings(change: StoredSettings): void {
    this.#save({ ...this.#read(), ...change });
    this.daemon.signal('SIGHUP');
  }

  #read(): StoredSettings {
    const path = settingsFilePath(this.folder);
    return parseSettingsFile(readTextFile(path) ?? '{"version":1}', path);
  }

  #save(settings: StoredSettings): void {
    saveSettingsFile(settingsFilePath(this.folder), settings);
  }

  /** Ends everything, the daemon first so that it can deliver what waits, and removes the folder. */
  async close(): Promise<void> {
    if (this.#daemon?.running === true) {
      this.#daemon.signal('SIGTERM');
      await this.#daemon.exited;
    }
    await Promise.all([this.simulator.close(), this.portal.close()]);
    await this.server.dispose();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #spawn(): DaemonProcess {
    const { host, port, database, user, password = '' } = this.target;
    const env = {
      BRIDGE_BUFFER_PATH: this.bufferPath,
      DB_HOST: host,
      DB_PORT: String(port),
      DB_NAME: database,
      DB_USER: user,
      DB_PASS: password,
      ...this.#options.env,
    };
    const { onLine, electron, args = [] } = this.#options;
    return new DaemonProcess({ env, folder: this.folder, args, ...(electron === undefined ? {} : { electron }), ...(onLine === undefined ? {} : { onLine }) });
  }
}
