import type { Book } from '../book.ts';
import type { Computation } from '../market.ts';
import { computationFields, tickOptionComputation } from './answers.ts';
import type { Connection } from './connection.ts';
import type { Session } from './session.ts';

/** Market steps that are encoded ahead and sent over and over, so that values change from tick to tick. */
const ROUNDS = 16;

interface EncodedTick {
  readonly conId: number;
  readonly model: Computation;
  readonly frame: Buffer;
}

export interface Pumped {
  readonly ticks: number;
  readonly bytes: number;
}

/**
 * Sends `count` model computations to one client as fast as its socket takes them, in turn over its option lines; frames are
 * encoded beforehand. `onSent` is told the last computation of every line.
 */
export async function pumpTicks(
  connection: Connection, session: Session, book: Book, count: number, onSent: (conId: number, model: Computation) => void,
): Promise<Pumped> {
  const rounds = Array.from({ length: ROUNDS }, () => encodeRound(session, book));
  const lines = rounds[0]?.length ?? 0;
  if (lines === 0) throw new Error('nothing to pump: the client has no option lines');
  const whole = rounds.map((round) => Buffer.concat(round.map(({ frame }) => frame)));
  const last = new Map<number, Computation>();
  let bytes = 0;
  for (let sent = 0, round = 0; sent < count; sent += lines, round = (round + 1) % ROUNDS) {
    const ticks = (rounds[round] as readonly EncodedTick[]).slice(0, count - sent);
    const chunk = ticks.length === lines ? (whole[round] as Buffer) : Buffer.concat(ticks.map(({ frame }) => frame));
    bytes += chunk.length;
    if (count - sent < 2 * lines) for (const { conId, model } of ticks) last.set(conId, model);
    if (!connection.outgoing.sendRaw(chunk)) await connection.drained();
  }
  for (const [conId, model] of last) onSent(conId, model);
  return { ticks: count, bytes };
}

function encodeRound(session: Session, book: Book): readonly EncodedTick[] {
  book.market.step();
  const round: EncodedTick[] = [];
  for (const { reqId, instrument, dead } of session.feed.subscriptions()) {
    const model = book.market.computation(instrument.conId, 'model');
    if (model === undefined || dead) continue;
    round.push({ conId: instrument.conId, model, frame: tickOptionComputation(session.serverVersion, reqId, 13, computationFields(model)) });
  }
  return round;
}
