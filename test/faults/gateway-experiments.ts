import { performance } from 'node:perf_hooks';
import type { Connection } from '../../main/engine/state.ts';
import { Stage } from '../demo/stage.ts';
import { stock } from '../engine/greeks/book.ts';
import { BridgeStand } from '../support/bridge-stand.ts';
import { EngineStand } from '../support/engine-stand.ts';
import { describeUnexplained, keepLedger, ledgerOf } from '../support/gap-ledger.ts';
import { until } from '../support/until.ts';
import { amount, between, pick, type Experiment } from './experiment.ts';

const second = 1_000;
/** The third attempt's pause of 60 s with its jitter, counted from its dial, and the first row. */
const longPauseMs = 67 * second;

interface GatewayFault {
  readonly name: string;
  readonly begin: (stand: BridgeStand) => void;
  readonly end: (stand: BridgeStand) => void;
  /** How long the gateway is ill, in the clock's seconds; each is a trial of its own. */
  readonly seconds: readonly number[];
}

/** Ends in every phase of an attempt and of the pauses around the first three, and in the minute's pause after them. */
const everyPhase = [2, 6, 9, 14, 18, 22, 25, 28, 33, 38, 50, 70];

const gatewayFaults: readonly GatewayFault[] = [
  { name: 'accepts and is silent', seconds: everyPhase, begin: ({ simulator }) => ((simulator.faults.hangInHandshake = true), simulator.drop()), end: ({ simulator }) => void (simulator.faults.hangInHandshake = false) },
  { name: 'never sends nextValidId', seconds: everyPhase, begin: ({ simulator }) => ((simulator.faults.noNextValidId = true), simulator.drop()), end: ({ simulator }) => void (simulator.faults.noNextValidId = false) },
  { name: 'hangs after the handshake', seconds: everyPhase, begin: ({ simulator }) => void (simulator.faults.silence = true), end: ({ simulator }) => void (simulator.faults.silence = false) },
  { name: 'dies in mid-message', seconds: [1], begin: ({ simulator }) => simulator.dieInMidMessage(), end: () => undefined },
  { name: 'half-open', seconds: [22], begin: ({ simulator }) => simulator.goHalfOpen(), end: () => undefined },
  { name: 'half-open, client id still taken', seconds: [30], begin: ({ simulator }) => (simulator.goHalfOpen(), simulator.holdClientId(10, 30 * second)), end: () => undefined },
  { name: 'a byte a second', seconds: everyPhase, begin: ({ simulator }) => void (simulator.faults.trickle = { bytes: 1, everyMs: second }), end: ({ simulator }) => ((simulator.faults.trickle = undefined), simulator.drop()) },
  { name: 'client id in use (326)', seconds: [12], begin: ({ simulator }) => ((simulator.faults.clientIdInUse = true), simulator.drop()), end: ({ simulator }) => void (simulator.faults.clientIdInUse = false) },
  { name: 'reset', seconds: [1], begin: ({ simulator }) => simulator.reset(), end: () => undefined },
];

interface Recovery {
  readonly problem: string | null;
  /** From the gateway being well to the first row with the sums of its book. */
  readonly tookMs: number;
  /** Three attempts had failed, or the third was under way and lost: the next one comes at the end of the minute's pause. */
  readonly inLongPause: boolean;
}

async function recovers({ name, begin, end }: GatewayFault, seconds: number, jitter: number): Promise<Recovery> {
  const stand = await BridgeStand.open(null, undefined, jitter);
  const { engine } = stand.bridge;
  const { simulator, clock } = stand;
  try {
    begin(stand);
    for (let passed = 0; passed < seconds * 4; passed += 1) {
      await new Promise((resolve) => setTimeout(resolve, 3));
      await clock.advance(250);
    }
    const wellAt = clock.monotonic();
    const inLongPause = isInLongPause(engine.state.connection);
    end(stand);
    const rows = engine.state.rowsWritten;
    await stand.pass(() => stand.kind === 'connected' && engine.state.rowsWritten > rows && engine.state.snapshot?.coverage.priced === 40, `${name}: rows again`, 250);
    const tookMs = clock.monotonic() - wellAt;
    const expected = simulator.expectedSums('DU1234567');
    const wrong = Math.abs((engine.state.snapshot?.delta ?? Number.NaN) - expected.delta) > 1e-9 * Math.abs(expected.delta);
    const alive = simulator.clientIds().length;
    const problem = wrong ? 'wrong sums' : alive !== 1 ? `${alive} sessions at the gateway` : null;
    return { problem, tookMs, inLongPause };
  } finally {
    await stand.close();
  }
}

function isInLongPause(connection: Connection): boolean {
  return (connection.kind === 'connecting' && connection.attempt === 3) || (connection.kind === 'reconnecting' && connection.attempt === 4);
}

const slowestOf = (recoveries: readonly Recovery[]): number => Math.max(0, ...recoveries.map(({ tookMs }) => tookMs));

