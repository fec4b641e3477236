import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { TestContext } from 'node:test';

import type { Gateway, Session, SessionEvent } from '../../../../main/engine/gateway/gateway.ts';
import { createPortalGateway, type PortalGatewayOptions } from '../../../../main/engine/gateway/portal/portal-gateway.ts';
import { aggregate } from '../../../../main/engine/greeks/aggregate.ts';
import type { Leg, LegQuote } from '../../../../main/engine/greeks/leg.ts';
import type { Snapshot } from '../../../../main/engine/state.ts';
import type { ExpectedSums } from '../../../simulators/book.ts';
import { createDemoBook } from '../../../simulators/demo-book.ts';
import { PortalSimulator, type PortalSimulatorOptions } from '../../../simulators/portal/simulator.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { until } from '../../../support/until.ts';

/** A session with everything that it told, closed when the test ends. */
export interface Recorded {
  readonly session: Session;
  readonly events: SessionEvent[];
}

/** The simulator with the demo's book of 40 legs, and a gateway on the same manual clock. */
export async function startPortal(test: TestContext, options: Partial<PortalSimulatorOptions> & { readonly gateway?: Partial<PortalGatewayOptions>; readonly clock?: ManualClock } = {}) {
  const { gateway: gatewayOptions, clock = new ManualClock(), ...rest } = options;
  const simulator = new PortalSimulator({ book: createDemoBook({ today: '20260304' }), ...rest, clock });
  await simulator.listen();
  simulators.add(simulator);
  test.after(async () => {
    simulators.delete(simulator);
    await simulator.close();
  });
  const gateway = createPortalGateway({ url: simulator.url, account: '', clock, ...gatewayOptions });
  clocks.set(gateway, clock);
  return { clock, simulator, gateway };
}

export function record(test: TestContext, gateway: Gateway): Recorded {
  const events: SessionEvent[] = [];
  const session = gateway.open((event) => void events.push(event));
  test.after(() => closeOn(clocks.get(gateway), session));
  return { session, events };
}

const clocks = new WeakMap<Gateway, ManualClock>();

/** Closes a session; its goodbye keeps to the pace as well, so the clock moves meanwhile. */
async function closeOn(clock: ManualClock | undefined, session: Session): Promise<void> {
  let isClosed = false;
  const closing = session.close().finally(() => (isClosed = true));
  if (clock !== undefined) await advanceUntil(clock, () => isClosed, 'closed');
  await closing;
}

export function eventsOf<T extends SessionEvent['type']>(events: readonly SessionEvent[], type: T): Extract<SessionEvent, { type: T }>[] {
  return events.filter((event): event is Extract<SessionEvent, { type: T }> => event.type === type);
}

/** Moves the clock in small steps that leave real I/O its turns, until `predicate` holds; at most `limitMs` of the clock's time. */
export async function advanceUntil(clock: ManualClock, predicate: () => boolean, what: string, limitMs = 120_000, stepMs = 50): Promise<void> {
  const from = clock.monotonic();
  await until(async () => {
    if (predicate()) return true;
    if (clock.monotonic() - from > limitMs) throw new Error(`not within ${limitMs} ms of the clock: ${what}`);
    await settle();
    if (predicate()) return true;
    await clock.advance(stepMs);
    return predicate();
  }, what, 20_000);
}

/** Moves the clock by `ms` in steps of 50 ms, with time for real answers after each. */
export async function advance(clock: ManualClock, ms: number): Promise<void> {
  for (let moved = 0; moved < ms; moved += 50) {
    await settle();
    await clock.advance(Math.min(50, ms - moved));
  }
  await settle();
}

/** HTTP requests of this process that have not ended, and simulators that may be holding some back. */
let inFlight = 0;
const simulators = new Set<PortalSimulator>();

subscribe('http.client.request.created', (message) => {
  const { request } = message as { readonly request: ClientRequest };
  inFlight += 1;
  request.once('close', () => (inFlight -= 1));
});

/** Lets what is on its way over loopback arrive: until no request is open but those that a simulator does not answer. */
export async function settle(): Promise<void> {
  for (let quiet = 0, turn = 0; quiet < 4 && turn < 2_000; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    const heldBack = [...simulators].reduce((sum, simulator) => sum + simulator.unanswered, 0);
    quiet = inFlight <= heldBack ? quiet + 1 : 0;
  }
}

export async function untilReady(clock: ManualClock, { events }: Recorded): Promise<void> {
  await advanceUntil(clock, () => {
    const [closed] = eventsOf(events, 'closed');
    if (closed !== undefined) throw new Error(`closed instead of ready: ${closed.cause.text}`);
    return eventsOf(events, 'ready').length > 0;
  }, 'ready');
}

/** Advances until every option of the session has its four Greeks. */
export async function untilPriced(clock: ManualClock, recorded: Recorded): Promise<void> {
  await untilReady(clock, recorded);
  await advanceUntil(clock, () => {
    const { coverage } = sumsOf(recorded.session, clock);
    return coverage.legs > 0 && coverage.priced === coverage.legs;
  }, 'every leg priced');
}

export async function untilClosed(clock: ManualClock, { events }: Recorded): Promise<Extract<SessionEvent, { type: 'closed' }>> {
  await advanceUntil(clock, () => eventsOf(events, 'closed').length > 0, 'closed');
  const [closed] = eventsOf(events, 'closed');
  if (closed === undefined) throw new Error('not closed');
  return closed;
}

export function sumsOf(session: Session, clock: ManualClock): Snapshot {
  return aggregate(session.legs(), (conId) => session.quote(conId), { at: clock.now(), underlyingSymbol: null });
}

/** The largest relative difference of the four sums. */
export function difference(one: Pick<ExpectedSums, 'delta' | 'gamma' | 'vega' | 'theta'>, other: Snapshot): number {
  return Math.max(...(['delta', 'gamma', 'vega', 'theta'] as const).map((greek) => Math.abs(one[greek] - (other[greek] ?? NaN)) / Math.max(1, Math.abs(one[greek]))));
}

export function quoteOf(session: Session, conId: number): LegQuote {
  const quote = session.quote(conId);
  if (quote === undefined) throw new Error(`no quote of ${conId}`);
  return quote;
}

export function firstOption(session: Session): Leg {
  const leg = session.legs().find(({ kind }) => kind === 'OPT');
  if (leg === undefined) throw new Error('no option in the book');
  return leg;
}
