import type { Clock, Ms } from '../../../main/engine/clock.ts';
import type { Connection } from './connection.ts';

/** Which client ids are taken, by connections or by ghosts of them. */
export class ClientIds {
  readonly #clock: Clock;
  readonly #taken = new Map<number, Connection>();
  /** Monotonic instants until which ids stay taken although nobody uses them. */
  readonly #held = new Map<number, Ms>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  list(): readonly number[] {
    return [...this.#taken.keys()];
  }

  /** Takes an id for a connection; false when it is not free. */
  claim(clientId: number, connection: Connection): boolean {
    if (this.#taken.has(clientId)) return false;
    if ((this.#held.get(clientId) ?? -Infinity) > this.#clock.monotonic()) return false;
    this.#taken.set(clientId, connection);
    return true;
  }

  hold(clientId: number, forMs: Ms): void {
    this.#held.set(clientId, this.#clock.monotonic() + forMs);
  }

  /** Gives a connection's id back, after `holdMs`. */
  release(connection: Connection, holdMs: Ms): void {
    const { clientId } = connection;
    if (clientId === undefined || this.#taken.get(clientId) !== connection) return;
    this.#taken.delete(clientId);
    if (holdMs > 0) this.hold(clientId, holdMs);
  }
}
