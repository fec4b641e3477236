import type { Notification, NotificationConstructorOptions } from 'electron';
import type { Alarm } from '../engine/state.ts';
import { sentence } from './tray-words.ts';

type Shown = Pick<Notification, 'show' | 'close' | 'on'>;

/** How notifications are made; undefined where the system shows none. */
export type MakeNotification = (options: NotificationConstructorOptions) => Shown | undefined;

/**
 * Notifications for what a person must act on: the alarms of the state, one for each code while it stands.
 *
 * The nightly reset raises no alarm and so is never told here; an outage that outlives it does.
 */
export class Notifications {
  readonly #make: MakeNotification;
  readonly #open: () => void;
  readonly #standing = new Map<string, { readonly text: string; readonly shown: Shown | undefined }>();

  /** @param open shows the window; called when a notification is clicked. */
  constructor(make: MakeNotification, open: () => void) {
    this.#make = make;
    this.#open = open;
  }

  /** Shows what is new, replaces what reads differently now, and takes back what is over. */
  update(alarms: readonly Alarm[]): void {
    for (const [code, { shown }] of this.#standing) {
      if (alarms.some((alarm) => alarm.code === code)) continue;
      shown?.close();
      this.#standing.delete(code);
    }
    for (const alarm of alarms) this.#tell(alarm);
  }

  #tell(alarm: Alarm): void {
    const before = this.#standing.get(alarm.code);
    const { title, body } = words(alarm);
    const text = `${title}\n${body}`;
    if (before?.text === text) return;
    before?.shown?.close();
    const shown = this.#make({ title, body });
    shown?.on('click', this.#open);
    shown?.show();
    // Held here: a notification that is garbage collected loses its click.
    this.#standing.set(alarm.code, { text, shown });
  }
}

/** What happened, and what to do; SQL and the like is for the window. */
function words({ text, action }: Alarm): { readonly title: string; readonly body: string } {
  const advice = action?.split('\n', 1)[0] ?? '';
  return { title: 'IBKR Trading Bridge', body: advice === '' ? `${sentence(text)}.` : `${sentence(text)}. ${sentence(advice)}` };
}
