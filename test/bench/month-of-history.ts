import type { Clock, Ms } from '../../main/engine/clock.ts';
import { historyPath, openHistory } from '../../main/engine/delivery/history.ts';

const rowMs: Ms = 5_000;
const dayMs: Ms = 86_400_000;
const rowsPerDay = dayMs / rowMs;

/**
 * Writes the local history of an outbox as the bridge would have written it by now: a row every five seconds, the full
 * resolution of the last day and the minutes of all others.
 *
 * @returns how many rows were written.
 */
export function writeHistory(bufferPath: string, days: number, now: Ms): number {
  let at = now - days * dayMs;
  const clock: Pick<Clock, 'now'> = { now: () => at };
  // The history reads its clock and sets no timers.
  const history = openHistory(historyPath(bufferPath), clock as Clock);
  let rows = 0;
  for (; at < now; at += rowMs) {
    const swing = Math.sin(at / 9e6);
    history.appendSample({ timestamp: at, delta: -46 + 60 * swing + (rows % 7), gamma: 3 + swing, vega: 2_740 - 400 * swing, theta: -1_275 + (rows % 11), underlyingPrice: 6_000 + 50 * swing });
    rows += 1;
    if (rows % rowsPerDay === 1) history.appendGap({ from: at, to: at + 4_000, code: 'gateway-closed', text: 'the gateway restarted' });
  }
  history.close();
  return rows;
}
