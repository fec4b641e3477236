import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A helper in a process of its own that answers one question at a time: what it does takes no time from what is measured. */
export class Peer {
  readonly #child: ChildProcess;
  #fail: ((error: Error) => void) | undefined;

  /** `module` calls {@link answer}. */
  constructor(module: URL, args: readonly string[] = []) {
    this.#child = fork(module, [...args], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.once('exit', (code) => this.#fail?.(new Error(`${module.pathname} ended with ${code}`)));
  }

  ask<T>(question: object): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#child.once('message', (answer: { readonly value?: T; readonly error?: string }) => {
        this.#fail = undefined;
        if (answer.error === undefined) resolve(answer.value as T);
        else reject(new Error(answer.error));
      });
      this.#child.send(question);
    });
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}

/** Answers the questions of the process that started this one. */
export function answer<Question>(respond: (question: Question) => Promise<unknown>): void {
  process.on('message', (question) => {
    respond(question as Question).then(
      (value) => process.send?.({ value }),
      (error: unknown) => process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  // The one who asks is gone: nobody is left to end us.
  process.on('disconnect', () => process.exit());
}
