import { DeliveryStand } from '../engine/delivery/delivery-stand.ts';
import type { DeliveryState } from '../../main/engine/state.ts';
import { NumberedRows } from './numbered-rows.ts';

/** A delivery of numbered rows, with what was accepted of them. */
export class NumberedDelivery extends DeliveryStand {
  readonly rows = new NumberedRows();

  /** Resolves when the first rows are delivered: the tables are there. */
  static async begin(options: ConstructorParameters<typeof DeliveryStand>[0], count = 1): Promise<NumberedDelivery> {
    const bridge = new NumberedDelivery(options);
    bridge.start();
    bridge.append(count);
    await bridge.delivered();
    return bridge;
  }

  get state(): DeliveryState {
    return this.delivery.state();
  }

  append(count = 1): void {
    this.rows.append(this.delivery, count);
  }
}
