import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { findElectron } from '../support/electron-binary.ts';
import { commandsHelp, runCommand } from './commands.ts';
import type { DaemonLine } from './daemon-process.ts';
import { readRowsAfter, type StoredRow } from './rows.ts';
import { Screen } from './screen.ts';
import { Stage } from './stage.ts';
import { SumsLog } from './sums-log.ts';

const tickMs = 1_000;
const lookMs = 500;
/** Where no terminal shows the live line, it is printed this often. */
const plainStatusMs = 10_000;

/** The demo: simulators, PostgreSQL and daemon, what they do as it happens, and commands to disturb them. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { portal: { type: 'boolean', default: false }, browser: { type: 'boolean', default: false } } });
  const mode = values.portal ? 'PORTAL' : 'SOCKET';
  const controls = createInterface({ input: process.stdin, terminal: process.stdin.isTTY === true });
  const screen = new Screen(process.stdout, () => controls.line);
  // Before anything is started: an interrupt during the start must stop it as well.
  const interrupted = new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
    controls.once('SIGINT', () => resolve());
  });
  screen.print(`starting a simulated TWS, a simulated Client Portal Gateway, a PostgreSQL and the bridge in ${mode} mode...`);
  // The desktop application where Electron can be had; otherwise the daemon with its dashboard, so that the demo always has a face.
  const electron = values.browser ? undefined : findElectron();
  const stage = await Stage.open({ mode, ...(electron === undefined ? {} : { electron }), args: ['--status', '1', '--dashboard'], onLine: (line) => tell(screen, line) });
  const sums = new SumsLog(stage);
  stage.simulator.startTicking(tickMs);
  const book = stage.simulator.book.positions(stage.account).length;
  screen.print(`TWS: 127.0.0.1:${stage.simulator.port}, Client Portal Gateway: ${stage.portal.url}, both with account ${stage.account}, ${book} legs`);
  screen.print(`PostgreSQL: psql postgresql://${stage.target.user}:${stage.target.password ?? ''}@${stage.target.host}:${stage.target.port}/${stage.target.database}`);
  screen.print(`\n${commandsHelp}\n`);
  const watching = watchRows(stage, sums, screen);
  const asked = new Promise<void>((resolve) => {
    controls.on('line', (line) => {
      if (line.trim() === 'quit') return resolve();
      void runCommand(stage, line).then((answer) => answer !== '' && screen.print(answer), (error: unknown) => screen.print(`that failed: ${String(error)}`));
    });
  });
  await Promise.race([interrupted, asked]);
  screen.show('');
  screen.print('stopping: the daemon delivers what waits, then everything ends');
  watching.stop();
  sums.stop();
  controls.close();
  await stage.close();
  screen.print('stopped');
}

function tell(screen: Screen, line: DaemonLine): void {
  if (line['status'] === true) return status(screen, line.msg);
  if (line['settings'] !== undefined) return;
  if (typeof line['dashboard'] === 'string') return screen.print(`\n  the dashboard, in a browser of this machine:\n\n    ${line['dashboard']}\n`);
  screen.event(line.msg, severityOf(line.level));
}

let plainStatusAt = 0;

function status(screen: Screen, words: string): void {
  screen.show(words);
  if (screen.terminal || Date.now() < plainStatusAt) return;
  plainStatusAt = Date.now() + plainStatusMs;
  screen.print(`state      ${words}`);
}

/** pino's numbers or names. */
function severityOf(level: number | string): string {
  const names: Readonly<Record<string, string>> = { 30: 'info', 40: 'warn', 50: 'error', 60: 'error' };
  return names[String(level)] ?? String(level);
}

/** Prints each row of portfolio_greeks as it arrives in PostgreSQL, and says whether it equals the simulator's book. */
function watchRows(stage: Stage, sums: SumsLog, screen: Screen): { stop: () => void } {
  let newest = 0;
  let stopped = false;
  const look = async (): Promise<void> => {
    const rows: readonly StoredRow[] = await readRowsAfter(stage.target, newest).catch(() => []);
    for (const row of rows) {
      newest = row.id;
      screen.row(row, sums.judge(row));
    }
    if (!stopped) timer = setTimeout(() => void look(), lookMs);
  };
  let timer = setTimeout(() => void look(), lookMs);
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

await main();
// PostgreSQL's guard and the terminal are closed; nothing that is left may keep the demo alive.
process.exit(0);
