import type { PowerSaveBlocker } from 'electron';

/** Keeps the system from putting this application to sleep while the setting is on; the screen may still go dark. */
export class KeepAwake {
  readonly #blocker: Pick<PowerSaveBlocker, 'start' | 'stop'>;
  #id: number | undefined;

  constructor(blocker: Pick<PowerSaveBlocker, 'start' | 'stop'>) {
    this.#blocker = blocker;
  }

  apply(wanted: boolean): void {
    if (wanted && this.#id === undefined) this.#id = this.#blocker.start('prevent-app-suspension');
    if (wanted || this.#id === undefined) return;
    this.#blocker.stop(this.#id);
    this.#id = undefined;
  }
}
