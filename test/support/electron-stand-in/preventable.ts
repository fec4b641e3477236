import type { EventEmitter } from 'node:events';

/** Electron's events that a listener may prevent; returns whether one did. */
export function emitPreventable(emitter: EventEmitter, name: string, details: object = {}, ...rest: readonly unknown[]): boolean {
  const event = {
    ...details,
    defaultPrevented: false,
    preventDefault(): void {
      event.defaultPrevented = true;
    },
  };
  emitter.emit(name, event, ...rest);
  return event.defaultPrevented;
}
