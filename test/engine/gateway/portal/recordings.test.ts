import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readHoldings } from '../../../../main/engine/gateway/portal/positions.ts';
import { authStatusSchema, portfolioAccountsSchema, positionsSchema, secdefSchema, snapshotSchema, tickleSchema } from '../../../../main/engine/gateway/portal/schemas.ts';
import { readNumber } from '../../../../main/engine/gateway/portal/fields.ts';
import { readRecording, skipWithoutFixtures } from '../../../support/fixtures.ts';

const options = { skip: skipWithoutFixtures };

test('recorded positions of every shape are legs', options, () => {
  const byConId = readRecording('Portfolio/GET-portfolio-positions-by-conid.json') as Record<string, unknown>;
  const shapes: readonly (readonly [unknown, readonly (readonly [number, number])[]])[] = [
    [readRecording('Portfolio/GET-portfolio-positions-page0.json'), [[320227571, 3]]],
    [readRecording('Portfolio/GET-portfolio2-positions.json'), [[320227571, 3], [756733, 44]]],
    [byConId['U1234567'], [[756733, 44]]],
    [byConId['U1234567C'], [[756733, 44]]],
    [readRecording('Portfolio/GET-portfolio-positions-empty.json'), []],
  ];
  for (const [body, expected] of shapes) {
    const legs = readHoldings(positionsSchema.parse(body), new Map()).map(({ leg }) => leg);
    assert.deepEqual(legs.map(({ conId, position }) => [conId, position]), expected);
    assert.ok(legs.every(({ kind, multiplier, symbol }) => kind === 'STK' && multiplier === 1 && /^(QQQ|SPY)$/.test(symbol)));
  }
});

test('recorded status, tickle, accounts, definition and snapshot are read', options, () => {
  for (const name of ['Session/GET-auth-status.json', 'Session/POST-ssodh-init.json']) {
    const { authenticated, established, competing, connected } = authStatusSchema.parse(readRecording(name));
    assert.deepEqual({ authenticated, established, competing, connected }, { authenticated: true, established: true, competing: false, connected: true });
  }
  assert.equal(tickleSchema.parse(readRecording('Session/POST-tickle.json')).iserver?.authStatus?.authenticated, true);
  assert.deepEqual(portfolioAccountsSchema.parse(readRecording('Portfolio/GET-portfolio-accounts.json')), ['U1234567']);
  const [definition] = secdefSchema.parse(readRecording('Contracts/GET-trsrv-secdef.json')).secdef;
  assert.deepEqual([definition?.conid, definition?.ticker, definition?.multiplier, definition?.strike], [756733, 'SPY', 0, 0]);
  const [record] = snapshotSchema.parse(readRecording('MarketData/GET-snapshot.json'));
  assert.deepEqual([record?.conid, record?._updated, readNumber(record?.['31'])?.value, readNumber(record?.['83'])?.value], [756733, 1_775_169_600_000, 655.89, 0.54]);
});
