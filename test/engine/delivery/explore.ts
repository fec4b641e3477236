import fc from 'fast-check';
import { World, type Action, type Mutant } from './delivery-model.ts';

const points = [
  'before-append',
  'in-append',
  'after-append',
  'before-send',
  'after-send',
  'after-response',
  'after-memory-ack',
  'in-ack-persist',
  'after-ack-persist',
  'after-bury',
] as const;

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('append' as const), rows: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'append-poison' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('database' as const), up: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('fault' as const), fault: fc.constantFrom('drop-before', 'commit-then-drop', 'zombie', 'hang') }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'fire-zombies' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'thaw-after-reconcile' as const }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.constantFrom(5_000, 10_000, 61_000) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'probe' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'stop-and-start' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'crash' as const }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('crash-at' as const), point: fc.constantFrom(...points) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'local-backup' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'local-restore' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'database-dump' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'database-restore' as const }) },
);

/** The protocol as it is. */
export const unchanged: Mutant = {};

/** Runs random sequences of outages, frozen backends, crashes, backups and restores against delivery, or against a mutant of it (then without shrinking). */
export function explore(mutant: Mutant, numRuns: number, seed?: number): Promise<fc.RunDetails<[Action[]]>> {
  const property = fc.asyncProperty(fc.array(action, { maxLength: 40, size: 'max' }), async (actions) => {
    const world = new World(mutant);
    try {
      for (const next of actions) await world.perform(next);
      await world.checkLiveness();
    } finally {
      await world.dispose();
    }
  });
  return Promise.resolve(fc.check(property, { numRuns, includeErrorInReport: true, endOnFailure: mutant !== unchanged, ...(seed !== undefined && { seed }) }));
}
