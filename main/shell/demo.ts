import type { UtilityProcess } from 'electron';
import { join } from 'node:path';
import type { SettingsSources } from '../engine/settings/load-settings.ts';

/** The switch that starts the demo's world instead of the trader's. */
export const demoSwitch = 'demo';
const listening = /listening on (127\.0\.0\.1):(\d+)/;
const startTimeoutMs = 15_000;

export type ForkDemo = (modulePath: string, args: string[]) => Pick<UtilityProcess, 'stdout' | 'once' | 'kill'>;

/**
 * Starts the simulator of TWS with the demo book in a process of its own, on loopback.
 *
 * @returns the port on which it listens.
 * @throws when it ends, or says nothing for 15 s, instead.
 */
export function startDemoMarket(fork: ForkDemo, modulePath: string): Promise<number> {
  const child = fork(modulePath, ['--port', '0']);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill();
      reject(new Error('the demo market did not start'));
    }, startTimeoutMs);
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      said = `${said}${chunk.toString()}`.slice(-1_000);
      const port = listening.exec(said)?.[2];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(Number(port));
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`the demo market ended with code ${code}`));
    });
  });
}

/**
 * Settings of the demo's world: a data folder and an outbox of its own and no variable of the trader's, so that no row
 * of the demo can reach the trader's tables.
 */
export function demoSources(sources: SettingsSources, dataFolder: string, port: number): SettingsSources {
  return {
    ...sources,
    env: { IB_API_MODE: 'SOCKET', IB_SOCKET_HOST: '127.0.0.1', IB_SOCKET_PORT: String(port), BRIDGE_BUFFER_PATH: join(dataFolder, 'buffer.sqlite') },
    workingDirectory: dataFolder,
    userDataFolder: dataFolder,
  };
}
