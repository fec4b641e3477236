import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepEqualParts } from '../../renderer/live/keep-equal-parts.ts';
import { arrangeLegs, legsCsv, sumLegs } from '../../renderer/legs/legs-view.ts';
import { changeOf, draftOf } from '../../renderer/settings/draft.ts';
import { viewTiles } from '../../renderer/tiles/tile-view.ts';
import { viewConnection } from '../../renderer/words/connection-view.ts';
import { toCsv } from '../../renderer/words/csv.ts';
import { unitOf } from '../../renderer/words/greek-words.ts';
import { advice } from '../../renderer/words/sentences.ts';
import { makeLegs, unprice } from './fixtures/book.ts';
import { scenarios } from './fixtures/scenarios.ts';
import { makeSettings } from './fixtures/settings.ts';

test('vega and theta are in the currency of the legs, and in none where that is not one', () => {
  assert.deepEqual(['USD', 'EUR', null].map((currency) => unitOf('vega', currency)), ['$ per vol point', 'EUR per vol point', 'per vol point']);
  assert.equal(unitOf('delta', 'EUR'), 'shares');
});

test('each state has its word, its shape and the command that helps', () => {
  const seen = Object.entries(scenarios).map(([name, { overview }]) => {
    const { word, shape, buttons } = viewConnection(overview.state);
    return [name, `${word} ${shape} ${buttons.map(({ command }) => command).join(' ')}`.trim()];
  });
  assert.deepEqual(Object.fromEntries(seen.filter(([name = '']) => !/positions|huge|sums|coverage|delayed|draining|database|durable|browser|loading|failed|warming|first|alarm/.test(name))), {
    connected: 'Connected full pause',
    stopped: 'Stopped square',
    connecting: 'Connecting arc pause',
    degraded: 'Degraded triangle reconnect pause',
    reconnecting: 'Reconnecting arc reconnect pause',
    'reset-window': 'Reset window crescent reconnect pause',
    'needs-login': 'Needs login triangle open-login pause',
    'account-choice': 'Choose account triangle',
    'paused-by-user': 'Paused bars resume',
    'paused-by-sleep': 'Asleep bars reconnect',
  });
});

test('sums of a connection that warms up are not passed off as the sums of the book', () => {
  const { overview } = scenarios['warming-up'];
  const view = viewTiles(overview);
  assert.equal(view.sums, null);
  assert.equal(view.coverage?.priced, 38);
});

test('the age while live is that of the newest tick: sums are added up again and again from old quotes', () => {
  const { overview } = scenarios.connected;
  assert.equal(viewTiles({ ...overview, lastTickAt: overview.now - 3_600_000 }).asOf, overview.now - 3_600_000);
});

test('advice that ends in statements is split from them', () => {
  assert.deepEqual(advice("run as the tables' owner:\nGRANT a;\nGRANT b;"), { text: "Run as the tables' owner:", statements: 'GRANT a;\nGRANT b;' });
  assert.deepEqual(advice('check the port'), { text: 'Check the port.', statements: null });
  assert.equal(advice(undefined), null);
});

test('an update that changes one part keeps every other part the same object', () => {
  const before = { a: { x: 1, list: [{ id: 1 }, { id: 2 }] }, b: { y: 2 } };
  const after = keepEqualParts(before, { a: { x: 1, list: [{ id: 1 }, { id: 3 }] }, b: { y: 2 } });
  assert.equal(after.b, before.b);
  assert.equal(after.a.list[0], before.a.list[0]);
  assert.deepEqual(after.a.list[1], { id: 3 });
  assert.equal(keepEqualParts(before, structuredClone(before)), before);
  assert.notEqual(keepEqualParts({ a: 1, b: 2 } as object, { a: 1 }), undefined);
  assert.deepEqual(keepEqualParts({ a: 1, b: 2 } as object, { a: 1 }), { a: 1 });
});

test('legs sort by any column with what is not known last, and search by words', () => {
  const legs = unprice(makeLegs(12), { 4: 'no data yet' });
  for (const descending of [true, false]) {
    const deltas = arrangeLegs(legs, 'all', '', { column: 'delta', descending }).map(({ delta }) => delta);
    assert.equal(deltas.at(-1), null);
    const known = deltas.slice(0, -1) as number[];
    assert.deepEqual(known, [...known].sort((one, other) => (descending ? other - one : one - other)));
  }
  const order = { column: 'contract', descending: false } as const;
  const puts = legs.filter(({ symbol, right }) => symbol === 'AAPL' && right === 'P');
  assert.ok(puts.length > 0);
  assert.deepEqual(new Set(arrangeLegs(legs, 'all', 'aapl  p', order)), new Set(puts));
  assert.equal(arrangeLegs(legs, 'all', 'no data', order).length, 1);
  assert.deepEqual(arrangeLegs(legs, 'unpriced', '', order).map(({ conId }) => conId), [legs[4]?.conId]);
});

test('the sums of shown legs leave out what is not priced and count it', () => {
  const legs = unprice(makeLegs(3), { 2: 'no data yet' });
  assert.deepEqual(sumLegs(legs), { legs: 3, priced: 2, sums: { delta: 248, gamma: 0, vega: 0, theta: 0 } });
  assert.equal(sumLegs(unprice(makeLegs(1), { 0: 'no data yet' })).sums, null);
});

test('CSV has every digit, an empty cell for what is not known, and no formula', () => {
  assert.equal(toCsv(['a', 'b'], [[0.1 + 0.2, null], ['=1+1', 'say "a, b"']]), 'a,b\r\n0.30000000000000004,\r\n\'=1+1,"say ""a, b"""\r\n');
  const [head = '', row = ''] = legsCsv(unprice(makeLegs(1), { 0: 'no data yet' })).split('\r\n');
  assert.equal(head.split(',').length, row.split(',').length);
  assert.match(row, /,no data yet$/);
});

test('only what was changed in Settings is sent, and never a locked field', () => {
  const view = makeSettings({}, { clientId: 'IB_CLIENT_ID in the environment' });
  const draft = { ...draftOf(view), socketPort: '7496', dbHost: ' ', clientId: '99' };
  assert.deepEqual(changeOf(draft, view), { change: { socketPort: 7496, dbHost: null }, errors: {} });
  assert.deepEqual(changeOf({ ...draft, socketPort: '74x6' }, view), { change: { dbHost: null }, errors: { socketPort: 'A number is needed here.' } });
});
