import type { App } from 'electron';
import { sleep, type Clock } from '../engine/clock.ts';

/** How long Quit delivers what waits; the rest stays in the outbox for the next start. */
const drainMs = 4_000;
/** When it ends whatever hangs; what lies between is for closing the outbox and the history. */
const endMs = 5_000;

export interface LifeCycleParts {
  readonly app: Pick<App, 'on' | 'exit' | 'relaunch'>;
  readonly clock: Clock;
  /** Shows the window: a second launch, or a click on the application, whose icon may hide behind the notch. */
  readonly show: () => void;
  /** Hides what is seen, at once. */
  readonly leave: () => void;
  /** Ends the bridge; what is not delivered within `deadlineMs` waits for the next start. */
  readonly stop: (deadlineMs: number) => Promise<void>;
  /** Hears what went wrong in stopping; the program ends all the same. */
  readonly report: (error: unknown) => void;
}

/**
 * Stays without windows, shows itself when launched again, and drains before it quits; a second Quit leaves at once.
 *
 * Launched again while it drains, it starts anew when it has ended: the other one found the lock taken and is gone.
 */
export class LifeCycle {
  readonly #parts: LifeCycleParts;
  #quitting = false;
  #launchedAgain = false;

  constructor(parts: LifeCycleParts) {
    this.#parts = parts;
    parts.app.on('second-instance', () => this.#onLaunch());
    parts.app.on('activate', () => this.#onLaunch());
    // Without a listener, Electron would quit when the window is gone.
    parts.app.on('window-all-closed', () => undefined);
    parts.app.on('before-quit', (event) => {
      event.preventDefault();
      void this.quit();
    });
  }

  async quit(): Promise<void> {
    const { app, clock, leave, stop, report } = this.#parts;
    this.#launchedAgain = false;
    if (this.#quitting) return app.exit(0);
    this.#quitting = true;
    leave();
    // Whatever hangs in stopping may not hold up a Mac that shuts down: accepted rows are on disk already.
    await Promise.race([stop(drainMs).catch(report), sleep(clock, endMs)]);
    if (this.#launchedAgain) app.relaunch();
    app.exit(0);
  }

  #onLaunch(): void {
    if (this.#quitting) this.#launchedAgain = true;
    else this.#parts.show();
  }
}
