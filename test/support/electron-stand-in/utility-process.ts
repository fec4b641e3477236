import type Electron from 'electron';
import { fork, type ChildProcess } from 'node:child_process';

type Fork = (...args: Parameters<typeof Electron.utilityProcess.fork>) => ChildProcess;

/** A process of Node instead of one of Chromium's; it dies with the application, as a utility process does. */
export const utilityProcess: { readonly fork: Fork } = {
  fork(modulePath, args = []) {
    const child = fork(modulePath, args, { execArgv: [], stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    process.once('exit', () => child.kill());
    return child;
  },
};
