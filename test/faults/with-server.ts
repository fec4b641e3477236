import type { DatabaseTarget } from '../../main/engine/delivery/delivery.ts';
import { describeVerdict, isFlawless, judgeDatabase } from '../support/delivery-verdict.ts';
import type { Oracle } from '../support/oracle.ts';
import { startOwnServer, type OwnServer, type TestServer } from '../support/postgres.ts';

/** A PostgreSQL of the experiment's own, gone with it. */
export async function withServer<T>(settings: readonly string[], work: (server: OwnServer) => Promise<T>): Promise<T> {
  const server = await startOwnServer(settings);
  try {
    return await work(server);
  } finally {
    await server.dispose();
  }
}

export async function judged(server: TestServer, target: DatabaseTarget, rows: Oracle): Promise<{ readonly flawless: boolean; readonly text: string }> {
  const verdict = await judgeDatabase(server, target, rows);
  return { flawless: isFlawless(verdict), text: describeVerdict(verdict) };
}
