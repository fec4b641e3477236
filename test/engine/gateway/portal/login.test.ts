import assert from 'node:assert/strict';
import { test } from 'node:test';

import { advance, advanceUntil, eventsOf, record, settle, startPortal, sumsOf, untilClosed, untilPriced, untilReady } from './support.ts';

const POLL_MS = 5_000;

test('an expired session is seen within one poll, says where to log in, and goes on by itself within one poll of the login', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  const { events, session } = recorded;
  simulator.expire();
  await advanceUntil(clock, () => eventsOf(events, 'needs-login').length > 0, 'needs-login', POLL_MS);
  const cause = eventsOf(events, 'needs-login')[0]?.cause;
  assert.equal(cause?.code, 'login-needed');
  assert.equal(cause?.action, `Log in at ${simulator.url}`);

  // Shorter than the time after which values count as stale by their age alone.
  await advance(clock, 10_000);
  assert.equal(eventsOf(events, 'needs-login').length, 1, 'told once');
  assert.ok(clock.monotonic() - session.lastHeardAt() < 5_000, 'the gateway is still there');
  simulator.tick();
  simulator.login();
  await advanceUntil(clock, () => eventsOf(events, 'login-done').length > 0, 'login-done', POLL_MS);
  assert.equal(sumsOf(session, clock).coverage.priced, 2, 'no Greek from before the login stands after it');
  await advanceUntil(clock, () => sumsOf(session, clock).coverage.priced === 40, 'priced again', POLL_MS);
  assert.deepEqual(eventsOf(events, 'closed'), []);
  assert.equal(simulator.limits.violations, 0);
});

test('a gateway where nobody is logged in yet: needs-login while opening, ready after the login, however late', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  simulator.expire();
  const recorded = record(t, gateway);
  await advanceUntil(clock, () => eventsOf(recorded.events, 'needs-login').length > 0, 'needs-login', 1_000);
  await advance(clock, 300_000);
  assert.deepEqual(eventsOf(recorded.events, 'closed'), [], 'waiting for a person has no deadline');
  simulator.login();
  await advanceUntil(clock, () => eventsOf(recorded.events, 'ready').length > 0, 'ready', POLL_MS);
  const kinds = recorded.events.map(({ type }) => type);
  assert.deepEqual(kinds.filter((type) => type !== 'notice'), ['needs-login', 'login-done', 'ready']);
});

test('200 with "no session" in it is a login that ended, too', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  simulator.faults.noSessionIn200 = true;
  simulator.expire();
  recorded.session.probe();
  await advanceUntil(clock, () => eventsOf(recorded.events, 'needs-login').length > 0, 'needs-login', POLL_MS);
});

test('a brokerage session that timed out is opened again without a person, and without ending another session', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  simulator.closeBrokerage();
  await advanceUntil(clock, () => simulator.isBrokerageOpen, 'opened again', POLL_MS);
  await advanceUntil(clock, () => eventsOf(recorded.events, 'upstream-up').length > 0, 'going on', 10_000);
  assert.deepEqual(simulator.requestsTo('/iserver/auth/ssodh/init').map(({ body }) => body), [{ publish: true, compete: false }]);
  assert.deepEqual(eventsOf(recorded.events, 'needs-login'), []);
  // Between the two nothing may be written: the quotes are forgotten and fetched anew.
  assert.equal(eventsOf(recorded.events, 'upstream-down')[0]?.cause.code, 'session-interrupted');
  await advanceUntil(clock, () => sumsOf(recorded.session, clock).coverage.priced === 40, 'priced again', POLL_MS);
});

test('a brokerage session that cannot be opened again needs a person, and is tried twice a minute only', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  simulator.faults.reopenFails = true;
  simulator.closeBrokerage();
  await advance(clock, 60_000);
  assert.equal(eventsOf(recorded.events, 'needs-login')[0]?.cause.action, `Log in at ${simulator.url}`);
  const tries = simulator.requestsTo('/iserver/auth/ssodh/init').length;
  assert.ok(tries >= 2 && tries <= 3, `${tries} tries`);
});

test('a session that expired silently, with values that merely stand still, is found out within two polls', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  Object.assign(simulator.faults, { silentlyExpired: true, reopenFails: true });
  await advanceUntil(clock, () => eventsOf(recorded.events, 'needs-login').length > 0, 'needs-login', 2 * POLL_MS + 500);
});

