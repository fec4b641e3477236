import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Batch, ConnectDatabase, DatabaseSession } from '../../../main/engine/delivery/database-session.ts';
import type { Mutant, World } from './delivery-model.ts';
import { explore } from './explore.ts';

/** The session with some of its methods replaced. */
function changed(session: DatabaseSession, changes: Partial<DatabaseSession>): DatabaseSession {
  const unchanged: DatabaseSession = {
    readWatermarks: (epochs, sink) => session.readWatermarks(epochs, sink),
    insertWatermarks: (entries) => session.insertWatermarks(entries),
    deliver: (batch, onSent) => session.deliver(batch, onSent),
    advance: (epoch, expected, through) => session.advance(epoch, expected, through),
    forget: (epochs) => session.forget(epochs),
    destroy: () => session.destroy(),
    end: () => session.end(),
  };
  return { ...unchanged, ...changes };
}

function onConnect(change: (session: DatabaseSession, world: World) => DatabaseSession): Mutant {
  const connect = (original: ConnectDatabase, world: World): ConnectDatabase => {
    return async (target, options) => change(await original(target, options), world);
  };
  return { connect };
}

/** What the server's watermark says at this moment, as a client that asks just before it sends would see it. */
function watermark(world: World, { epoch, expected }: Batch): number {
  return world.server.contents.watermarks.get(epoch) ?? expected;
}

const mutants: Readonly<Record<string, Mutant>> = {
  'no-cas: the statement moves the watermark wherever it stands': onConnect((session, world) => {
    world.server.unconditional = true;
    return session;
  }),
  'ack-first: rows count as delivered before the server has answered': onConnect((session) =>
    changed(session, {
      deliver: (batch, onSent) => {
        session.deliver(batch, onSent).catch(() => undefined);
        const greeks = batch.rows.filter(({ entry }) => entry.kind === 'greeks').length;
        return Promise.resolve({ moved: true, greeks, logs: batch.rows.length - greeks });
      },
    }),
  ),
  'reuse-epoch: a restarted process continues under the epoch of the one before': {
    random: () => (bytes) => Buffer.alloc(bytes, 7),
  },
  'expected-from-read: the watermark is read again right before sending and expected as it is': onConnect((session, world) =>
    changed(session, {
      deliver: (batch, onSent) => session.deliver({ ...batch, expected: watermark(world, batch) }, onSent),
    }),
  ),
  'batch-before-connect: the batch of the last connection is sent again after a reconnect, on top of what is there now': {
    connect: (original, world) => {
      let unanswered: Batch | null = null;
      return async (target, options) => {
        const session = await original(target, options);
        return changed(session, {
          deliver: async (batch, onSent) => {
            const chosen: Batch = unanswered ?? batch;
            unanswered = chosen;
            const result = await session.deliver({ ...chosen, expected: watermark(world, chosen) }, onSent);
            unanswered = null;
            return result;
          },
        });
      };
    },
  },
  'no-reconcile: a process reads the watermarks once and afterwards goes on where it believes it was': {
    connect: (original) => {
      const believed = new Map<string, number>();
      const believe = (epoch: string, expected: number, moved: boolean, rows: number): void => {
        if (moved) believed.set(epoch, expected + rows);
      };
      return async (target, options) => {
        const session = await original(target, options);
        return changed(session, {
          readWatermarks: async (epochs, sink) => {
            const marks = await session.readWatermarks(epochs, sink);
            for (const [epoch, settled] of marks.settled) if (!believed.has(epoch)) believed.set(epoch, settled);
            return { sink: marks.sink, settled: new Map(believed) };
          },
          insertWatermarks: async (entries) => {
            await session.insertWatermarks(entries);
            for (const { epoch, settled } of entries) believed.set(epoch, settled);
          },
          deliver: async (batch, onSent) => {
            const result = await session.deliver(batch, onSent);
            believe(batch.epoch, batch.expected, result.moved, batch.rows.length);
            return result;
          },
          advance: async (epoch, expected, through) => {
            const moved = await session.advance(epoch, expected, through);
            believe(epoch, expected, moved, through - expected);
            return moved;
          },
        });
      };
    },
  },
  'no-sink-id: every database is taken for a new one': onConnect((session) =>
    changed(session, {
      readWatermarks: async (epochs, sink) => ({ ...(await session.readWatermarks(epochs, sink)), sink: Math.floor(Math.random() * 2 ** 40) }),
    }),
  ),
};

const runs = Number(process.env['MUTANT_RUNS'] ?? 5_000);

for (const [name, mutant] of Object.entries(mutants)) {
  test(`the model finds the mutant ${name}`, async (context) => {
    const details = await explore(mutant, runs);
    assert.ok(details.failed, `survived ${runs} runs`);
    context.diagnostic(`killed in run ${details.numRuns}`);
  });
}
