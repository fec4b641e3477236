import type { DeliveryState } from '../../preload/contract.ts';
import { count, whole } from '../words/numbers.ts';
import type { Shape, Tone } from '../words/connection-view.ts';

/** From this many rows on a backlog shows its progress. */
export const drainWorthShowing = 1000;

export interface DeliveryView {
  readonly word: string;
  readonly tone: Tone;
  readonly shape: Shape;
  /** One line for the narrow window: what matters most now. */
  readonly line: string;
}

/** Whether rows reach the database, in a word; what is worst comes first. */
export function viewDelivery(delivery: DeliveryState): DeliveryView {
  const waiting = delivery.waiting === 0 ? '' : `${count(delivery.waiting, 'row')} ${delivery.waiting === 1 ? 'waits' : 'wait'}`;
  if (!delivery.durable) return { word: 'not durable', tone: 'problem', shape: 'triangle', line: 'Rows are only in memory: the disk does not take them.' };
  switch (delivery.database) {
    case 'none':
      return { word: 'local history only', tone: 'quiet', shape: 'ring', line: 'No database: rows are kept on this machine and delivered once one is set.' };
    case 'connecting':
      return { word: 'connecting', tone: 'attention', shape: 'arc', line: waiting === '' ? 'Connecting to the database.' : `Connecting to the database; ${waiting}.` };
    case 'delivering':
      return delivery.drain === null
        ? { word: 'delivering', tone: 'good', shape: 'full', line: waiting === '' ? 'Every row is in the database.' : `${waiting}.` }
        : { word: 'draining', tone: 'calm', shape: 'arc', line: `${whole(delivery.drain.done)} of ${whole(delivery.drain.total)} rows delivered.` };
    case 'failing':
      return { word: 'failing', tone: 'problem', shape: 'triangle', line: waiting === '' ? 'The database fails.' : `${waiting} safely on this machine.` };
  }
}

/** The circuit breaker in words that need no electrician. */
export const breakerWords: Readonly<Record<DeliveryState['breaker'], string>> = {
  closed: 'closed, rows flow',
  open: 'open, rows wait',
  'half-open': 'half open, trying',
};