const t5: Experiment = {
  id: 'T5',
  title: 'real sockets: silent, hung, half-open, dying in mid-message, a byte a second, 326, reset; for 1 to 70 s, jitter from end to end',
  target: 'rows again <= 30 s after the gateway is well (at the end of the 60 s pause once three attempts have failed), with the sums of its book, one session, 0 unhandled rejections',
  load: 'waits',
  run: async (setup) => {
    const recoveries: Recovery[] = [];
    const trials = gatewayFaults.flatMap((fault) => fault.seconds.flatMap((seconds) => [0, 0.999, setup.random()].map((jitter) => ({ fault, seconds, jitter }))));
    for (const { fault, seconds, jitter } of trials) {
      const name = `${fault.name} for ${seconds} s, jitter ${(20 * jitter - 10).toFixed(0)} %`;
      const result = await recovers(fault, seconds, jitter).catch((error: unknown) => ({ problem: String(error), tookMs: 0, inLongPause: false }));
      const late = result.tookMs > (result.inLongPause ? longPauseMs : 30 * second) ? `rows after ${result.tookMs / second} s` : null;
      const problem = result.problem ?? late;
      recoveries.push({ ...result, problem: problem === null ? null : `${name}: ${problem}` });
    }
    const problems = recoveries.flatMap(({ problem }) => problem ?? []);
    const [paused, others] = [recoveries.filter(({ inLongPause }) => inLongPause), recoveries.filter(({ inLongPause }) => !inLongPause)];
    return {
      reached: problems.length === 0,
      figure: `${gatewayFaults.length} faults, ${others.length} trials: slowest ${slowestOf(others) / second} s; ${paused.length} in the long pause: ${slowestOf(paused) / second} s${problems.length > 0 ? `; ${problems.slice(0, 5).join('; ')}` : ''}`,
    };
  },
};

/** The clocks jump in every way; rows go on without a burst, and every hole has its cause. */
async function jumps(random: () => number, count: number): Promise<readonly string[]> {
  const stand = new EngineStand();
  const { clock, delivery, gateway } = stand;
  gateway.onOpen = (session) => {
    session.book = [stock('SPY', 1)];
    session.ready();
  };
  stand.engine.start();
  const problems: string[] = [];
  for (let n = 0; n < count; n += 1) {
    await stand.seconds(130);
    const ms = Math.round(second * 28_800 ** random());
    const kind = pick(random, ['suspend', 'freeze', 'forward', 'back'] as const);
    const before = delivery.greeks.length;
    const sessions = gateway.sessions.length;
    const monotonic = clock.monotonic();
    if (kind === 'suspend') clock.suspend(ms);
    if (kind === 'freeze') clock.freeze(ms);
    if (kind === 'forward') clock.jumpWall(ms);
    if (kind === 'back') clock.jumpWall(-ms);
    await stand.seconds(30);
    const rows = delivery.greeks.length - before;
    // Seven in thirty seconds, one more for the poll that was due when the clock stood still.
    const most = 8;
    if (rows < 3 || rows > most) problems.push(`${kind} ${ms} ms: ${rows} rows in the 30 s after it`);
    const replaced = gateway.sessions.length > sessions;
    const mustReplace = (kind === 'suspend' && ms >= 6_500) || (kind === 'freeze' && ms > 32_000);
    if (mustReplace && !replaced) problems.push(`${kind} ${ms} ms: the session was kept`);
    if ((kind === 'forward' || kind === 'back') && replaced) problems.push(`${kind} ${ms} ms: a healthy session was ended`);
    if (stand.kind !== 'connected') problems.push(`${kind} ${ms} ms: ${stand.kind} (${(clock.monotonic() - monotonic) / second} s later)`);
  }
  await stand.engine.stop(0);
  const ledger = keepLedger({ rows: delivery.greeks.map(({ timestamp }) => timestamp), logs: delivery.logs.map(({ timestamp, message }) => ({ at: timestamp, message })) }, 5_000);
  if (ledger.unexplained.length > 0) problems.push(`unexplained: ${describeUnexplained(ledger).slice(0, 200)}`);
  return problems;
}

