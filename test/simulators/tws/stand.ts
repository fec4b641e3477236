import type { TestContext } from 'node:test';

import { ManualClock } from '../../support/manual-clock.ts';
import { createDemoBook } from '../demo-book.ts';
import type { DemoBookOptions } from '../demo-book.ts';
import type { Instrument } from '../instruments.ts';
import { RecordedClient } from './recorded-client.ts';
import { TwsSimulator } from './simulator.ts';
import type { TwsSimulatorOptions } from './simulator.ts';

/** A simulator on a free port with the demo's book and a clock that stands still, closed when the test ends. */
export interface Stand {
  readonly simulator: TwsSimulator;
  readonly clock: ManualClock;
  readonly port: number;
  /** The first instrument of a kind in the book. */
  instrument(secType: string, symbol?: string): Instrument;
  /** The real client, not yet connected. */
  client(options?: ConstructorParameters<typeof RecordedClient>[1]): RecordedClient;
}

export async function createStand(
  test: TestContext, options: Partial<TwsSimulatorOptions> = {}, bookOptions: DemoBookOptions = {},
): Promise<Stand> {
  const clock = new ManualClock();
  const simulator = new TwsSimulator({ book: createDemoBook({ today: '20260304', ...bookOptions }), clock, ...options });
  const { port } = await simulator.listen();
  const clients: RecordedClient[] = [];
  test.after(async () => {
    for (const client of clients) client.api.disconnect();
    await simulator.close();
  });
  return {
    simulator,
    clock,
    port,
    instrument(secType, symbol) {
      const found = simulator.book.market.instruments().find(
        (instrument) => instrument.secType === secType && (symbol === undefined || instrument.symbol === symbol),
      );
      if (found === undefined) throw new Error(`no ${secType} ${symbol ?? ''} in the book`);
      return found;
    },
    client(clientOptions) {
      const client = new RecordedClient(port, clientOptions);
      clients.push(client);
      return client;
    },
  };
}
