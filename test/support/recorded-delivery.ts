import type { Delivery, DeliveryEvent, GreeksRow, LogRow } from '../../main/engine/delivery/delivery.ts';
import type { DeliveryState } from '../../main/engine/state.ts';

const quiet: DeliveryState = {
  database: 'none',
  breaker: 'closed',
  nextProbeAt: null,
  waiting: 0,
  delivered: 0,
  dead: 0,
  lastDelivery: null,
  drain: null,
  durable: true,
  cause: null,
};

/** Keeps what the engine hands to delivery, for tests of the engine alone; delivery itself is tested against PostgreSQL. */
export class RecordedDelivery implements Delivery {
  readonly greeks: GreeksRow[] = [];
  readonly logs: LogRow[] = [];
  remembered: ReturnType<Delivery['lastRecorded']> = { greeksAt: null, firstLogAt: null, logAt: null, logMessage: null };
  probes = 0;
  stopped = false;
  targets: unknown[] = [];
  /** When set, appending a row throws it. */
  failure: Error | undefined;
  tell: (event: DeliveryEvent) => void = () => undefined;

  appendGreeks(row: GreeksRow): void {
    if (this.failure !== undefined) throw this.failure;
    this.greeks.push(row);
  }

  appendLog(row: LogRow): void {
    this.logs.push(row);
  }

  lastRecorded(): ReturnType<Delivery['lastRecorded']> {
    return this.remembered;
  }

  state(): DeliveryState {
    return quiet;
  }

  start(listener: (event: DeliveryEvent) => void): void {
    this.tell = listener;
  }

  setTarget(target: unknown): void {
    this.targets.push(target);
  }

  probeNow(): void {
    this.probes += 1;
  }

  stop(): Promise<void> {
    this.stopped = true;
    return Promise.resolve();
  }

  /** The api_logs messages that contain `part`. */
  messages(part = ''): string[] {
    return this.logs.map(({ message }) => message).filter((message) => message.includes(part));
  }
}
