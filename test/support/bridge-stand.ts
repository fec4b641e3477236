import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBridge, type Bridge } from '../../main/engine/bridge.ts';
import type { DatabaseTarget } from '../../main/engine/delivery/delivery.ts';
import { quietLogger } from '../../main/engine/log/logger.ts';
import { createDemoBook } from '../simulators/demo-book.ts';
import { TwsSimulator } from '../simulators/tws/simulator.ts';
import { standSettings } from './engine-stand.ts';
import { ManualClock } from './manual-clock.ts';
import { until } from './until.ts';

/** The whole bridge in this process on a clock that the test owns: real socket to the simulator, real outbox, real PostgreSQL. */
export class BridgeStand implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly simulator: TwsSimulator;
  readonly bridge: Bridge;
  readonly folder: string;

  private constructor(clock: ManualClock, simulator: TwsSimulator, bridge: Bridge, folder: string) {
    this.clock = clock;
    this.simulator = simulator;
    this.bridge = bridge;
    this.folder = folder;
  }

  /** Starts it and waits for the first row; `random` is the jitter of the pauses, in [0, 1). */
  static async open(database: DatabaseTarget | null, wall?: number, random = 0.5): Promise<BridgeStand> {
    const clock = new ManualClock(wall);
    // On the same clock: it counts messages per second.
    const simulator = new TwsSimulator({ book: createDemoBook(), clock });
    const { port } = await simulator.listen();
    const folder = mkdtempSync(join(tmpdir(), 'bridge-stand-'));
    const settings = { ...standSettings, socket: { host: '127.0.0.1', port, clientId: 10 }, database, bufferPath: join(folder, 'buffer.sqlite') };
    const bridge = openBridge({ settings, clock, logger: quietLogger, random: () => random });
    const stand = new BridgeStand(clock, simulator, bridge, folder);
    bridge.engine.start();
    await stand.pass(() => bridge.engine.state.rowsWritten > 0, 'the first row', 50);
    return stand;
  }

  get kind(): string {
    return this.bridge.engine.state.connection.kind;
  }

  /** Messages of the local log, oldest first, from `part` on. */
  messages(part = ''): readonly { readonly at: number; readonly message: string }[] {
    return this.bridge.history
      .logs({ limit: 1_000 })
      .filter(({ message }) => message.includes(part))
      .toReversed();
  }

  /** Lets so many seconds pass, the market ticking each second and each tick arriving before time goes on. */
  async tickingSeconds(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      await this.clock.advance(1_000);
      this.simulator.tick();
      await until(() => this.bridge.engine.legs().some(({ quotedAt }) => quotedAt === this.clock.now()), 'the tick');
    }
  }

  /** Lets time pass in steps until the condition holds; what is under way on real sockets is let finish before each step. */
  async pass(condition: () => boolean, what: string, stepMs = 1_000): Promise<void> {
    await until(async () => {
      await settle();
      if (condition()) return true;
      await this.clock.advance(stepMs);
      return false;
    }, what, 60_000);
  }

  async close(): Promise<void> {
    let stopped = false;
    void this.bridge.stop(0, 'the test is over').then(() => (stopped = true));
    await this.pass(() => stopped, 'the bridge to stop', 100);
    await this.simulator.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Long enough for a few round trips on loopback; time that the test owns stands still meanwhile. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 4));
}
