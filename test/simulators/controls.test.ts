import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';

import { until } from '../support/until.ts';
import { applyControl, describeStatus } from './controls.ts';
import { createStand } from './tws/stand.ts';

async function createControls(context: TestContext) {
  const stand = await createStand(context, {}, { accounts: ['DU1', 'DU2'] });
  return { ...stand, control: (line: string) => applyControl(stand.simulator, line) };
}

test('every misbehaviour can be switched on and shows in the status; calm switches all off', async (context) => {
  const { simulator, control } = await createControls(context);
  const lines: readonly (readonly [string, RegExp])[] = [
    ['silence on', /silent/], ['hang on', /hanging in the handshake/], ['no-id on', /no nextValidId/], ['id-in-use on', /client id in use/],
    ['refuse on', /refusing connections/], ['delay 250', /250 ms late/], ['trickle 1 1000', /trickling/], ['details silent', /contract details silent/],
    ['data delayed', /delayed data/], ['greeks off SPX', /Greeks spoilt for 16/], ['greeks nan AAPL', /Greeks spoilt for 26/],
    ['deny 354 ES', /data denied for 13/], ['1100', /link to IBKR lost/],
  ];
  for (const [line, shown] of lines) {
    await control(line);
    assert.match(describeStatus(simulator), shown, line);
  }
  await control('calm');
  assert.match(describeStatus(simulator), /all well$/);
  await control('2103');
  assert.match(await control('status'), /market-data farm broken/);
  await control('2104');
  assert.match(await control('status'), /all well$/);
});

test('connections are dropped, refused and accepted by command', async (context) => {
  const { client, control } = await createControls(context);
  const first = await client().connect();
  assert.equal(await control('drop'), 'every connection closed');
  await until(() => first.disconnected, 'the end');
  await control('refuse on');
  const refused = client();
  refused.api.connect();
  await until(() => refused.all('error').length > 0, 'the refusal');
  await control('REFUSE OFF');
  await client().connect();
});

test('trades by symbol, local symbol and conId, in the account that is named', async (context) => {
  const { simulator, control } = await createControls(context);
  const spx = simulator.book.positions('DU1')[0]?.instrument;
  assert.equal(await control('trade AAPL -50'), 'DU1 now holds 800 AAPL');
  assert.equal(await control('trade AAPL 5.5 DU2'), 'DU2 now holds 15.5 AAPL');
  assert.equal(await control(`trade "${spx?.localSymbol}" 3`), `DU1 now holds -7 ${spx?.localSymbol}`);
  assert.equal(await control(`close ${spx?.conId}`), `DU1 closed ${spx?.localSymbol}`);
  assert.match(await control(`close ${spx?.conId}`), /^DU1 holds no /);
  assert.match(await control('sums'), /^delta 797\.0000 .* 2 of 39 legs$/);
});

test('an underlying can be put at a price, which its options follow at once', async (context) => {
  const { simulator, client, control, instrument } = await createControls(context);
  const option = instrument('OPT', 'SPX');
  const reader = await client().connect();
  reader.subscribe(1, { conId: option.conId, exchange: 'SMART' });
  await reader.settled();
  assert.equal(await control('price SPX 5555'), 'SPX is at 5555');
  await reader.settled();
  assert.equal(reader.ticks(1).get(13)?.at(-1), 5555);
  assert.equal(simulator.book.market.quote(416904).last, 5555);
});

test('a wrong line is answered with what is wrong and how it goes, and changes nothing', async (context) => {
  const { simulator, control } = await createControls(context);
  for (const [line, answer] of [
    ['fly', /unknown command "fly"; try: help/], ['silence', /a word is missing; usage: silence on\|off/], ['silence maybe', /"maybe" is not one of on, off/],
    ['delay soon', /"soon" is not a number/], ['delay -1', /-1 is negative/], ['trickle 0 5', /0 is not a number of bytes/], ['trade XYZ 5', /no instrument "XYZ"/],
    ['trade SPX', /a number is missing/], ['trade AAPL 5 DU9', /no account "DU9", only DU1, DU2/], ['greeks off', /a target is missing/],
    ['price all 5', /"all" is not one instrument/], ['price SPX 0', /a price of 0/], ['1102 maybe', /"maybe" is not one of dead/],
  ] as const) {
    assert.match(await control(line), answer, line);
  }
  assert.equal(await control('   '), '');
  assert.match(describeStatus(simulator), /all well$/);
});

test('help names every command', async (context) => {
  const { control } = await createControls(context);
  const help = await control('help');
  for (const name of ['drop', 'silence on|off', '1100', '1101', '1102', 'refuse on|off', 'greeks', 'trade', 'freeze', 'calm']) assert.ok(help.includes(`  ${name}`), name);
});
