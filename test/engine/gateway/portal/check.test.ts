import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';

import type { Finding, Gateway } from '../../../../main/engine/gateway/gateway.ts';
import { createDemoBook } from '../../../simulators/demo-book.ts';
import type { ManualClock } from '../../../support/manual-clock.ts';
import { advance, advanceUntil, eventsOf, record, settle, startPortal, sumsOf, untilPriced } from './support.ts';

async function check(clock: ManualClock, gateway: Gateway, deadlineMs = 30_000): Promise<readonly Finding[]> {
  let findings: readonly Finding[] | undefined;
  void gateway.check(deadlineMs).then((found) => (findings = found));
  await advanceUntil(clock, () => findings !== undefined, 'the findings', deadlineMs + 1_000);
  return findings ?? [];
}

function lines(findings: readonly Finding[]): readonly (readonly [string, boolean])[] {
  return findings.map(({ subject, ok }) => [subject, ok] as const);
}

async function failing(test: TestContext, prepare: (simulator: Awaited<ReturnType<typeof startPortal>>['simulator']) => void | Promise<void>) {
  const { clock, simulator, gateway } = await startPortal(test);
  await prepare(simulator);
  const findings = await check(clock, gateway);
  await settle();
  assert.equal(clock.pendingTimers, 0);
  return findings;
}

test('all is well: every step says so, one leg is sampled, and nothing is left open', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const findings = await check(clock, gateway);
  assert.deepEqual(lines(findings), [['Gateway', true], ['Certificate', true], ['Login', true], ['Account', true], ['Positions', true], ['Market data', true]]);
  assert.equal(findings[4]?.detail, '40 positions: 26 OPT, 12 FOP, 1 FUT, 1 STK');
  assert.match(findings[5]?.detail ?? '', /AAPL .*: delta -?0\.\d{4} \(live\)/);
  await settle();
  assert.deepEqual(simulator.streams.conIds(), []);
  assert.equal(simulator.openConnections, 0);
  assert.equal(clock.pendingTimers, 0);
});

test('what does not work is the last line, with what to do', async (t) => {
  const unreachable = await failing(t, (simulator) => simulator.refuseConnections());
  assert.deepEqual(lines(unreachable), [['Gateway', false]]);
  assert.match(unreachable[0]?.action ?? '', /Start the Client Portal Gateway/);
  const loggedOut = await failing(t, (simulator) => simulator.expire());
  assert.deepEqual(lines(loggedOut), [['Gateway', true], ['Certificate', true], ['Login', false]]);
  assert.match(loggedOut[2]?.action ?? '', /^Log in at https:\/\/localhost:/);
  const competing = await failing(t, (simulator) => simulator.compete());
  assert.equal(competing.at(-1)?.subject, 'Login');
  assert.match(competing.at(-1)?.detail ?? '', /another session/);
  const garbled = await failing(t, (simulator) => void simulator.faults.spoilt.set('/portfolio/DU1234567', 'half'));
  assert.deepEqual(lines(garbled).at(-1), ['Positions', false]);
  const silent = await failing(t, (simulator) => void (simulator.faults.silence = true));
  assert.deepEqual(lines(silent), [['Gateway', false]]);
});

test('several accounts: the check says which to choose from', async (t) => {
  const { clock, gateway } = await startPortal(t, { book: createDemoBook({ today: '20260304', accounts: ['DU1', 'DU2'] }) });
  const findings = await check(clock, gateway);
  assert.equal(findings.at(-1)?.action, 'Set IB_ACCOUNT to one of DU1, DU2');
});

test('a brokerage session that is closed is opened again, never against another one', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t, { gateway: { compete: true } });
  simulator.closeBrokerage();
  assert.equal((await check(clock, gateway)).every(({ ok }) => ok), true);
  simulator.compete();
  assert.equal((await check(clock, gateway)).at(-1)?.ok, false);
  assert.ok(simulator.isCompeting);
});

test('a check beside the bridge\'s own session costs it nothing', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  const streams = simulator.streams.conIds().length;
  const findings = await check(clock, gateway);
  assert.deepEqual(findings.filter(({ ok }) => !ok), []);
  assert.equal(simulator.streams.conIds().length, streams);
  await advance(clock, 10_000);
  assert.equal(sumsOf(recorded.session, clock).coverage.priced, 40);
  assert.deepEqual(recorded.events.filter(({ type }) => type !== 'ready' && type !== 'market-data'), []);
  assert.equal(eventsOf(recorded.events, 'closed').length, 0);
  assert.equal(simulator.limits.violations, 0);
});
