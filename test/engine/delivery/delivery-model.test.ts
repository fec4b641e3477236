import { test } from 'node:test';
import fc from 'fast-check';
import { World, type Action } from './delivery-model.ts';
import { explore, unchanged } from './explore.ts';

const runs = Number(process.env['MODEL_RUNS'] ?? 2_000);
const seed = process.env['MODEL_SEED'] === undefined ? undefined : Number(process.env['MODEL_SEED']);

test(`no sequence of outages, frozen backends, crashes, backups and restores loses, doubles or reorders a row (${runs} runs)`, async () => {
  const details = await explore(unchanged, runs, seed);
  if (details.failed) throw new Error(fc.defaultReportMessage(details));
});

test('a database restored from a backup, and a crash before its rows are sent again: they are known to wait', async () => {
  const world = new World();
  const actions: readonly Action[] = [
    { kind: 'fault', fault: 'drop-before' },
    { kind: 'append', rows: 1 },
    { kind: 'database-dump' },
    { kind: 'stop-and-start' },
    { kind: 'fault', fault: 'drop-before' },
    { kind: 'database-restore' },
    { kind: 'crash-at', point: 'before-append' },
    { kind: 'fault', fault: 'hang' },
    { kind: 'append', rows: 1 },
    { kind: 'database', up: false },
    { kind: 'crash' },
  ];
  for (const action of actions) await world.perform(action);
  await world.checkLiveness();
  await world.dispose();
});
