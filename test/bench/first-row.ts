import { BenchStage } from './bench-stage.ts';
import { figure, type Effort, type Part } from './figure.ts';
import type { Request } from '../simulators/tws/requests.ts';
import { quantile, median } from './statistics.ts';

/** Messages per second that a gateway takes (ibkr-facts.md 2.4 and the issue). */
const PACE = 45;
const MAX_OVER_PACING_MS = 700;

/** From nothing to the first row, by the row's own timestamp; and whether each message on the way was needed. */
export async function measureFirstRow({ legs, starts }: Effort): Promise<Part> {
  await using stage = await BenchStage.open(legs);
  const fromSpawn: number[] = [];
  const fromEngine: number[] = [];
  let messages: readonly Request[] = [];
  let needless: readonly string[] = [];
  // The first start fills the caches of the file system.
  for (let start = 0; start <= starts; start += 1) {
    await using run = await stage.start();
    const rowAt = (await run.firstRow()).timestamp.getTime();
    messages = await run.received();
    needless = [...new Set([...needless, ...needlessMessages(messages)])];
    const engineAt = (await stage.logs(run.target)).find(({ message }) => message.startsWith('started'))?.at;
    if (engineAt === undefined) throw new Error('api_logs does not tell when the engine started');
    if (start === 0) continue;
    fromSpawn.push(rowAt - run.spawnedAt);
    fromEngine.push(rowAt - engineAt);
  }
  return summarize({ legs, fromSpawn, fromEngine, messages, needless });
}

interface Measured {
  readonly legs: number;
  readonly fromSpawn: readonly number[];
  readonly fromEngine: readonly number[];
  readonly messages: readonly Request[];
  readonly needless: readonly string[];
}

function summarize({ legs, fromSpawn, fromEngine, messages, needless }: Measured): Part {
  const pacingMs = (messages.length * 1_000) / PACE;
  const name = `pacing, ${messages.length} messages / ${PACE} s`;
  const over = median(fromSpawn) - pacingMs;
  const against = (values: readonly number[]) => ({ floor: { name, value: pacingMs, ratio: median(values) / pacingMs } });
  return {
    title: `First row at ${legs} legs`,
    figures: [
      figure('from the start of the process', median(fromSpawn), 'ms', {
        ...against(fromSpawn), target: `at most ${MAX_OVER_PACING_MS} ms over the pacing`, reached: over <= MAX_OVER_PACING_MS,
      }),
      figure('slowest of the starts', quantile(fromSpawn, 1), 'ms'),
      figure('from the start of the engine', median(fromEngine), 'ms', against(fromEngine)),
      figure('messages that were not needed', needless.length, '', { target: 'none', reached: needless.length === 0, note: needless.join('; ') }),
    ],
    remarks: [
      `${over.toFixed(0)} ms over the pacing; sent: ${countByType(messages)}`,
      'needed: one start-api, one market-data-type, one positions, one market-data for each leg; options on SMART need no contract-details',
    ],
  };
}

/** The messages before the first row without which it would have come as well, in words. */
export function needlessMessages(messages: readonly Request[]): readonly string[] {
  const seen = new Set<string>();
  return messages.flatMap((message) => {
    const key = message.type === 'market-data' ? `market-data of ${message.contract.conId}` : message.type;
    const needed = ['start-api', 'market-data-type', 'positions', 'market-data'].includes(message.type) && !seen.has(key);
    seen.add(key);
    return needed ? [] : [key];
  });
}

function countByType(messages: readonly Request[]): string {
  const counts = new Map<string, number>();
  for (const { type } of messages) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].map(([type, count]) => `${count} ${type}`).join(', ');
}