test('another session of the same user is told and never ended, until its owner ends it', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  simulator.compete();
  await advanceUntil(clock, () => eventsOf(recorded.events, 'needs-login').length > 0, 'needs-login', POLL_MS);
  assert.equal(eventsOf(recorded.events, 'needs-login')[0]?.cause.code, 'competing-session');
  await advance(clock, 120_000);
  assert.deepEqual(simulator.requestsTo('/iserver/auth/ssodh/init'), []);
  assert.ok(simulator.isCompeting);
  simulator.isCompeting = false;
  await advanceUntil(clock, () => eventsOf(recorded.events, 'login-done').length > 0, 'login-done', POLL_MS);
});

test('with the user\'s leave the other session is ended', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t, { gateway: { compete: true } });
  simulator.compete();
  const recorded = record(t, gateway);
  await untilReady(clock, recorded);
  assert.deepEqual(simulator.requestsTo('/iserver/auth/ssodh/init').map(({ body }) => body), [{ publish: true, compete: true }]);
});

test('a login that is not through yet is waited for', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  simulator.faults.notEstablished = true;
  const recorded = record(t, gateway);
  await advance(clock, 5_000);
  assert.deepEqual(recorded.events, []);
  assert.deepEqual(simulator.requestsTo('/iserver/auth/ssodh/init'), []);
  simulator.faults.notEstablished = false;
  await untilReady(clock, recorded);
});

test('a login that falls back to not being through stops the rows until it is', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  simulator.faults.notEstablished = true;
  await advanceUntil(clock, () => eventsOf(recorded.events, 'upstream-down').length > 0, 'upstream-down', 2 * POLL_MS + 500);
  await advance(clock, 30_000);
  assert.deepEqual(eventsOf(recorded.events, 'upstream-up'), []);
  simulator.faults.notEstablished = false;
  await advanceUntil(clock, () => eventsOf(recorded.events, 'upstream-up').length > 0, 'upstream-up', POLL_MS);
});

test('another user logs in: the session ends rather than add up another account', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  simulator.expire();
  await advanceUntil(clock, () => eventsOf(recorded.events, 'needs-login').length > 0, 'needs-login');
  simulator.book.accounts = () => ['DU7654321'];
  simulator.login();
  assert.equal((await untilClosed(clock, recorded)).cause.code, 'account-changed');
});

test('maintenance (503) is told as IBKR out of reach, and over when it is over; while opening it ends the attempt', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  simulator.faults.maintenance = true;
  await advanceUntil(clock, () => eventsOf(recorded.events, 'upstream-down').length > 0, 'upstream-down', POLL_MS);
  assert.equal(eventsOf(recorded.events, 'upstream-down')[0]?.cause.code, 'upstream-503');
  const second = record(t, gateway);
  assert.equal((await untilClosed(clock, second)).cause.code, 'upstream-503');
  await advance(clock, 60_000);
  simulator.faults.maintenance = false;
  await advanceUntil(clock, () => eventsOf(recorded.events, 'upstream-up').length > 0, 'upstream-up', 10_000);
  assert.equal(eventsOf(recorded.events, 'upstream-down').length, 1);
  assert.deepEqual(eventsOf(recorded.events, 'needs-login'), []);
});

test('429 stops everything for 15 minutes, over sessions and checks, and says for how long', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  const recorded = record(t, gateway);
  await untilPriced(clock, recorded);
  simulator.limits.punish();
  const closed = await untilClosed(clock, recorded);
  assert.equal(closed.cause.code, 'rate-limited');
  assert.equal(closed.retryAfterMs, 15 * 60_000);
  await settle();
  const asked = simulator.received.length;
  await advance(clock, 300_000);
  const again = await untilClosed(clock, record(t, gateway));
  assert.ok(Math.abs((again.retryAfterMs ?? 0) - 10 * 60_000) < 2_000, `${again.retryAfterMs}`);
  const findings = await gateway.check(10_000);
  assert.equal(findings.at(-1)?.ok, false);
  assert.equal(simulator.received.length, asked, 'asked during the penalty');
  await advance(clock, 601_000);
  await untilReady(clock, record(t, gateway));
});
