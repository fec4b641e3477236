import assert from 'node:assert/strict';
import { test } from 'node:test';

import { chooseAccount } from '../../../../main/engine/gateway/account-choice.ts';
import { parseManagedAccounts } from '../../../../main/engine/gateway/socket/accounts.ts';
import { describeCode, meaningOf } from '../../../../main/engine/gateway/socket/codes.ts';
import { Upstream } from '../../../../main/engine/gateway/socket/upstream.ts';

const kinds: Readonly<Record<string, readonly number[]>> = {
  advisory: [10089, 10090, 10091, 10167],
  refusal: [354, 10168, 10186, 10197, 101, 200, 321, 322],
  'upstream-lost': [1100, 2110],
  'upstream-restored': [1101, 1102],
  'farm-broken': [2103],
  'farm-well': [2104, 2108],
  'session-over': [326, 502, 503, 504, 506, 507, 1300],
  harmless: [300, 2119, 501, 2106, 2107, 2158],
  // A farm for history or contract definitions makes no Greek wrong: told, and rows go on.
  notice: [100, 505, 2100, 2101, 2105, 2157, 31_337],
};

for (const [kind, codes] of Object.entries(kinds)) {
  test(`${codes.join(', ')}: ${kind}`, () => {
    for (const code of codes) assert.equal(meaningOf(code).kind, kind, String(code));
  });
}

test('a refusal is tried again after the time that its reason needs, or not at all', () => {
  const minutes = (code: number): number | undefined => {
    const meaning = meaningOf(code);
    assert.ok(meaning.kind === 'refusal');
    return meaning.retryAfterMs === undefined ? undefined : meaning.retryAfterMs / 60_000;
  };
  assert.deepEqual([354, 10168, 10186, 10197, 101, 200, 321].map(minutes), [15, 15, 15, 1, 5, undefined, undefined]);
});

test('people read a sentence with the code, without markup and never a page', () => {
  assert.equal(describeCode(1100, 'whatever'), 'the gateway has lost its connection to IBKR (1100)');
  assert.equal(describeCode(200, 'No security <br>definition\n has been found'), 'IBKR knows no such contract: No security definition has been found (200)');
  assert.equal(describeCode(31_337, ''), 'no text (31337)');
  assert.ok(describeCode(321, 'x'.repeat(5_000)).length < 400);
});

test('accounts: the only one, the chosen one in any case, or none', () => {
  assert.deepEqual(parseManagedAccounts('DU1, DU2,,DU1,'), ['DU1', 'DU2']);
  assert.deepEqual(chooseAccount('', ['DU1']), { kind: 'chosen', account: 'DU1' });
  assert.deepEqual(chooseAccount('du2', ['DU1', 'DU2']), { kind: 'chosen', account: 'DU2' });
  assert.deepEqual(chooseAccount('', ['DU1', 'DU2']), { kind: 'several' });
  assert.deepEqual(chooseAccount('DU3', ['DU1', 'DU2']), { kind: 'not-managed' });
  assert.deepEqual(chooseAccount('DU1', []), { kind: 'none' });
});

/** Feeds codes to the links behind the gateway; tells what each changed. */
function follow(...codes: readonly (readonly [code: number, text?: string])[]): string[] {
  const upstream = new Upstream();
  return codes.map(([code, text = '']) => {
    const meaning = meaningOf(code);
    assert.ok(meaning.kind === 'upstream-lost' || meaning.kind === 'upstream-restored' || meaning.kind === 'farm-broken' || meaning.kind === 'farm-well');
    const change = upstream.apply(code, meaning, text);
    return change.kind === 'up' && change.dataLost ? 'up, data lost' : change.kind;
  });
}

test('upstream: lost once however often it is repeated, restored with or without the data', () => {
  assert.deepEqual(follow([1100], [1100], [1100], [1102]), ['down', 'repeated', 'repeated', 'up']);
  assert.deepEqual(follow([1100], [1101]), ['down', 'up, data lost']);
  assert.deepEqual(follow([1101]), ['up, data lost']);
});

test('upstream: a farm is up when that farm says so, and the link to IBKR is not healed by a farm', () => {
  const broken = 'Market data farm connection is broken:usfarm';
  assert.deepEqual(follow([2104, 'Market data farm connection is OK:usfarm']), ['none']);
  assert.deepEqual(follow([2103, broken], [2104, 'Market data farm connection is OK:eufarm'], [2104, 'Market data farm connection is OK:usfarm']), ['down', 'none', 'up']);
  assert.deepEqual(follow([2103, broken], [1100], [2104, 'Market data farm connection is OK:usfarm'], [1102]), ['down', 'down', 'none', 'up']);
  assert.deepEqual(follow([2110], [2104, 'Market data farm connection is OK:usfarm']), ['down', 'up']);
});
