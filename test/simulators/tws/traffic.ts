import type { Ms } from '../../../main/engine/clock.ts';
import type { SentGreeks } from '../book.ts';
import type { Computation } from '../market.ts';
import type { GreeksFault } from './faults.ts';
import type { Request } from './requests.ts';

/** A message as it arrived, also when a fault kept it from being answered. */
export interface ReceivedMessage {
  /** Monotonic instant of the simulator's clock. */
  readonly at: Ms;
  /** Undefined before the client told its id. */
  readonly clientId: number | undefined;
  readonly request: Request;
  readonly fields: readonly string[];
}

/** What went over the wire in both directions since the start. */
export class Traffic {
  readonly received: ReceivedMessage[] = [];
  readonly forbidden: ReceivedMessage[] = [];
  readonly sentGreeks = new Map<number, SentGreeks>();
  ticksSent = 0;

  record(message: ReceivedMessage): void {
    this.received.push(message);
    if (message.request.type === 'order') this.forbidden.push(message);
  }

  /** Remembers a model computation as sent; what a fault put in place of a value is no value: the last good one stands. */
  recordModel(conId: number, { delta, gamma, vega, theta }: Computation, fault: GreeksFault | undefined): void {
    if (fault === undefined) {
      this.sentGreeks.set(conId, { delta, gamma, vega, theta });
    } else if (fault === 'theta-sentinel') {
      this.sentGreeks.set(conId, { ...this.sentGreeks.get(conId), delta, gamma, vega });
    }
  }
}
