import { systemClock, type Clock } from './clock.ts';
import { openDelivery } from './delivery/durable-delivery.ts';
import { historyPath, openHistory, type History } from './delivery/history.ts';
import { describeCauses } from './gap-tracker.ts';
import { Engine, type Recorder } from './engine.ts';
import { openGateway, respectPredecessor } from './gateway/open-gateway.ts';
import type { Logger } from './log/logger.ts';
import type { Settings } from './settings/settings.ts';

/** A whole bridge on real parts: engine, outbox and local history. */
export interface Bridge {
  readonly engine: Engine;
  readonly history: History;
  /** Ends everything in order; what is not delivered within `deadlineMs` waits in the outbox. */
  stop(deadlineMs: number, reason: string): Promise<void>;
}

export interface BridgeOptions {
  readonly settings: Settings;
  readonly clock?: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  /** What was found wrong before the start and did not stop it; told in api_logs. */
  readonly warnings?: readonly string[];
}

/**
 * Opens the outbox and the local history and composes the engine; nothing is dialled before `engine.start()`.
 *
 * @throws OutboxInUseError when another process holds the outbox, or when the mode cannot be served.
 */
export function openBridge({ settings, clock = systemClock, logger, random, warnings = [] }: BridgeOptions): Bridge {
  // The gateway first: a mode that cannot be served must not leave an open outbox behind.
  const gateway = openGateway(settings, clock);
  const delivery = openDelivery({ bufferPath: settings.bufferPath, target: settings.database, clock });
  const { greeksAt, logAt } = delivery.lastRecorded();
  respectPredecessor(settings, clock, greeksAt === null || logAt === null ? (greeksAt ?? logAt) : Math.max(greeksAt, logAt));
  const history = openHistory(historyPath(settings.bufferPath), clock);
  let first: typeof gateway | undefined = gateway;
  const engine = new Engine({
    settings,
    clock,
    delivery,
    recorder: recordInto(history),
    logger,
    random,
    warnings,
    openGateway: (next) => {
      const opened = first ?? openGateway(next, clock);
      first = undefined;
      return opened;
    },
  });
  return {
    engine,
    history,
    stop: async (deadlineMs, reason) => {
      await engine.stop(deadlineMs, reason);
      history.close();
    },
  };
}

function recordInto(history: History): Recorder {
  return {
    recordSnapshot: ({ at, delta, gamma, vega, theta, underlyingPrice }) =>
      history.appendSample({ timestamp: at, delta, gamma, vega, theta, underlyingPrice }),
    recordGap: (gap) => history.appendGap({ from: gap.from, to: gap.to, code: gap.causes[0]?.code ?? 'unknown', text: describeCauses(gap, 3) }),
    recordLog: (row) => history.appendLog(row),
    recordBook: (account, at) => history.appendBook(account, at),
  };
}
