import { test } from 'node:test';
import fc from 'fast-check';
import { explore, unchanged } from './explore.ts';

const runs = Number(process.env['MODEL_RUNS'] ?? 2_000);
const seed = process.env['MODEL_SEED'] === undefined ? undefined : Number(process.env['MODEL_SEED']);

test(`no sequence of outages, frozen backends, crashes, backups and restores loses, doubles or reorders a row (${runs} runs)`, async () => {
  const details = await explore(unchanged, runs, seed);
  if (details.failed) throw new Error(fc.defaultReportMessage(details));
});
