import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeVerdict, isFlawless } from '../support/delivery-verdict.ts';
import { sharedServer } from '../support/postgres.ts';
import { seededRandom } from './experiment.ts';
import { killAgainAndAgain } from './kills.ts';

const kills = 100;
const seed = Number(process.env['KILL_SEED'] ?? 1);

test(`${kills} kills -9 at random instants with a row every 5 ms: nothing lost, doubled, out of order or wrong`, async (context) => {
  const server = await sharedServer();
  const target = await server.createDatabase();
  const verdict = await killAgainAndAgain({ server, target, kills, random: seededRandom(seed), lifeRows: [1, 44] });
  context.diagnostic(describeVerdict(verdict));
  assert.ok(isFlawless(verdict), describeVerdict(verdict));
  assert.ok(verdict.rows >= kills * 20, 'the processes lived long enough');
});
