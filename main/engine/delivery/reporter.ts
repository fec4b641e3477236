import type { Severity } from '../state.ts';
import type { DeliveryEvent } from './delivery.ts';

/** How the parts of delivery tell people what happens; equal fold keys are folded by the engine's log. */
export interface Reporter {
  notice(severity: Severity, message: string, foldKey: string): void;
  alarm(code: string, text: string, action?: string): void;
  clearAlarm(code: string): void;
  /** Something of the DeliveryState changed. */
  changed(): void;
}

/**
 * Hands events to the listener after the call that caused them, in order, and at most one `state` among them.
 *
 * Not at once: a notice becomes an api_logs row, which is appended again, and an alarm raised inside an append would
 * re-enter it.
 */
export class EventQueue implements Reporter {
  readonly #readState: () => DeliveryEvent;
  #listener: ((event: DeliveryEvent) => void) | undefined;
  #queue: DeliveryEvent[] = [];
  #stateChanged = false;
  #scheduled = false;
  readonly #alarms = new Map<string, string>();

  constructor(readState: () => DeliveryEvent) {
    this.#readState = readState;
  }

  /** Events from before the listener came are kept for it. */
  listen(listener: (event: DeliveryEvent) => void): void {
    this.#listener = listener;
    this.#schedule();
  }

  notice(severity: Severity, message: string, foldKey: string): void {
    this.#push({ type: 'notice', severity, message, foldKey });
  }

  alarm(code: string, text: string, action?: string): void {
    const fingerprint = `${text}\n${action ?? ''}`;
    if (this.#alarms.get(code) === fingerprint) return;
    this.#alarms.set(code, fingerprint);
    this.#push(action === undefined ? { type: 'alarm', code, text } : { type: 'alarm', code, text, action });
  }

  clearAlarm(code: string): void {
    if (this.#alarms.delete(code)) this.#push({ type: 'alarm-cleared', code });
  }

  changed(): void {
    this.#stateChanged = true;
    this.#schedule();
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#listener === undefined) return;
    const events = this.#queue;
    this.#queue = [];
    for (const event of events) this.#listener(event);
    if (!this.#stateChanged) return;
    this.#stateChanged = false;
    this.#listener(this.#readState());
  }

  #push(event: DeliveryEvent): void {
    this.#queue.push(event);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#listener === undefined) return;
    this.#scheduled = true;
    setImmediate(() => {
      if (this.#scheduled) this.flush();
    });
  }
}
