import type { DecodingTime } from './decoding-client.ts';
import { figure, type Effort, type Part } from './figure.ts';
import { Peer } from './peer.ts';
import type { SimulatorQuestion } from './simulator-questions.ts';
import { median } from './statistics.ts';

/** Few enough that neither side waits for its own pacing. */
const LEGS = 40;
const MIN_RATIO = 0.7;

/** Ticks per second from the socket into the quotes of a session, and into the empty listener of @stoqey/ib. */
export async function measureDecoding({ rounds, ticks }: Effort): Promise<Part> {
  const pairs: { readonly ours: DecodingTime; readonly bare: DecodingTime }[] = [];
  await using ours = await Line.open('session');
  await using bare = await Line.open('bare');
  for (let round = 0; round <= rounds; round += 1) {
    // Whoever comes second in a pair may find a warmer or a hotter machine: they take turns.
    const first = round % 2 === 0 ? ours : bare;
    const one = await first.pump(ticks);
    const other = await (first === ours ? bare : ours).pump(ticks);
    // The first round warms up the compiler.
    if (round > 0) pairs.push(first === ours ? { ours: one, bare: other } : { ours: other, bare: one });
  }
  return summarize(pairs, ticks);
}

function summarize(pairs: readonly { readonly ours: DecodingTime; readonly bare: DecodingTime }[], ticks: number): Part {
  const rate = (pick: (pair: (typeof pairs)[number]) => number): number => median(pairs.map((pair) => (ticks * 1_000) / pick(pair)));
  const ratio = median(pairs.map(({ ours, bare }) => bare.wallMs / ours.wallMs));
  const processorRatio = median(pairs.map(({ ours, bare }) => bare.processorMs / ours.processorMs));
  return {
    title: 'Socket to state',
    figures: [
      figure('rate', rate(({ ours }) => ours.wallMs), 'ticks/s', {
        floor: { name: '@stoqey/ib, empty listener', value: rate(({ bare }) => bare.wallMs), ratio },
        target: `at least ${MIN_RATIO * 100} % of the floor`,
        reached: ratio >= MIN_RATIO,
      }),
      figure('rate by processor time', rate(({ ours }) => ours.processorMs), 'ticks/s', {
        floor: { name: '@stoqey/ib, empty listener', value: rate(({ bare }) => bare.processorMs), ratio: processorRatio },
      }),
    ],
    remarks: [`model computations of ${LEGS} legs, encoded beforehand, over TCP; simulator and clients in processes of their own; ${ticks.toLocaleString('en-US')} ticks a round`],
  };
}

/** One client with a simulator of its own. */
class Line implements AsyncDisposable {
  readonly #simulator: Peer;
  readonly #client: Peer;

  private constructor(simulator: Peer, client: Peer) {
    this.#simulator = simulator;
    this.#client = client;
  }

  static async open(kind: 'session' | 'bare'): Promise<Line> {
    const simulator = new Peer(new URL('./simulator-process.ts', import.meta.url), [String(LEGS)]);
    const port = await simulator.ask<number>({ kind: 'listen' } satisfies SimulatorQuestion);
    const client = new Peer(new URL('./decoding-client.ts', import.meta.url), [kind, String(port)]);
    await simulator.ask({ kind: 'subscribed' } satisfies SimulatorQuestion);
    return new Line(simulator, client);
  }

  async pump(ticks: number): Promise<DecodingTime> {
    const time = this.#client.ask<DecodingTime>({});
    const [decoded] = await Promise.all([time, this.#simulator.ask({ kind: 'pump', ticks } satisfies SimulatorQuestion)]);
    return decoded;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end();
    await this.#simulator.end();
  }
}
