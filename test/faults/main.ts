import { parseArgs } from 'node:util';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { experiments } from './catalogue.ts';
import { NotRunError, seededRandom, type Experiment, type Outcome } from './experiment.ts';
import { tabulate, type Result } from './table.ts';

/*
 * `npm run test:faults`: every experiment of the long run, two busy ones at a time and one that waits, then one table. Exit code 1 when one falls short.
 *
 *   npm run test:faults                     everything
 *   npm run test:faults -- P1 G4            some of them
 *   npm run test:faults -- P1 --seed 17     the same run again
 *   npm run test:faults -- --share 0.05     a twentieth of each figure, while developing
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, share: { type: 'string', default: '1' }, lanes: { type: 'string', default: '2' }, single: { type: 'boolean', default: false } },
});
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const share = Number(values.share);

if (values.single) await runHere(positionals[0] ?? '');
else process.exitCode = await runAll();

/** In the child process of one experiment: the outcome goes to the parent. */
async function runHere(id: string): Promise<void> {
  const experiment = experiments.find((each) => each.id === id);
  if (experiment === undefined) throw new Error(`no experiment ${id}`);
  const unhandled: string[] = [];
  process.on('unhandledRejection', (error) => unhandled.push(String(error)));
  process.on('uncaughtException', (error) => unhandled.push(String(error)));
  const answer = await attempt(experiment, unhandled);
  process.send?.(answer);
  process.disconnect();
  process.exit(0);
}

async function attempt(experiment: Experiment, unhandled: readonly string[]): Promise<Outcome | { readonly notRun: string }> {
  try {
    const say = (line: string): void => console.log(`${experiment.id}: ${line}`);
    const outcome = await experiment.run({ seed, share, random: seededRandom(seed), say });
    return unhandled.length === 0 ? outcome : { reached: false, figure: `${outcome.figure}; nobody caught: ${unhandled.slice(0, 3).join(' | ')}` };
  } catch (error) {
    if (error instanceof NotRunError) return { notRun: error.message };
    console.error(error);
    return { reached: false, figure: error instanceof Error ? error.message : String(error) };
  }
}

async function runAll(): Promise<number> {
  const chosen = positionals.length === 0 ? experiments : experiments.filter(({ id }) => positionals.includes(id));
  if (chosen.length === 0) {
    console.error(`no experiment is called ${positionals.join(', ')}; there are ${experiments.map(({ id }) => id).join(', ')}`);
    return 1;
  }
  console.log(`seed ${seed}, share ${share}`);
  const results = new Map<string, Result>();
  const queueOf = (load: Experiment['load']): Experiment[] => chosen.filter((each) => each.load === load);
  const lane = async (queue: Experiment[]): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) results.set(next.id, await runChild(next));
  };
  await lane(queueOf('alone'));
  const busy = queueOf(undefined);
  await Promise.all([...Array.from({ length: Number(values.lanes) }, () => lane(busy)), lane(queueOf('waits'))]);
  const table = chosen.flatMap(({ id }) => results.get(id) ?? []);
  console.log(`\n${tabulate(table, seed)}`);
  return table.every(({ verdict }) => verdict !== 'failed') ? 0 : 1;
}

/** A process of its own: one experiment's crash, leak or blocked loop is not another's. */
async function runChild(experiment: Experiment): Promise<Result> {
  const startedAt = performance.now();
  console.log(`${experiment.id}: ${experiment.title}`);
  const child = fork(fileURLToPath(import.meta.url), [experiment.id, '--single', '--seed', String(seed), '--share', String(share)]);
  let answer: Outcome | { readonly notRun: string } | undefined;
  child.on('message', (message) => (answer = message as typeof answer));
  const [code] = (await once(child, 'exit')) as [number | null];
  const seconds = (performance.now() - startedAt) / 1_000;
  const { id, target } = experiment;
  if (answer === undefined) return { id, target, seconds, verdict: 'failed', figure: `the experiment's process ended with ${code}` };
  const result: Result =
    'notRun' in answer
      ? { id, target, seconds, verdict: 'not run', figure: answer.notRun }
      : { id, target, seconds, verdict: answer.reached ? 'reached' : 'failed', figure: answer.figure };
  console.log(`${id}: ${result.verdict}: ${result.figure} (${seconds.toFixed(0)} s)`);
  return result;
}
