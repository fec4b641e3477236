import { describeVerdict, isFlawless, type DeliveryVerdict } from '../support/delivery-verdict.ts';
import type { OwnServer } from '../support/postgres.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { Chaos } from './chaos.ts';
import { amount, type Experiment, type Setup } from './experiment.ts';
import { killAgainAndAgain, type Writer } from './kills.ts';
import { withServer } from './with-server.ts';

interface ChaosRun {
  readonly verdict: DeliveryVerdict;
  readonly faults: number;
  readonly kinds: string;
}

async function killUnderChaos(setup: Setup, kills: number, writer: Writer): Promise<ChaosRun> {
  return withServer([], async (server) => {
    const target = await server.createDatabase();
    const proxy = await TcpProxy.open(server);
    const chaos = new Chaos(server, target, proxy, setup.random);
    const verdict = await killAgainAndAgain({
      server,
      target: { ...target, port: proxy.port },
      kills,
      random: setup.random,
      writer,
      lifeMs: [100, 1_100],
      disturb: (ended) => chaos.disturb(ended),
      mend: async () => {
        proxy.heal();
        await proxy.accept();
      },
      say: setup.say,
    });
    await proxy.close();
    return { verdict, faults: chaos.faults, kinds: [...chaos.counts].map(([kind, count]) => `${kind} ${count}`).join(', ') };
  });
}

const p1: Experiment = {
  id: 'P1',
  title: 'random kill -9 with a healthy PostgreSQL, a row every 5 ms',
  target: '1,000 kills, >= 20,000 rows, 0 lost, doubled, out of order, wrong',
  run: (setup) =>
    withServer([], async (server) => {
      const kills = amount(setup, 1_000);
      const target = await server.createDatabase();
      const verdict = await killAgainAndAgain({ server, target, kills, random: setup.random, say: setup.say, lifeRows: [1, 44] });
      return { reached: isFlawless(verdict) && verdict.rows >= kills * 20, figure: `${kills} kills, ${describeVerdict(verdict)}` };
    }),
};

const p2: Experiment = {
  id: 'P2',
  title: 'random kill -9 while connections are terminated, frozen, reset, refused, cut in one or both directions',
  target: '400 kills, >= 200 faults, 0 lost, doubled, out of order, wrong',
  run: async (setup) => {
    const kills = amount(setup, 400);
    const { verdict, faults, kinds } = await killUnderChaos(setup, kills, 'killed-writer');
    return { reached: isFlawless(verdict) && faults >= kills / 2, figure: `${kills} kills, ${faults} faults (${kinds}), ${describeVerdict(verdict)}` };
  },
};

const p4: Experiment = {
  id: 'P4',
  title: 'control: the direct design under the same kills and faults must lose rows',
  target: '> 0 lost without and with faults',
  run: async (setup) => {
    const kills = amount(setup, 100, 20);
    const healthy = await withServer([], (server) => directUntilLost(server, setup, kills));
    const { verdict } = await killUnderChaos(setup, kills, 'direct-writer');
    return {
      reached: healthy.verdict.lost > 0 && verdict.lost > 0,
      figure: `healthy, ${healthy.kills} kills: ${describeVerdict(healthy.verdict)}; with faults, ${kills} kills: ${describeVerdict(verdict)}`,
    };
  },
};

/** A healthy PostgreSQL loses the direct design a row or two in a hundred kills, so a hundred may once lose none: five hundred do not. */
async function directUntilLost(server: OwnServer, setup: Setup, kills: number): Promise<{ readonly kills: number; readonly verdict: DeliveryVerdict }> {
  for (let round = 1; ; round += 1) {
    const target = await server.createDatabase();
    const verdict = await killAgainAndAgain({ server, target, kills, random: setup.random, writer: 'direct-writer', lifeRows: [1, 44] });
    if (verdict.lost > 0 || round === 5) return { kills: kills * round, verdict };
  }
}

export const killExperiments: readonly Experiment[] = [p1, p2, p4];
