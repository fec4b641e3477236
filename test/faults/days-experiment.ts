import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GreeksRow } from '../../main/engine/delivery/delivery.ts';
import { openDelivery, type DurableDelivery } from '../../main/engine/delivery/durable-delivery.ts';
import { RETENTION_MS } from '../../main/engine/delivery/outbox.ts';
import { Engine } from '../../main/engine/engine.ts';
import { quietLogger } from '../../main/engine/log/logger.ts';
import { stock } from '../engine/greeks/book.ts';
import { greeksIn } from '../engine/delivery/rows.ts';
import { standSettings } from '../support/engine-stand.ts';
import { describeUnexplained, ledgerOf } from '../support/gap-ledger.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startOwnServer, type OwnServer } from '../support/postgres.ts';
import { ScriptedGateway } from '../support/scripted-gateway.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { between, pick, type Experiment, type Setup } from './experiment.ts';

const tickMs = 5_000;
const minute = 60_000;
const day = 24 * 60 * minute;
/** What the outbox may be once the seven days of retention are over. */
const emptyBytes = 2_000_000;

/** A bridge whose gateway is scripted and whose way to PostgreSQL is real, over days of an owned clock. */
class Days {
  readonly clock = new ManualClock(Date.parse('2026-10-20T12:00:00-04:00'));
  readonly accepted: GreeksRow[] = [];
  readonly counts = { outages: 0, sleeps: 0, restarts: 0, unclean: 0, gatewayLosses: 0 };
  slowestRecoveryMs = 0;
  readonly #setup: Setup;
  readonly #server: OwnServer;
  readonly #proxy: TcpProxy;
  readonly #database: string;
  readonly #folder: string;
  #process = 0;
  #gateway!: ScriptedGateway;
  #delivery!: DurableDelivery;
  #engine!: Engine;
  #databaseWell = true;
  #healedAt: number | null = null;
  #position = 0;

  constructor(setup: Setup, server: OwnServer, proxy: TcpProxy, database: string, folder: string) {
    this.#setup = setup;
    this.#server = server;
    this.#proxy = proxy;
    this.#database = database;
    this.#folder = folder;
    this.#start();
  }

  get path(): string {
    return join(this.#folder, String(this.#process), 'outbox.sqlite');
  }

  #start(): void {
    mkdirSync(join(this.#folder, String(this.#process)), { recursive: true });
    const target = { ...this.#server.target(this.#database), port: this.#proxy.port };
    const delivery = openDelivery({ bufferPath: this.path, target, clock: this.clock, limits: { ballastBytes: 0 } });
    const accepted = this.accepted;
    this.#delivery = delivery;
    this.#gateway = new ScriptedGateway(this.clock);
    this.#gateway.onOpen = (session) => {
      session.book = [stock('SPY', 1)];
      session.ready();
    };
    this.#engine = new Engine({
      settings: { ...standSettings, bufferPath: this.path },
      clock: this.clock,
      delivery: {
        appendGreeks: (row) => {
          delivery.appendGreeks(row);
          accepted.push(row);
        },
        appendLog: (row) => delivery.appendLog(row),
        lastRecorded: () => delivery.lastRecorded(),
        state: () => delivery.state(),
        start: (listener) => delivery.start(listener),
        setTarget: (next) => delivery.setTarget(next),
        probeNow: () => delivery.probeNow(),
        stop: (deadlineMs) => delivery.stop(deadlineMs),
      },
      recorder: { recordSnapshot: () => undefined, recordGap: () => undefined, recordLog: () => undefined, recordBook: () => undefined },
      logger: quietLogger,
      openGateway: () => this.#gateway,
      random: this.#setup.random,
    });
    this.#engine.start();
  }

