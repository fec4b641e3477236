import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BridgeStand } from '../support/bridge-stand.ts';
import { until } from '../support/until.ts';
import { anyText, noNumber as anyNoNumber } from './hostile-values.ts';

/** The library reads "1,5" as 1 and "1.2.3" as 1.2 before we see them: a text that begins like a number is one. */
const noNumber = anyNoNumber.filter((text) => !Number.isFinite(Number.parseFloat(text)) || Math.abs(Number.parseFloat(text)) > 1e7);

const small = fc.integer({ min: -3, max: 60 }).map(String);
const unknownId = fc.constantFrom('-1', '0', '999999', '2147483647');
/** Numbers that no line may take over, in a computation of a line that exists. */
const computation = fc.tuple(small, fc.constantFrom('10', '11', '12', '13', '83', '99'), fc.array(fc.oneof(noNumber, fc.constantFrom('-2', '1e12', '-1e12')), { minLength: 0, maxLength: 9 })).map(([id, tick, rest]) => ['21', id, tick, '0', ...rest]);
const price = fc.tuple(small, small, noNumber, fc.array(anyText, { maxLength: 3 })).map(([id, tick, value, rest]) => ['1', '6', id, tick, value, ...rest]);
/** Positions of somebody else, or without a quantity. */
const position = fc.tuple(fc.constantFrom('U999', '', 'all'), anyText, noNumber, fc.array(anyText, { maxLength: 14 })).map(([account, symbol, quantity, rest]) => ['61', '3', account, quantity, symbol, ...rest]);
const complaint = fc.tuple(unknownId, fc.oneof(fc.constantFrom('200', '321', '354', '101', '10090', '2104', '2106', '2158', '162', '0', '-5'), anyText), anyText).map(([id, code, text]) => ['4', '2', id, code, text, '']);
/** Kinds that mean something to us come from the generators above: here everything else, known to the library or not. */
const own = new Set([1, 2, 4, 9, 10, 15, 18, 45, 46, 49, 52, 57, 58, 61, 62, 81]);
const other = fc.tuple(fc.oneof(fc.integer({ min: -2, max: 130 }), fc.constantFrom(200, 999, 2_147_483_647)).filter((kind) => !own.has(kind) && kind !== 21), fc.array(fc.oneof(small, anyText), { maxLength: 20 })).map(([kind, rest]) => [String(kind), ...rest]);

const frame = fc.oneof({ weight: 3, arbitrary: computation }, { weight: 2, arbitrary: price }, { weight: 2, arbitrary: position }, { weight: 1, arbitrary: complaint }, { weight: 4, arbitrary: other });

/**
 * Frames through the real socket and the real decoder into a running bridge: it stays alive or comes back by itself, no sum is ever
 * something that no book can have, and as soon as the gateway tells true values again the sums are exactly those of its book.
 */
export async function spoilFrames(runs: number, seed: number): Promise<{ readonly sessions: number }> {
  const stand = await BridgeStand.open(null);
  const { engine } = stand.bridge;
  const { simulator } = stand;
  const limits = { delta: 0, gamma: 0, vega: 0, theta: 0 };
  const before = engine.state.snapshot;
  for (const greek of ['delta', 'gamma', 'vega', 'theta'] as const) limits[greek] = 10 * Math.abs(before?.[greek] ?? 0) + 1;
  const wrong: string[] = [];
  engine.subscribe(({ snapshot }) => {
    for (const greek of ['delta', 'gamma', 'vega', 'theta'] as const) {
      const value = snapshot?.[greek] ?? null;
      if (value !== null && !(Math.abs(value) <= limits[greek])) wrong.push(`${greek} ${value}`);
    }
  });
  const batch = 100;
  const samples = fc.sample(fc.array(frame, { minLength: batch, maxLength: batch }), { numRuns: Math.ceil(runs / batch), seed });
  for (const frames of samples) {
    for (const fields of frames) simulator.inject(fields.map((field) => field.replaceAll('\0', '')));
    await stand.pass(() => stand.kind !== 'connected' || simulator.openConnections > 0, 'the frames to be read', 250);
    await stand.clock.advance(5_000);
    await stand.pass(() => stand.kind === 'connected' && engine.state.live && engine.state.snapshot?.coverage.priced === 40, 'the bridge to be well again', 250);
    // The market moves and tells it: a line that took a hostile value over would show it now.
    simulator.sendValues();
    const rows = engine.state.rowsWritten;
    await until(() => engine.legs().every(({ quotedAt }) => quotedAt === stand.clock.now()), 'the true values');
    await stand.pass(() => engine.state.rowsWritten > rows, 'a row', 1_000);
    const expected = simulator.expectedSums('DU1234567');
    for (const greek of ['delta', 'gamma', 'vega', 'theta'] as const) {
      const value = engine.state.snapshot?.[greek] ?? Number.NaN;
      assert.ok(Math.abs(value - expected[greek]) <= 1e-9 * Math.max(1, Math.abs(expected[greek])), `${greek} is ${value}, the book says ${expected[greek]}`);
    }
  }
  const sessions = simulator.connectionsAccepted;
  await stand.close();
  assert.deepEqual(wrong, []);
  return { sessions };
}
