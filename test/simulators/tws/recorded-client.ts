import { EventName, IBApi } from '@stoqey/ib';
import type { Contract } from '@stoqey/ib';

import { until } from '../../support/until.ts';

/** One event of the real client: its name and what came with it. */
export interface ClientEvent {
  readonly name: string;
  readonly values: readonly unknown[];
}

/** The real @stoqey/ib client with everything that it heard written down. */
export class RecordedClient {
  readonly api: IBApi;
  readonly events: ClientEvent[] = [];
  disconnected = false;

  constructor(port: number, options: { readonly clientId?: number; readonly maxReqPerSec?: number } = {}) {
    this.api = new IBApi({ host: '127.0.0.1', port, clientId: options.clientId ?? 10, maxReqPerSec: options.maxReqPerSec ?? 1000 });
    this.api.on(EventName.disconnected, () => (this.disconnected = true));
    this.api.on(EventName.all, (name: string, values: unknown[]) => this.events.push({ name, values }));
    // An 'error' event without a listener is thrown; what it says is in `events`.
    this.api.on(EventName.error, () => undefined);
  }

  /** Connects and waits for nextValidId. */
  async connect(): Promise<this> {
    this.api.connect();
    await this.heard('nextValidId');
    return this;
  }

  all(name: string): readonly (readonly unknown[])[] {
    return this.events.filter((event) => event.name === name).map(({ values }) => values);
  }

  /** Waits for the `count`-th event of a name and returns its values. */
  heard(name: string, count = 1): Promise<readonly unknown[]> {
    return until(() => this.all(name)[count - 1], `${name} ${count} times`);
  }

  /** Codes of all errors of a request; requests that belong to none have -1 and come as `info`. */
  codes(reqId: number): readonly number[] {
    return reqId === -1
      ? this.all('info').map(([, code]) => code as number)
      : this.all('error').filter(([, , id]) => id === reqId).map(([, code]) => code as number);
  }

  errorText(reqId: number): string {
    const error = this.all('error').find(([, , id]) => id === reqId)?.[0];
    if (!(error instanceof Error)) throw new Error(`no error of request ${reqId}`);
    return error.message;
  }

  /** Everything that came for a market-data request, by tick type. */
  ticks(reqId: number): ReadonlyMap<number, readonly unknown[]> {
    const found = [...this.all('tickPrice'), ...this.all('tickOptionComputation')].filter(([id]) => id === reqId);
    return new Map(found.map((values) => [values[1] as number, values.slice(2)]));
  }

  /** Everything up to now was sent, received and answered: a question that came after it got its answer. */
  async settled(): Promise<void> {
    const before = this.all('currentTime').length;
    this.api.reqCurrentTime();
    await this.heard('currentTime', before + 1);
  }

  subscribe(reqId: number, contract: Contract, genericTickList = ''): void {
    this.api.reqMktData(reqId, contract, genericTickList, false, false);
  }
}
