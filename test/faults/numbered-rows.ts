import type { Delivery } from '../../main/engine/delivery/delivery.ts';
import { greeks } from '../engine/delivery/rows.ts';
import type { Oracle } from '../support/oracle.ts';

/** Hands numbered rows to a delivery of this process and remembers which were accepted. */
export class NumberedRows implements Oracle {
  readonly intended = new Set<number>();
  readonly accepted = new Set<number>();
  next = 1;

  append(delivery: Pick<Delivery, 'appendGreeks'>, rows = 1): void {
    for (let n = 0; n < rows; n += 1) {
      this.intended.add(this.next);
      delivery.appendGreeks(greeks(this.next));
      this.accepted.add(this.next);
      this.next += 1;
    }
  }

  /** A row every `everyMs` until the returned function is called; an error in between comes out of it. */
  feed(delivery: Pick<Delivery, 'appendGreeks'>, everyMs: number): () => void {
    let failure: unknown;
    const timer = setInterval(() => {
      try {
        this.append(delivery);
      } catch (error) {
        failure ??= error;
      }
    }, everyMs);
    return () => {
      clearInterval(timer);
      if (failure !== undefined) throw failure;
    };
  }
}