  /** Lets time pass tick by tick; real I/O is let finish before time goes on, as it would in 5 s. */
  async pass(ms: number): Promise<void> {
    for (const end = this.clock.monotonic() + ms; this.clock.monotonic() < end; ) {
      const session = this.#gateway.sessions.at(-1);
      const [leg] = session?.book ?? [];
      if (session !== undefined && leg !== undefined) session.book = [{ ...leg, position: (this.#position += 1) }];
      await this.clock.advance(tickMs);
      await this.#settle();
    }
  }

  async #settle(): Promise<void> {
    const state = (): ReturnType<DurableDelivery['state']> => this.#delivery.state();
    if (!this.#databaseWell) return turns(2);
    const done = (): boolean => state().waiting === 0 || state().breaker === 'open';
    // With the breaker closed after a failure nothing is under way until the next retry; otherwise real I/O gets all the time that it needs.
    await turnUntil(done, state().cause === null || state().breaker === 'half-open' ? 5_000 : 100);
    if (this.#healedAt === null || state().waiting > 0) return;
    this.slowestRecoveryMs = Math.max(this.slowestRecoveryMs, this.clock.monotonic() - this.#healedAt);
    this.#healedAt = null;
  }

  async outage(ms: number): Promise<void> {
    this.counts.outages += 1;
    const kind = pick(this.#setup.random, ['refuse', 'blackhole', 'reset'] as const);
    this.#databaseWell = kind === 'reset';
    if (kind === 'refuse') await this.#proxy.refuse();
    if (kind === 'blackhole') this.#proxy.blackhole('to-server', 'to-client');
    else this.#proxy.reset();
    await this.pass(kind === 'reset' ? tickMs : ms);
    this.#proxy.heal();
    await this.#proxy.accept();
    this.#databaseWell = true;
    this.#healedAt = this.clock.monotonic();
    await this.pass(2 * minute);
  }

  async sleep(ms: number): Promise<void> {
    this.counts.sleeps += 1;
    this.clock.suspend(Math.round(ms));
    await this.pass(minute);
  }

  async loseGateway(ms: number): Promise<void> {
    this.counts.gatewayLosses += 1;
    const { onOpen } = this.#gateway;
    this.#gateway.onOpen = (session) => session.lose();
    this.#gateway.current.lose();
    await this.pass(ms);
    this.#gateway.onOpen = onOpen;
    await this.pass(3 * minute);
  }

  /** An unclean end leaves the files as they are; the old process's sockets die with it. */
  async restart(clean: boolean): Promise<void> {
    this.counts.restarts += 1;
    if (clean) await this.#stop();
    else {
      this.counts.unclean += 1;
      const from = this.path;
      this.#process += 1;
      mkdirSync(join(this.#folder, String(this.#process)), { recursive: true });
      for (const suffix of ['', '-wal']) if (existsSync(from + suffix)) copyFileSync(from + suffix, this.path + suffix);
      this.#proxy.reset();
      this.#abandon(from);
    }
    this.clock.freeze(Math.round(between(this.#setup.random, 1_000, 10 * minute)));
    this.#start();
    await this.pass(minute);
  }

  /** The dead process of the simulation: it may finish its own timers, but it reaches nobody and nobody reads its file. */
  #abandon(from: string): void {
    this.#delivery.setTarget(null);
    void this.#engine.stop(0);
    rmSync(join(from, '..'), { recursive: true, force: true });
  }

  async #stop(): Promise<void> {
    let stopped = false;
    void this.#engine.stop(60_000).then(() => (stopped = true));
    await until(async () => {
      if (!stopped) await this.clock.advance(10);
      return stopped;
    }, 'the engine to stop', 30_000);
  }

  /** Paused by the user the bridge accepts no rows; its housekeeping goes on. */
  async rest(ms: number): Promise<void> {
    this.#engine.pause('user');
    await this.pass(ms);
    this.#engine.resume('user');
  }

  get fileBytes(): number {
    return statSync(this.path).size;
  }

  async finish(): Promise<void> {
    await this.pass(3 * minute);
    await this.#stop();
  }

  async check(): Promise<{ readonly problems: readonly string[]; readonly rows: number }> {
    const target = this.#server.target(this.#database);
    const rows = await greeksIn(this.#server, target);
    const problems: string[] = [];
    if (rows.length !== this.accepted.length) problems.push(`${this.accepted.length} accepted, ${rows.length} in PostgreSQL`);
    const wrong = rows.findIndex(({ ms, delta }, index) => ms !== this.accepted[index]?.timestamp || delta !== this.accepted[index]?.delta);
    if (wrong !== -1) problems.push(`row ${wrong} is not the one that was accepted there`);
    const ledger = await ledgerOf(this.#server, target, tickMs, this.clock.now());
    if (ledger.unexplained.length > 0) problems.push(`${ledger.unexplained.length} unexplained gaps: ${describeUnexplained(ledger).slice(0, 200)}`);
    return { problems, rows: rows.length };
  }
}

/** Turns the event loop and never pauses: half a million pauses would be most of the run. */
async function turnUntil(done: () => boolean, capMs: number): Promise<void> {
  for (const end = performance.now() + capMs; !done() && performance.now() < end; ) await turns(1);
}

function turns(count: number): Promise<void> {
  return count === 0 ? Promise.resolve() : new Promise((resolve) => setImmediate(() => resolve(turns(count - 1))));
}

async function live(days: Days, setup: Setup, lengthMs: number): Promise<void> {
  const { random, say } = setup;
  const end = days.clock.monotonic() + lengthMs;
  let told = 0;
  while (days.clock.monotonic() < end) {
    await days.pass(Math.round(between(random, 10 * minute, 4 * 60 * minute)));
    // Short ones are as frequent as long ones: from a minute to eight hours, evenly on a logarithmic scale.
    const outageMs = Math.round(minute * 480 ** random());
    const happening = random();
    if (happening < 0.35) await days.outage(outageMs);
    else if (happening < 0.5) await days.sleep(outageMs);
    else if (happening < 0.8) await days.restart(random() < 0.5);
    else await days.loseGateway(outageMs);
    const daysPassed = Math.floor((lengthMs - (end - days.clock.monotonic())) / day);
    if (daysPassed > told) say(`day ${(told = daysPassed)}, ${days.accepted.length} rows`);
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

export const t1: Experiment = {
  id: 'T1',
  title: '30 simulated days: real outbox and PostgreSQL through a proxy, outages of 1 min to 8 h, sleeps, restarts, half of them unclean; then 7 days of rest',
  target: '0/0, exact timestamps, tick order, recovery <= 60 s, 0 unexplained gaps, outbox back to < 2 MB after retention, < 10 min',
  run: async (setup) => {
    const startedAt = performance.now();
    // Its crashes are G1's and G2's; here 30 days of commits must not wait for a disk.
    const server = await startOwnServer(['fsync=off']);
    const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'bridge-days-'));
    try {
      const proxy = await TcpProxy.open(server);
      const { database } = await server.createDatabase();
      const days = new Days(setup, server, proxy, database, folder);
      await live(days, setup, 30 * day * setup.share);
      const bytesWithRows = days.fileBytes;
      await days.rest(RETENTION_MS + 2 * 60 * minute);
      await days.finish();
      const { problems, rows } = await days.check();
      const { outages, sleeps, restarts, unclean, gatewayLosses } = days.counts;
      const seconds = (performance.now() - startedAt) / 1_000;
      await proxy.close();
      return {
        reached: problems.length === 0 && days.slowestRecoveryMs <= 60_000 && days.fileBytes < emptyBytes && seconds <= 600,
        figure: `${rows.toLocaleString('en-US')} rows, ${outages} outages, ${sleeps} sleeps, ${gatewayLosses} gateway losses, ${restarts} restarts (${unclean} unclean), ${
          problems.length === 0 ? '0 lost, 0 doubled, exact, every gap explained' : problems.join('; ')
        }, slowest recovery ${days.slowestRecoveryMs / 1_000} s, outbox ${megabytes(bytesWithRows)} MB with seven days in it, ${megabytes(days.fileBytes)} MB after them, ${seconds.toFixed(0)} s`,
      };
    } finally {
      await server.dispose();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
