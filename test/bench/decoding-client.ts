import { performance } from 'node:perf_hooks';
import { IBApi } from '@stoqey/ib/dist/api/api.js';
import { EventName } from '@stoqey/ib/dist/api/data/enum/event-name.js';
import { systemClock } from '../../main/engine/clock.ts';
import { createSocketGateway } from '../../main/engine/gateway/socket/socket-gateway.ts';
import { answer } from './peer.ts';
import { END_CODE } from './simulator-questions.ts';

/*
 * A client of the simulator in a process of its own, because one that shares compiled code with the other is no floor.
 * Arguments: "session" (ours, ticks end in quotes) or "bare" (@stoqey/ib as it comes, with an empty listener), port.
 */

/** What decoding the ticks of one pump took, in milliseconds. */
export interface DecodingTime {
  readonly wallMs: number;
  /** Of this process, both user and system. */
  readonly processorMs: number;
}

interface Client {
  /** Calls `ended` when {@link END_CODE} comes. */
  onEnd(ended: () => void): void;
  /** Whether the ticks have arrived where they should. */
  verify(): void;
}

function openSession(port: number): Client {
  let ended: () => void = () => undefined;
  const session = createSocketGateway({ host: '127.0.0.1', port, clientId: 10, account: '', clock: systemClock }).open((event) => {
    if (event.type === 'notice' && event.foldKey === `code-${END_CODE}`) ended();
    if (event.type === 'closed') throw new Error(event.cause.text);
  });
  return {
    onEnd: (callback) => (ended = callback),
    verify: () => {
      const unpriced = session.legs().filter(({ conId }) => session.quote(conId)?.delta === undefined);
      if (session.legs().length === 0 || unpriced.length > 0) throw new Error(`${unpriced.length} of ${session.legs().length} legs have no delta`);
    },
  };
}

/** Asks for the same data as our session; the rate limiter of the library sends 40 messages a second. */
function openBare(port: number): Client {
  let ended: () => void = () => undefined;
  let requestId = 0;
  const api = new IBApi({ host: '127.0.0.1', port });
  api.on(EventName.nextValidId, () => api.reqPositions());
  api.on(EventName.position, (_account, contract) => {
    api.reqMktData((requestId += 1), { ...contract, exchange: 'SMART' }, '', false, false);
  });
  api.on(EventName.tickOptionComputation, () => undefined);
  api.on(EventName.info, (_text, code) => {
    if (code === END_CODE) ended();
  });
  api.on(EventName.error, (error, code) => {
    throw new Error(`${code}: ${error.message}`);
  });
  api.connect(10);
  return { onEnd: (callback) => (ended = callback), verify: () => undefined };
}

const [, , kind, port] = process.argv;
const client = kind === 'session' ? openSession(Number(port)) : openBare(Number(port));
answer<object>(async (): Promise<DecodingTime> => {
  const usage = process.cpuUsage();
  const startedAt = performance.now();
  await new Promise<void>((resolve) => client.onEnd(resolve));
  const { user, system } = process.cpuUsage(usage);
  const time = { wallMs: performance.now() - startedAt, processorMs: (user + system) / 1_000 };
  client.verify();
  return time;
});