async function stoppedDaemon(stopMs: number): Promise<readonly string[]> {
  const stage = await Stage.open({ env: { BRIDGE_POLL_INTERVAL: '1' } });
  try {
    const rows = async (): Promise<readonly number[]> => {
      const found = await stage.server.query('SELECT (extract(epoch FROM timestamp) * 1000)::float8 AS at FROM portfolio_greeks ORDER BY id', [], stage.target.database).catch(() => []);
      return found.map(({ at }) => Number(at));
    };
    await until(async () => (await rows()).length >= 3, 'the first rows', 30_000);
    stage.daemon.signal('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, stopMs));
    stage.daemon.signal('SIGCONT');
    const thawedAt = Date.now();
    await until(async () => (await rows()).filter((at) => at > thawedAt + 3_000).length >= 3, 'rows after the stop', 60_000);
    const after = (await rows()).filter((at) => at > thawedAt - 500 && at < thawedAt + 10_000);
    const problems = after.length > 11 ? [`a burst of ${after.length} rows in 10 s`] : [];
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const ledger = await ledgerOf(stage.server, stage.target, 1_000);
    return ledger.unexplained.length > 0 ? [...problems, `unexplained: ${describeUnexplained(ledger)}`] : problems;
  } finally {
    stage.daemon.signal('SIGCONT');
    await stage.close();
  }
}

const t6: Experiment = {
  id: 'T6',
  title: 'clocks that jump by 1 s to 8 h (suspend, standstill, forward, back), and the built daemon stopped for 90 s',
  target: 'classified right, no burst, sockets replaced where time stood still, every gap explained',
  load: 'waits',
  run: async (setup) => {
    const count = amount(setup, 400, 40);
    const problems = [...(await jumps(setup.random, count)), ...(await stoppedDaemon(amount(setup, 90 * second, 35 * second)))];
    return { reached: problems.length === 0, figure: `${count} jumps and one stop, ${problems.length} problems${problems.length > 0 ? `: ${problems.slice(0, 3).join('; ')}` : ''}` };
  },
};

/** The built daemon, killed and started again beside faults of both sides; judged from the database alone. */
const d1: Experiment = {
  id: 'D1',
  title: 'the built daemon under kill -9, PostgreSQL stopped and started, gateway dropped, hung, 1100 and 1101, a row a second',
  target: 'rows once and in order, every sum one that the book had, 0 unexplained gaps (from the database alone)',
  load: 'waits',
  run: async (setup) => {
    const stage = await Stage.open({ env: { BRIDGE_POLL_INTERVAL: '1' } });
    const { simulator, server, target } = stage;
    const startedAt = performance.now();
    const counts = new Map<string, number>();
    const happen = async (kind: string): Promise<void> => {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, between(setup.random, 200, 4_000)));
      if (kind === 'kill') {
        stage.daemon.signal('SIGKILL');
        await stage.daemon.exited;
        await pause();
        return stage.restartDaemon();
      }
      if (kind === 'database') {
        await server.stop('immediate');
        await pause();
        return server.start();
      }
      if (kind === 'drop') return simulator.drop();
      if (kind === 'half-open') return simulator.goHalfOpen();
      simulator.loseUpstream();
      await pause();
      simulator.restoreUpstreamDataLost();
    };
    try {
      await until(async () => (await server.query('SELECT 1 FROM portfolio_greeks', [], target.database).catch(() => [])).length > 0, 'the first row', 30_000);
      const lengthMs = amount(setup, 240 * second, 40 * second);
      while (performance.now() - startedAt < lengthMs) {
        await new Promise((resolve) => setTimeout(resolve, between(setup.random, 1_000, 8_000)));
        await happen(pick(setup.random, ['kill', 'kill', 'database', 'drop', 'half-open', '1100'] as const));
      }
      const marker = Date.now();
      await until(async () => (await server.query('SELECT 1 FROM portfolio_greeks WHERE timestamp > $1', [new Date(marker)], target.database).catch(() => [])).length > 0, 'a row after the last fault', 150_000);
      stage.daemon.signal('SIGTERM');
      await stage.daemon.exited;
      const rows = await server.query('SELECT (extract(epoch FROM timestamp) * 1000)::float8 AS at, delta FROM portfolio_greeks ORDER BY id', [], target.database);
      const times = rows.map(({ at }) => Number(at));
      const ledger = await ledgerOf(server, target, 1_000);
      const expected = simulator.expectedSums(stage.account).delta;
      // The market stands still here: every row of a whole book is the same sum.
      const wrong = rows.filter(({ delta }) => delta === null || Math.abs(Number(delta) - expected) > 1e-9 * Math.abs(expected));
      const problems = [
        new Set(times).size !== times.length && 'a row is there twice',
        times.some((at, index) => index > 0 && at < (times[index - 1] ?? 0)) && 'not in order',
        wrong.length > 0 && `${wrong.length} rows with a sum that the book never had`,
        ledger.unexplained.length > 0 && `${ledger.unexplained.length} unexplained gaps: ${describeUnexplained(ledger).slice(0, 300)}`,
        simulator.forbidden.length > 0 && 'an order message was sent',
      ].filter((problem) => problem !== false);
      const faults = [...counts].map(([kind, count]) => `${kind} ${count}`).join(', ');
      return { reached: problems.length === 0, figure: `${rows.length} rows, ${faults}, ${ledger.gapRows} gap rows, ${problems.length === 0 ? 'nothing wrong, every gap explained' : problems.join('; ')}` };
    } finally {
      await stage.close();
    }
  },
};

export const gatewayExperiments: readonly Experiment[] = [t5, t6, d1];
