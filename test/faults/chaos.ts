import type { DatabaseTarget } from '../../main/engine/delivery/delivery.ts';
import type { OwnServer } from '../support/postgres.ts';
import type { TcpProxy } from '../support/tcp-proxy.ts';
import { between, pick } from './experiment.ts';

const kinds = ['terminate', 'freeze-backend', 'reset', 'refuse', 'blackhole', 'deaf-server', 'deaf-client'] as const;

/** Breaks the way to PostgreSQL, or PostgreSQL's side of it, at random, and counts what it did. */
export class Chaos {
  readonly counts = new Map<string, number>();
  readonly #server: OwnServer;
  readonly #target: DatabaseTarget;
  readonly #proxy: TcpProxy;
  readonly #random: () => number;

  constructor(server: OwnServer, target: DatabaseTarget, proxy: TcpProxy, random: () => number) {
    this.#server = server;
    this.#target = target;
    this.#proxy = proxy;
    this.#random = random;
  }

  get faults(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** One fault after a moment, held for a moment, then healed; about two of three lives get one. */
  async disturb(ended: AbortSignal): Promise<void> {
    if (this.#random() > 0.67) return;
    await pause(between(this.#random, 10, 250), ended);
    if (ended.aborted) return;
    const kind = pick(this.#random, kinds);
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    const heal = await this.#break(kind);
    await pause(between(this.#random, 20, 400), ended);
    await heal();
  }

  async #break(kind: (typeof kinds)[number]): Promise<() => Promise<void>> {
    const proxy = this.#proxy;
    const healed = (): Promise<void> => Promise.resolve(proxy.heal());
    switch (kind) {
      case 'terminate':
        await this.#server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, [this.#target.database]);
        return healed;
      case 'freeze-backend':
        return this.#freezeBackends();
      case 'reset':
        proxy.reset();
        return healed;
      case 'refuse':
        await proxy.refuse();
        proxy.reset();
        return () => proxy.accept();
      case 'blackhole':
        proxy.blackhole('to-server', 'to-client');
        return healed;
      case 'deaf-server':
        proxy.blackhole('to-server');
        return healed;
      case 'deaf-client':
        proxy.blackhole('to-client');
        return healed;
    }
  }

  /** Statements stay in the frozen backends' buffers and run when they are thawed, whatever has been sent meanwhile. */
  async #freezeBackends(): Promise<() => Promise<void>> {
    const rows = await this.#server.query(`SELECT pid FROM pg_stat_activity WHERE datname = $1`, [this.#target.database]);
    const pids = rows.map(({ pid }) => Number(pid));
    signal(pids, 'SIGSTOP');
    return () => Promise.resolve(signal(pids, 'SIGCONT'));
  }
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      continue; // The backend ended meanwhile.
    }
  }
}

function pause(ms: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, ms);
    ended.addEventListener('abort', done, { once: true });
  });
}
