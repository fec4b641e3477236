import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { findBrowser } from './support/browser.ts';
import { startOwnServer, type OwnServer } from './support/postgres.ts';

/*
 * `npm test`: one PostgreSQL and one browser for all test files, then Node's own test runner.
 *
 *   npm test                          everything
 *   npm test -- outbox settings       files whose path contains one of the words
 *   npm test -- --test-name-pattern=reset   options go to the test runner
 */

const root = join(import.meta.dirname, '..');
/** A test that hangs fails with its name instead of stopping the run for ever; no test comes near it. */
const testTimeoutMs = 600_000;
/** Test files at once: more than two would starve the processes and databases that they start on a small machine. */
const concurrency = 2;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const files = selectFiles(args.filter((arg) => !arg.startsWith('-')));
  if (files.length === 0) {
    console.error(`No test file matches ${args.join(' ')}.`);
    return 1;
  }
  const browser = findBrowser();
  const server = await startServer();
  try {
    const options = args.filter((arg) => arg.startsWith('-'));
    return await runTests([...options, ...files], { ...environment(server), ...(browser === undefined ? {} : { CHROMIUM_PATH: browser }) });
  } finally {
    await server?.dispose();
  }
}

function selectFiles(words: readonly string[]): readonly string[] {
  const files = globSync('test/**/*.test.ts', { cwd: root }).map((path) => path.replaceAll('\\', '/')).sort();
  return words.length === 0 ? files : files.filter((file) => words.some((word) => file.includes(word)));
}

/** Undefined where TEST_POSTGRES_URL names a server that is already there. */
async function startServer(): Promise<OwnServer | undefined> {
  const given = process.env['TEST_POSTGRES_URL'];
  return given === undefined || given === '' ? startOwnServer() : undefined;
}

function environment(server: OwnServer | undefined): Readonly<Record<string, string>> {
  if (server === undefined) return {};
  const { host, port, user, password, database } = server.target('postgres');
  return { TEST_POSTGRES_URL: `postgres://${user}:${encodeURIComponent(password ?? '')}@${host}:${port}/${database}` };
}

/** Resolves with the exit code. A signal is passed on, and the run ends when the tests have cleaned up. */
function runTests(args: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  // Force: a test that fails before it has closed its sockets would keep its process alive, and the run would never tell which one it was.
  const flags = ['--test', '--test-reporter=spec', `--test-concurrency=${concurrency}`, `--test-timeout=${testTimeoutMs}`, '--test-force-exit'];
  // Inside another `node --test` the variable would make the child report in the parent's format.
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [...flags, ...args], { cwd: root, stdio: 'inherit', env: { ...inherited, ...env } });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let interrupted: (typeof signals)[number] | undefined;
  const passOn = (signal: (typeof signals)[number]): void => {
    // A second signal means it: a test that cannot end would otherwise hold the run and its database.
    child.kill(interrupted === undefined ? signal : 'SIGKILL');
    interrupted = signal;
  };
  for (const signal of signals) process.on(signal, passOn);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      for (const signal of signals) process.off(signal, passOn);
      resolve(interrupted === undefined ? (code ?? 1) : 128 + constants.signals[interrupted]);
    });
  });
}
