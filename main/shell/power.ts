import type { PowerMonitor } from 'electron';
import type { Engine } from '../engine/engine.ts';

/**
 * Sleep ends the session cleanly, waking opens a new one.
 *
 * Unlocking counts as waking: macOS sometimes reports it alone. Where nothing sleeps, waking changes nothing, and who
 * paused by hand stays paused. A system that shuts down is a Quit.
 *
 * @param unlocked called after unlocking: a Keychain that was locked answers again.
 */
export function followPower(monitor: Pick<PowerMonitor, 'on'>, engine: Pick<Engine, 'pause' | 'resume'>, { quit, unlocked }: { readonly quit: () => void; readonly unlocked: () => void }): void {
  monitor.on('suspend', () => engine.pause('sleep'));
  monitor.on('resume', () => engine.resume('sleep'));
  monitor.on('unlock-screen', () => {
    engine.resume('sleep');
    unlocked();
  });
  // The event is in Electron's documentation and not in its types: preventing it asks the system to wait for us.
  monitor.on('shutdown', (event?: { preventDefault(): void }) => {
    event?.preventDefault();
    quit();
  });
}
