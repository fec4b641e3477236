import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../main/engine/clock.ts';
import { openDelivery, type DeliveryOptions, type DurableDelivery } from '../../../main/engine/delivery/durable-delivery.ts';
import type { DeliveryEvent } from '../../../main/engine/delivery/delivery.ts';
import { until } from '../../support/until.ts';

/** A folder for one test's outbox, deleted at its end. */
export class OutboxFolder implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'bridge-outbox-'));
  readonly path = join(this.folder, 'outbox.sqlite');

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The whole delivery on a folder of its own, with everything that it told. */
export class DeliveryStand implements AsyncDisposable {
  readonly path: string;
  readonly delivery: DurableDelivery;
  readonly events: DeliveryEvent[] = [];
  readonly #folder: OutboxFolder | undefined;

  constructor(options: Omit<DeliveryOptions, 'clock' | 'bufferPath'> & Partial<Pick<DeliveryOptions, 'clock' | 'bufferPath'>>) {
    this.#folder = options.bufferPath === undefined ? new OutboxFolder() : undefined;
    this.path = options.bufferPath ?? (this.#folder as OutboxFolder).path;
    this.delivery = openDelivery({ clock: systemClock, limits: { ballastBytes: 0 }, ...options, bufferPath: this.path });
  }

  start(): void {
    this.delivery.start((event) => this.events.push(event));
  }

  notices(): string[] {
    return this.events.flatMap((event) => (event.type === 'notice' ? event.message : []));
  }

  noticeKeys(): string[] {
    return this.events.flatMap((event) => (event.type === 'notice' ? event.foldKey : []));
  }

  alarms(): string[] {
    return this.events.flatMap((event) => (event.type === 'alarm' ? event.code : []));
  }

  /** Waits until PostgreSQL has everything. */
  async delivered(): Promise<void> {
    await until(() => this.delivery.state().waiting === 0 && this.delivery.state().database === 'delivering', 'the outbox to be delivered');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.delivery.stop(0);
    this.#folder?.[Symbol.dispose]();
  }
}
