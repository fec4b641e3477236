import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../main/engine/clock.ts';
import { openDelivery, type DurableDelivery } from '../../main/engine/delivery/durable-delivery.ts';
import type { Session, SessionEvent } from '../../main/engine/gateway/gateway.ts';
import { createPortalGateway } from '../../main/engine/gateway/portal/portal-gateway.ts';
import { aggregate } from '../../main/engine/greeks/aggregate.ts';
import { createBookOfSize } from '../simulators/demo-book.ts';
import { PortalSimulator } from '../simulators/portal/simulator.ts';
import { until } from '../support/until.ts';
import { BareAppender, timed } from './cycle.ts';
import { figure, type Effort, type Figure, type Part } from './figure.ts';
import { median, quantile } from './statistics.ts';

const POLL_MS = 5_000;
const MAX_REQUESTS_AT_60 = 3;
const MAX_P99_RATIO = 3;

/** PORTAL mode on the real clock: what it asks for in steady state, how old its oldest number is, and the cycle on its quotes. */
export async function measurePortal(effort: Effort): Promise<Part> {
  const figures = [...(await measureBook(60, effort)), ...(await measureBook(300, effort)), ...(await measureCycleAt(60, effort))];
  return {
    title: 'PORTAL: requests, freshness and cycle',
    figures,
    remarks: [`${effort.windowSeconds} s on the real clock after every leg was priced; floor of the cycle as in SOCKET mode`],
  };
}

async function measureBook(legs: number, effort: Effort): Promise<readonly Figure[]> {
  const book = createBookOfSize(legs);
  const simulator = new PortalSimulator({ book, marketDataLines: legs + 10 });
  await simulator.listen();
  simulator.startTicking(1_000);
  const [account = ''] = book.accounts();
  const events: SessionEvent[] = [];
  const session = createPortalGateway({ url: simulator.url, account, clock: systemClock }).open((event) => events.push(event));
  try {
    await until(() => sum(session).coverage.priced === legs, 'every leg to be priced', 60_000);
    const steadyAt = systemClock.monotonic();
    const oldestMs = await watchAges(session, effort.windowSeconds);
    const requests = busiestWindow(simulator.received.map(({ at }) => at).filter((at) => at >= steadyAt));
    return [
      figure(`requests in the busiest 5 s at ${legs} legs`, requests, 'requests', legs === 60 ? { target: `at most ${MAX_REQUESTS_AT_60}`, reached: requests <= MAX_REQUESTS_AT_60 } : {}),
      figure(`oldest leg at any moment, ${legs} legs`, oldestMs, 'ms', { target: `under ${POLL_MS} ms`, reached: oldestMs < POLL_MS }),
    ];
  } finally {
    await session.close();
    await simulator.close();
  }
}

function sum(session: Session): ReturnType<typeof aggregate> {
  return aggregate(session.legs(), (conId) => session.quote(conId), { at: systemClock.now(), underlyingSymbol: null });
}

/** The age of the oldest leg, looked at all the time; a leg's Greeks are as old as the newest of them. */
async function watchAges(session: Session, seconds: number): Promise<number> {
  const until = performance.now() + seconds * 1_000;
  let oldest = 0;
  while (performance.now() < until) {
    const now = systemClock.now();
    for (const { conId } of session.legs()) oldest = Math.max(oldest, now - (session.quote(conId)?.delta?.at ?? 0));
    await pause(50);
  }
  return oldest;
}

function busiestWindow(instants: readonly number[]): number {
  return Math.max(0, ...instants.map((from) => instants.filter((at) => at >= from && at < from + POLL_MS).length));
}

/** The simulator in a process of its own: its garbage is not the bridge's. */
async function measureCycleAt(legs: number, effort: Effort): Promise<readonly Figure[]> {
  const program = join(import.meta.dirname, '..', 'simulators', 'main.ts');
  const child = spawn(process.execPath, [program, '--portal', '--port', '0', '--book', String(legs)], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const url = /https:\S+/.exec(line)?.[0];
    if (url === undefined) throw new Error(`the simulator does not say where it listens: ${line}`);
    const session = createPortalGateway({ url, account: '', clock: systemClock }).open(() => undefined);
    try {
      await until(() => session.legs().length === legs && sum(session).coverage.priced === legs, 'every leg to be priced', 60_000);
      return await measureCycleOn(session, effort);
    } finally {
      await session.close();
    }
  } finally {
    child.kill();
    await once(child, 'exit');
  }
}

/** From the last answer to the durable row: the sums over the session's own quotes, and the append. */
async function measureCycleOn(session: Session, { rounds, cycles }: Effort): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-bench-'));
  const delivery = openDelivery({ bufferPath: join(folder, 'outbox.sqlite'), target: null, clock: systemClock });
  const floor = new BareAppender(join(folder, 'bare.sqlite'));
  try {
    delivery.start(() => undefined);
    const summaries: { readonly p99: number; readonly floorP99: number }[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const summary = await measureRound(session, delivery, floor, cycles);
      if (round > 0) summaries.push(summary);
    }
    const ratio = median(summaries.map(({ p99, floorP99 }) => p99 / floorP99));
    const bare = { name: 'bare append', value: median(summaries.map(({ floorP99 }) => floorP99)), ratio };
    return [figure('p99 of the cycle at 60 legs', median(summaries.map(({ p99 }) => p99)), 'ms', { floor: bare, target: `at most ${MAX_P99_RATIO} x the floor`, reached: ratio <= MAX_P99_RATIO })];
  } finally {
    floor.close();
    await delivery.stop(0);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureRound(session: Session, delivery: DurableDelivery, floor: BareAppender, cycles: number): Promise<{ p99: number; floorP99: number }> {
  const product: number[] = [];
  const bare: number[] = [];
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    // Neither is always the one that finds the disk busy with the other's bytes.
    if (cycle % 2 === 0) bare.push(timed(() => floor.append()));
    product.push(timed(() => {
      const { at, delta, gamma, vega, theta, underlyingPrice } = sum(session);
      delivery.appendGreeks({ timestamp: at, contract: 'PORTFOLIO', delta, gamma, vega, theta, underlyingPrice });
    }));
    if (cycle % 2 === 1) bare.push(timed(() => floor.append()));
    await pause(0);
  }
  return { p99: quantile(product, 0.99), floorP99: quantile(bare, 0.99) };
}
