import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

import type { Book } from './book.ts';
import { applyControl, describeStatus } from './controls.ts';
import { createBookOfSize, createDemoBook } from './demo-book.ts';
import { applyPortalControl, describePortalStatus } from './portal/controls.ts';
import { PortalSimulator } from './portal/simulator.ts';
import { TwsSimulator } from './tws/simulator.ts';

const USAGE = `npm run simulator -- [options]
  --portal           a Client Portal Gateway (https) in place of a TWS
  --port PORT        where it listens on 127.0.0.1 (4002, as the paper Gateway, or 5001 with --portal; 0: any free one)
  --book demo|N      the demo's 40 legs, or N SPX options
  --accounts A,B     account numbers (DU1234567)
  --tick-ms MS       how often the market moves (1000; 0: only by the command "tick")
  --seed N           another market (1)`;

const STATUS_INTERVAL_MS = 1000;

interface Arguments {
  readonly portal: boolean;
  readonly port: number;
  readonly book: Book;
  readonly tickMs: number;
}

/** Reads the command line; throws an error for people where it makes no sense. */
function readArguments(argv: readonly string[]): Arguments | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      portal: { type: 'boolean', default: false },
      port: { type: 'string' },
      book: { type: 'string', default: 'demo' },
      accounts: { type: 'string', default: 'DU1234567' },
      'tick-ms': { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const seed = wholeNumber('--seed', values.seed, 2 ** 32 - 1);
  const accounts = values.accounts.split(',').map((account) => account.trim()).filter((account) => account !== '');
  const [first] = accounts;
  if (first === undefined) throw new Error('--accounts names no account');
  return {
    portal: values.portal,
    port: wholeNumber('--port', values.port ?? (values.portal ? '5001' : '4002'), 65_535),
    tickMs: wholeNumber('--tick-ms', values['tick-ms'], 86_400_000),
    book: values.book === 'demo'
      ? createDemoBook({ accounts, seed })
      : createBookOfSize(wholeNumber('--book', values.book, 100_000), { account: first, seed }),
  };
}

function wholeNumber(name: string, text: string, max: number): number {
  if (!/^\d+$/.test(text) || Number(text) > max) throw new Error(`${name} ${JSON.stringify(text)} is not a whole number from 0 to ${max}`);
  return Number(text);
}

/** A simulator that runs, under its control lines. */
interface Running {
  readonly apply: (line: string) => Promise<string>;
  readonly status: () => string;
  readonly close: () => Promise<void>;
}

async function startTws({ port, book, tickMs }: Arguments, legs: string): Promise<Running> {
  const simulator = new TwsSimulator({ book });
  const listening = await simulator.listen(port);
  if (tickMs > 0) simulator.startTicking(tickMs);
  console.log(`TWS simulator listening on 127.0.0.1:${listening.port} with ${legs}; type "help" for what it can do, Ctrl-C ends it`);
  return { apply: (line) => applyControl(simulator, line), status: () => describeStatus(simulator), close: () => simulator.close() };
}

async function startPortal({ port, book, tickMs }: Arguments, legs: string): Promise<Running> {
  const simulator = new PortalSimulator({ book });
  await simulator.listen(port);
  if (tickMs > 0) simulator.startTicking(tickMs);
  console.log(`Client Portal simulator listening on ${simulator.url} with ${legs}; type "help" for what it can do, Ctrl-C ends it`);
  return { apply: (line) => applyPortalControl(simulator, line), status: () => describePortalStatus(simulator), close: () => simulator.close() };
}

/** Runs a simulator until `stop` is called; the control lines come from standard input. */
async function run(chosen: Arguments): Promise<() => Promise<void>> {
  const { book } = chosen;
  const legs = book.accounts().map((account) => `${account} (${book.positions(account).length} legs)`).join(', ');
  const simulator = await (chosen.portal ? startPortal(chosen, legs) : startTws(chosen, legs));
  const terminal = process.stdin.isTTY === true;
  const controls = createInterface({ input: process.stdin, ...(terminal ? { output: process.stdout } : {}), terminal });
  const showStatus = (): void => {
    controls.setPrompt(`[${simulator.status()}] > `);
    controls.prompt(true);
  };
  let turn = Promise.resolve();
  controls.on('line', (line) => {
    turn = turn.then(async () => {
      const answer = await simulator.apply(line).catch((error: unknown) => `that failed: ${String(error)}`);
      if (answer !== '') console.log(answer);
      if (terminal) showStatus();
    });
  });
  if (terminal) showStatus();
  const statusTimer = terminal ? setInterval(showStatus, STATUS_INTERVAL_MS) : undefined;
  // readline swallows Ctrl-C on a terminal; hand it on as the signal that it is.
  controls.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  return async () => {
    clearInterval(statusTimer);
    controls.close();
    process.stdin.destroy();
    await simulator.close();
  };
}

async function main(): Promise<void> {
  const chosen = readArguments(process.argv.slice(2));
  if (chosen === 'help') {
    console.log(USAGE);
    return;
  }
  const stop = await run(chosen);
  let stopping = false;
  const end = (): void => {
    if (stopping) return;
    stopping = true;
    void stop();
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
