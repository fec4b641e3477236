import type Electron from 'electron';
import { EventEmitter } from 'node:events';

/** Those that are on the screen. */
export const shownNotifications = new Set<Notification>();

export class Notification extends EventEmitter implements Pick<Electron.Notification, 'show' | 'close' | 'title' | 'body'> {
  title: string;
  body: string;

  constructor(options: Electron.NotificationConstructorOptions = {}) {
    super();
    this.title = options.title ?? '';
    this.body = options.body ?? '';
  }

  static isSupported(): boolean {
    return true;
  }

  show(): void {
    shownNotifications.add(this);
  }

  close(): void {
    shownNotifications.delete(this);
  }
}
