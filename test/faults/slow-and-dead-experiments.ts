import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DeliveryStand } from '../engine/delivery/delivery-stand.ts';
import { describeVerdict, isFlawless, judgeDatabase } from '../support/delivery-verdict.ts';
import { startOwnServer, type OwnServer } from '../support/postgres.ts';
import { TcpProxy, type Direction } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { amount, type Experiment } from './experiment.ts';
import { NumberedRows } from './numbered-rows.ts';

const rowEveryMs = 1_000;
/** How often the loop's lag is looked at. Node's histogram holds the whole time between two looks: this much is no lag. */
const lagEveryMs = 5;
/** How long is waited for it: the probe interval and what the probe itself may take. */
const recoveryMs = 62_000;

/** One delivery behind a proxy of its own, a row a second, on the real clock: the driver's timeouts are real ones. */
class Line implements AsyncDisposable {
  readonly server: OwnServer;
  readonly proxy: TcpProxy;
  readonly stand: DeliveryStand;
  readonly rows = new NumberedRows();
  #stopFeeding: () => void = () => undefined;

  private constructor(server: OwnServer, proxy: TcpProxy, stand: DeliveryStand) {
    this.server = server;
    this.proxy = proxy;
    this.stand = stand;
  }

  static async open(server: OwnServer, prepare: (line: Line) => void = () => undefined): Promise<Line> {
    const proxy = await TcpProxy.open(server);
    const target = await server.createDatabase();
    const line = new Line(server, proxy, new DeliveryStand({ target: { ...target, port: proxy.port } }));
    line.database = target.database;
    prepare(line);
    line.stand.start();
    return line;
  }

  database = '';

  feed(): void {
    this.#stopFeeding = this.rows.feed(this.stand.delivery, rowEveryMs);
  }

  get breaker(): string {
    return this.stand.delivery.state().breaker;
  }

  async delivered(capMs: number): Promise<void> {
    await until(() => this.stand.delivery.state().waiting === 0 && this.breaker === 'closed', 'everything to be delivered', capMs);
  }

  /** Seconds until the condition holds. */
  async seconds(condition: () => boolean, what: string, capMs: number): Promise<number> {
    const from = performance.now();
    await until(condition, what, capMs);
    return (performance.now() - from) / 1_000;
  }

