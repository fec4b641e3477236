import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import type { DatabaseTarget } from '../../main/engine/delivery/delivery.ts';
import type { BridgeApi, Overview } from '../../preload/contract.ts';
import { createDemoBook } from '../simulators/demo-book.ts';
import { PortalSimulator } from '../simulators/portal/simulator.ts';
import { TwsSimulator } from '../simulators/tws/simulator.ts';
import type { Observation } from '../support/electron-stand-in/controls.ts';
import { sharedServer, type TestServer } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import type { DesktopApplication, StartOptions } from './desktop-application.ts';

declare global {
  interface Window {
    readonly bridge?: BridgeApi;
  }
}

export type Start = (options: StartOptions) => Promise<DesktopApplication>;

/** Everything around the application: both gateways with one book, a PostgreSQL, a data folder. */
export class Scene {
  readonly tws: TwsSimulator;
  readonly portal: PortalSimulator;
  readonly server: TestServer;
  readonly target: DatabaseTarget;
  readonly folder: string;
  readonly #start: Start;
  readonly #started: DesktopApplication[] = [];

  private constructor(start: Start, tws: TwsSimulator, portal: PortalSimulator, server: TestServer, target: DatabaseTarget) {
    this.#start = start;
    this.tws = tws;
    this.portal = portal;
    this.server = server;
    this.target = target;
    this.folder = mkdtempSync(join(tmpdir(), 'bridge-application-'));
  }

  static async open(start: Start): Promise<Scene> {
    const tws = await listenOnUsualPort();
    const portal = new PortalSimulator({ book: createDemoBook() });
    await portal.listen();
    const server = await sharedServer();
    return new Scene(start, tws, portal, server, await server.createDatabase());
  }

  /** Starts the application; only the buffer is set from outside, everything else is a matter of Settings. */
  async launch(args: readonly string[] = []): Promise<DesktopApplication> {
    const application = await this.#start({
      dataFolder: join(this.folder, 'data'),
      env: { BRIDGE_BUFFER_PATH: join(this.folder, 'buffer.sqlite') },
      args,
    });
    this.#started.push(application);
    return application;
  }

  /** Rows of portfolio_greeks in the order of their number; none while there is no table yet. */
  greeksRows(): Promise<readonly Record<string, unknown>[]> {
    return this.server.query('SELECT * FROM portfolio_greeks ORDER BY id', [], this.target.database).catch(() => []);
  }

  async logMessages(): Promise<readonly string[]> {
    const rows = await this.server.query('SELECT message FROM api_logs ORDER BY id', [], this.target.database).catch(() => []);
    return rows.map(({ message }) => String(message));
  }

  async close(): Promise<void> {
    await Promise.all(this.#started.map((application) => application.kill()));
    await Promise.all([this.tws.close(), this.portal.close()]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** On one of the ports that the first run offers, so that it is reached by clicks alone. */
async function listenOnUsualPort(): Promise<TwsSimulator> {
  for (const port of [4002, 4001, 7497, 7496, 4003]) {
    const simulator = new TwsSimulator({ book: createDemoBook() });
    const listening = await simulator.listen(port).then(() => true, () => false);
    if (listening) return simulator;
  }
  throw new Error('every usual port of a gateway is taken on this machine');
}

/** What the window is told when it asks, through the whole border. */
export async function overviewOf(page: Page): Promise<Overview> {
  const answer = await page.evaluate(() => window.bridge?.overview());
  if (answer?.ok !== true) throw new Error(`the window was not answered: ${JSON.stringify(answer)}`);
  return answer.value;
}

/** Waits until what there is to see of the application is as wanted. */
export function seen(application: DesktopApplication, wanted: (observation: Observation) => boolean, what: string, capMs = 20_000): Promise<Observation> {
  return until(async () => {
    const observation = await application.act({ kind: 'look' });
    return wanted(observation) && observation;
  }, what, capMs);
}

/** Opens the tray's menu and clicks a line of it. */
export async function clickTrayMenu(application: DesktopApplication, label: string): Promise<void> {
  await application.act({ kind: 'open-tray-menu' });
  await application.act({ kind: 'click-menu', label });
}
