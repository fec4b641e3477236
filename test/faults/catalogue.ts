import type { Experiment } from './experiment.ts';
import { crashAndRestoreExperiments } from './crash-and-restore-experiments.ts';
import { t1 } from './days-experiment.ts';
import { diskExperiments } from './disk-experiments.ts';
import { gatewayExperiments } from './gateway-experiments.ts';
import { killExperiments } from './kill-experiments.ts';
import { d2 } from './portal-experiment.ts';
import { repeatedTests } from './repeated-tests.ts';
import { slowAndDeadExperiments } from './slow-and-dead-experiments.ts';
import { t3 } from './supervision-experiments.ts';
import { p5 } from './zombie-experiment.ts';

/** The long run, in the order in which it is started: what takes longest first. */
export const experiments: readonly Experiment[] = [...repeatedTests, t1, t3, ...killExperiments, p5, ...slowAndDeadExperiments, ...crashAndRestoreExperiments, ...diskExperiments, ...gatewayExperiments, d2];