  async verdict(): Promise<{ readonly flawless: boolean; readonly text: string }> {
    this.#stopFeeding();
    this.#stopFeeding = () => undefined;
    await this.delivered(recoveryMs);
    const verdict = await judgeDatabase(this.server, this.server.target(this.database), this.rows);
    return { flawless: isFlawless(verdict), text: describeVerdict(verdict) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopFeeding();
    await this.stand[Symbol.asyncDispose]();
    await this.proxy.close();
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const g3: Experiment = {
  id: 'G3',
  title: 'PostgreSQL frozen: every process of the cluster stopped for 90 s, then thawed',
  target: 'OPEN in <= 20 s, CLOSED <= 60 s after the thaw, 0/0, loop lag < 50 ms',
  load: 'alone',
  run: async (setup) => {
    const server = await startOwnServer();
    try {
      await using line = await Line.open(server);
      line.feed();
      await line.seconds(() => line.rows.accepted.size > 3 && line.stand.delivery.state().waiting === 0, 'the first rows', 20_000);
      const lag = monitorEventLoopDelay({ resolution: lagEveryMs });
      server.freeze();
      lag.enable();
      const openAfter = await line.seconds(() => line.breaker === 'open', 'the breaker to open', 60_000);
      await pause(amount(setup, 90_000 - openAfter * 1_000, 5_000));
      lag.disable();
      server.thaw();
      const closedAfter = await line.seconds(() => line.breaker === 'closed' && line.stand.delivery.state().waiting === 0, 'the breaker to close', 90_000);
      const { flawless, text } = await line.verdict();
      const lagMs = { tail: lag.percentile(99.9) / 1e6 - lagEveryMs, max: lag.max / 1e6 - lagEveryMs };
      return {
        reached: flawless && openAfter <= 20 && closedAfter <= 60 && lagMs.max < 50,
        figure: `OPEN after ${openAfter.toFixed(1)} s, CLOSED ${closedAfter.toFixed(1)} s after the thaw, ${text}, loop lag p99.9 ${lagMs.tail.toFixed(0)} ms (max ${lagMs.max.toFixed(0)})`,
      };
    } finally {
      await server.dispose();
    }
  },
};

/** Works without opening at this round-trip time; `fromStart`: also while connecting. */
async function worksAt(server: OwnServer, roundTripMs: number, fromStart: boolean): Promise<string | null> {
  const slow = (line: Line): void => void (line.proxy.delayMs = roundTripMs / 2);
  await using line = await Line.open(server, fromStart ? slow : undefined);
  await line.seconds(() => line.stand.delivery.state().database === 'delivering', `a connection at ${roundTripMs} ms`, 40_000);
  slow(line);
  line.feed();
  let opened = false;
  const watch = setInterval(() => (opened ||= line.breaker !== 'closed'), 20);
  await pause(20_000);
  clearInterval(watch);
  const { flawless, text } = await line.verdict();
  return flawless && !opened ? null : `${roundTripMs} ms: ${opened ? 'breaker opened, ' : ''}${text}`;
}

async function opensAt(server: OwnServer, roundTripMs: number): Promise<string | null> {
  await using line = await Line.open(server);
  line.feed();
  await line.delivered(20_000);
  line.proxy.delayMs = roundTripMs / 2;
  const seconds = await line.seconds(() => line.breaker === 'open', `the breaker to open at ${roundTripMs} ms`, 60_000);
  line.proxy.heal();
  const { flawless, text } = await line.verdict();
  return flawless ? null : `${roundTripMs} ms: opened after ${seconds} s, ${text}`;
}

/** A backlog over a thin line: every statement must be small enough for its own timeout. */
async function drainsAt(server: OwnServer, bytesPerSecond: number, backlog: number): Promise<string | null> {
  await using line = await Line.open(server, (each) => {
    each.proxy.bytesPerSecond = bytesPerSecond;
    each.rows.append(each.stand.delivery, backlog);
  });
  const seconds = await line.seconds(() => line.stand.delivery.state().waiting === 0, `${backlog} rows at ${bytesPerSecond} B/s`, 240_000).catch(() => Infinity);
  if (seconds === Infinity) return `${backlog} rows at ${bytesPerSecond} B/s: ${line.stand.delivery.state().waiting} still wait after 240 s, breaker ${line.breaker}`;
  const { flawless, text } = await line.verdict();
  return flawless ? null : `at ${bytesPerSecond} B/s: ${text}`;
}

const g4: Experiment = {
  id: 'G4',
  title: 'PostgreSQL behind a slow line: 20 ms, 500 ms, 3 s and 6 s of latency, 10 kB/s and 2 kB/s',
  target: '<= 3 s works with the breaker CLOSED, 6 s opens it, 10 kB/s drains 2,000 rows, 2 kB/s 1,000; no doubles from late commits',
  load: 'waits',
  run: async () => {
    const server = await startOwnServer();
    try {
      const problems = (await Promise.all([worksAt(server, 20, true), worksAt(server, 500, true), worksAt(server, 3_000, false), opensAt(server, 6_000), drainsAt(server, 10_000, 2_000), drainsAt(server, 2_000, 1_000)])).filter(
        (problem) => problem !== null,
      );
      return { reached: problems.length === 0, figure: problems.length === 0 ? '20 ms, 500 ms, 3 s worked, 6 s opened and healed, 10 kB/s and 2 kB/s drained; 0 lost, 0 doubled' : problems.join('; ') };
    } finally {
      await server.dispose();
    }
  },
};

/** Sockets of this process, not of the proxy's, that lead to a port and that somebody still holds. */
function heldSockets(port: number): number {
  const [, ...lines] = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n');
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return lines.map((line) => line.trim().split(/\s+/)).filter(([, , remote, , , , , , , inode]) => remote?.endsWith(`:${hex}`) && inode !== '0').length;
}

const cuts: readonly (readonly Direction[])[] = [['to-server', 'to-client'], ['to-client'], ['to-server']];

async function cut(server: OwnServer, directions: readonly Direction[]): Promise<{ readonly ok: boolean; readonly openAfter: number; readonly text: string }> {
  await using line = await Line.open(server);
  line.feed();
  await line.seconds(() => line.rows.accepted.size > 2 && line.stand.delivery.state().waiting === 0, 'the first rows', 20_000);
  line.proxy.blackhole(...directions);
  const openAfter = await line.seconds(() => line.breaker === 'open', `the breaker to open (${directions.join(' and ')} cut)`, 60_000);
  line.proxy.heal();
  const { flawless, text } = await line.verdict();
  const connections = heldSockets(line.proxy.port);
  return { ok: flawless && openAfter <= 20 && connections === 1, openAfter, text: `${directions.join('+')}: OPEN after ${openAfter.toFixed(1)} s, ${text}, ${connections} socket held` };
}

const g5: Experiment = {
  id: 'G5',
  title: 'half-open: the wire cut both ways, towards the client, towards the server; healed with the old connections left dead',
  target: 'OPEN <= 20 s, no hang, 0/0, no leaked sockets',
  load: 'waits',
  run: async () => {
    const server = await startOwnServer();
    try {
      const results = await Promise.all(cuts.map((directions) => cut(server, directions)));
      return { reached: results.every(({ ok }) => ok), figure: results.map(({ text }) => text).join('; ') };
    } finally {
      await server.dispose();
    }
  },
};

export const slowAndDeadExperiments: readonly Experiment[] = [g3, g4, g5];
