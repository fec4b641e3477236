import { createBookOfSize } from '../simulators/demo-book.ts';
import type { Field } from '../simulators/tws/framing.ts';
import { TwsSimulator } from '../simulators/tws/simulator.ts';
import type { ReceivedMessage } from '../simulators/tws/traffic.ts';
import { until } from '../support/until.ts';
import { answer } from './peer.ts';
import { END_CODE, type SimulatorQuestion } from './simulator-questions.ts';

/*
 * The simulator in a process of its own. Argument: legs of the book.
 */

const endOfPump: readonly Field[] = [4, 2, -1, END_CODE, 'end of the pump', ''];

const legs = Number(process.argv[2] ?? 60);
const simulator = new TwsSimulator({ book: createBookOfSize(legs), messagesPerSecond: Infinity, marketDataLines: Infinity });

async function respond(question: SimulatorQuestion): Promise<unknown> {
  switch (question.kind) {
    case 'listen':
      return (await simulator.listen()).port;
    case 'subscribed':
      return until(() => simulator.subscribedConIds().length === legs, 'every leg to be subscribed', 60_000);
    case 'pump':
      await simulator.pump(question.ticks);
      simulator.inject(endOfPump);
      return question.ticks;
    case 'tick-steadily':
      setInterval(() => void steadyPump(), 1_000);
      return true;
    case 'received':
      return simulator.received.map(({ request }: ReceivedMessage) => request);
  }
}

/** The daemon may leave while it is measured no more; that ends the ticks and nothing else. */
async function steadyPump(): Promise<void> {
  if (simulator.clientIds().length > 0) await simulator.pump(legs);
}

answer(respond);
