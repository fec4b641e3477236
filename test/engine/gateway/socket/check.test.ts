import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Finding, Gateway } from '../../../../main/engine/gateway/gateway.ts';
import { createDemoBook } from '../../../simulators/demo-book.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { until } from '../../../support/until.ts';
import { gatewayAt, outgoing, positionFrame, RawPeer, record, startSimulator, untilReady } from './support.ts';

/** Runs a check while the clock walks on. */
async function check(gateway: Gateway, clock: ManualClock, deadlineMs = 20_000): Promise<readonly Finding[]> {
  let findings: readonly Finding[] | undefined;
  void gateway.check(deadlineMs).then((found) => (findings = found));
  for (let i = 0; i < 5_000 && findings === undefined; i++) await clock.advance(10);
  assert.ok(findings !== undefined, 'the check came to no end');
  return findings;
}

function summary(findings: readonly Finding[]): string[] {
  return findings.map(({ subject, ok }) => `${subject} ${ok ? 'ok' : 'fails'}`);
}

test('a healthy gateway: everything works, one market-data line, nothing left open', async (t) => {
  const { gateway, simulator, clock } = await startSimulator(t);
  const findings = await check(gateway, clock);
  assert.deepEqual(summary(findings), ['Gateway ok', 'API handshake ok', 'Client id ok', 'Account ok', 'Positions ok', 'Market data ok', 'Read-only API ok']);
  assert.match(findings[1]!.detail, /193/);
  assert.match(findings[4]!.detail, /40 positions: 26 OPT, 12 FOP, 1 FUT, 1 STK/);
  assert.match(findings[5]!.detail, /delta .* \(live\)/);
  assert.equal(simulator.receivedOf('market-data').length, 1);
  assert.deepEqual(simulator.forbidden, []);
  assert.equal(clock.pendingTimers, 0);
});

test('nothing listens: one line, with what to do', async () => {
  const findings = await check(gatewayAt(1, new ManualClock()), new ManualClock());
  assert.deepEqual(summary(findings), ['Gateway fails']);
  assert.match(findings[0]!.action ?? '', /TWS or IB Gateway/);
});

test('the client id is in use: by our own session that is right, by another program it is not; the rest is tried with the next id', async (t) => {
  const { gateway, simulator, clock, port } = await startSimulator(t);
  await untilReady(record(t, gateway));
  const own = await check(gateway, clock);
  assert.ok(own.every(({ ok }) => ok));
  assert.match(own.find(({ subject }) => subject === 'Client id')?.detail ?? '', /by this bridge.*checked with 11/);
  const other = await check(gatewayAt(port, clock), clock);
  assert.deepEqual(other.filter(({ ok }) => !ok).map(({ subject }) => subject), ['Client id']);
  await until(() => simulator.clientIds().join() === '10', 'only our own session, undisturbed');
});

test('several accounts and none chosen', async (t) => {
  const { gateway, clock } = await startSimulator(t, { book: createDemoBook({ accounts: ['DU1', 'DU2'] }) });
  const findings = await check(gateway, clock);
  assert.deepEqual(summary(findings), ['Gateway ok', 'API handshake ok', 'Client id ok', 'Account fails']);
  assert.match(findings.at(-1)!.action ?? '', /IB_ACCOUNT/);
});

test('a gateway that accepts and never answers', async (t) => {
  const { gateway, simulator, clock } = await startSimulator(t);
  simulator.faults.hangInHandshake = true;
  assert.deepEqual(summary(await check(gateway, clock)), ['Gateway ok', 'API handshake fails']);
});

test('a deadline shorter than the gateway\'s silence ends the check', async (t) => {
  const { gateway, simulator, clock } = await startSimulator(t);
  simulator.faults.hangInHandshake = true;
  const findings = await check(gateway, clock, 3_000);
  assert.match(findings.at(-1)!.detail, /ran out of time/);
});

test('no market data: why, or that none came', async (t) => {
  const { gateway, simulator, clock } = await startSimulator(t);
  for (const { instrument } of simulator.book.positions('DU1234567')) simulator.refuse(instrument.conId, 354);
  const refused = (await check(gateway, clock)).find(({ subject }) => subject === 'Market data');
  assert.equal(refused?.ok, false);
  assert.match(refused?.detail ?? '', /not subscribed.*\(354\)/);

  const peer = await RawPeer.start(t, { positions: [positionFrame(1, 1)], onRequest: ([kind]) => kind === outgoing.marketData });
  const silent = (await check(gatewayAt(peer.port, clock), clock)).find(({ subject }) => subject === 'Market data');
  assert.match(silent?.detail ?? '', /no data within 5 s/);
});
