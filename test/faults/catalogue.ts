import type { Experiment } from './experiment.ts';
import { killExperiments } from './kill-experiments.ts';

/** The long run, in the order in which it is started: what takes longest first. */
export const experiments: readonly Experiment[] = [...killExperiments];
