import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { explore, unchanged } from '../engine/delivery/explore.ts';
import { killAtPoints } from '../engine/delivery/kill-at-points.ts';
import { sharedServer } from '../support/postgres.ts';
import { amount, type Experiment } from './experiment.ts';
import { spoilEnvironment, spoilPortal, spoilSettingsFile } from './hostile-documents.ts';
import { spoilFrames } from './hostile-frames.ts';
import { spoilHttp, spoilRequests } from './hostile-requests.ts';

const m1: Experiment = {
  id: 'M1',
  title: 'model: random sequences of appends, poison, outages, frozen backends, crashes at named points, backups and restores of either side',
  target: '100,000 runs, 0 failures',
  run: async (setup) => {
    const runs = amount(setup, 100_000, 100);
    // In portions: fast-check keeps every run of a check until its end.
    const portion = 2_000;
    for (let done = 0; done < runs; done += portion) {
      const details = await explore(unchanged, Math.min(portion, runs - done), setup.seed + done);
      if (details.failed) return { reached: false, figure: `failed after ${done + details.numRuns} runs, seed ${setup.seed + done}: ${String(details.errorInstance)}` };
      if (done % 20_000 === 0) setup.say(`${done} runs`);
    }
    return { reached: true, figure: `${runs.toLocaleString('en-US')} runs, 0 failures` };
  },
};

const p3: Experiment = {
  id: 'P3',
  title: 'kill -9 at each named point of append, delivery and acknowledgement',
  target: '>= 30 kills at each of 9 points, 0/0/0',
  run: async (setup) => {
    const kills = amount(setup, 30, 2);
    const { points, problems } = await killAtPoints(await sharedServer(), kills, setup.random);
    return { reached: problems.length === 0, figure: `${points} points, ${points * kills} kills, ${problems.length === 0 ? '0 lost, 0 doubled, in order' : problems.join('; ')}` };
  },
};

/** A test file of the everyday command with larger figures. */
async function repeat(file: string, env: Readonly<Record<string, string>>): Promise<{ readonly passed: number; readonly failed: number }> {
  const path = fileURLToPath(new URL(`../engine/delivery/${file}`, import.meta.url));
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
  const child = spawn(process.execPath, ['--test', '--test-reporter=tap', path], { env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  const output: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  await once(child, 'close');
  const count = (word: string): number => Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(output.join(''))?.[1] ?? 0);
  return { passed: count('pass'), failed: count('fail') };
}

const w5: Experiment = {
  id: 'W5',
  title: 'damaged outbox: bit flip, zero page, truncated, header, log flipped, log missing',
  target: '50 of each: starts 300 of 300, every intact row recovered, 0 silently wrong',
  run: async (setup) => {
    const each = amount(setup, 50, 2);
    const { passed, failed } = await repeat('outbox-salvage.test.ts', { DAMAGE_RUNS: String(each) });
    return { reached: failed === 0 && passed >= 6, figure: `6 kinds of damage, ${each} each, ${failed} tests failed, ${passed} passed` };
  },
};

const hostile: Experiment = {
  id: 'H',
  title: 'hostile input: portal answers, settings files, environments, requests of a window, HTTP, TWS frames',
  target: '10,000 each: 0 crashes, 0 hangs, 0 wrong numbers',
  run: async (setup) => {
    const runs = amount(setup, 10_000, 100);
    spoilPortal(runs, setup.seed);
    spoilSettingsFile(runs, setup.seed);
    spoilEnvironment(runs, setup.seed);
    await spoilRequests(runs, setup.seed);
    await spoilHttp(runs, setup.seed);
    const { sessions } = await spoilFrames(runs, setup.seed);
    return { reached: true, figure: `6 x ${runs.toLocaleString('en-US')} inputs, 0 crashes, 0 hangs, 0 wrong sums (${sessions} gateway session${sessions === 1 ? '' : 's'})` };
  },
};

export const repeatedTests: readonly Experiment[] = [m1, p3, w5, hostile];
