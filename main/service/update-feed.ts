import type { LogEntry, Overview, SettingsView, Update } from '../../preload/contract.ts';
import type { Clock, Ms, Timer } from '../engine/clock.ts';
import type { Attachment } from './bridge-service.ts';

export interface UpdateFeedParts {
  readonly clock: Clock;
  readonly overview: () => Overview;
  readonly newestLogId: () => number;
  /** Entries after an id, oldest first. */
  readonly logsAfter: (id: number, limit: number) => readonly LogEntry[];
  readonly send: (update: Update) => void;
  /** The listener threw, or what it is told could not be made: the feed has ended. */
  readonly onFault: (error: unknown) => void;
}

/** Overviews are at least this far apart: four a second. */
const paceMs: Ms = 250;
/** Also when nothing moves: the window counts ages from the sender's clock, which may be stepped. */
const longestSilenceMs: Ms = 1_000;
/** What was missed while invisible arrives in batches of this size, oldest first, one a beat. */
const logBatch = 500;

/**
 * Updates for one window while it is visible: an overview at once when it becomes visible and when the state changes,
 * and four times a second while the sums move; never more. Invisible, it costs nothing: no timer runs.
 */
export class UpdateFeed implements Attachment {
  readonly #parts: UpdateFeedParts;
  #visible = false;
  #detached = false;
  #timer: { readonly timer: Timer; readonly dueAt: Ms } | undefined;
  #sentAt: Ms = Number.NEGATIVE_INFINITY;
  #sentKey = '';
  #logId: number;
  /** Changed while invisible; only the newest counts. */
  #settings: SettingsView | undefined;

  constructor(parts: UpdateFeedParts) {
    this.#parts = parts;
    this.#logId = parts.newestLogId();
  }

  setVisible(visible: boolean): void {
    if (this.#detached || visible === this.#visible) return;
    this.#visible = visible;
    if (!visible) return this.#disarm();
    this.#sentKey = '';
    // A window that is hidden and shown again within the pace waits for its turn.
    if (this.#parts.clock.monotonic() >= this.#sentAt + paceMs) this.#beat();
    else this.stateChanged();
  }

  detach(): void {
    this.#detached = true;
    this.#visible = false;
    this.#disarm();
  }

  /** The state changed. Nothing is made or sent from here: the engine is in the middle of its own work. */
  stateChanged(): void {
    if (!this.#visible) return;
    this.#arm(Math.max(0, this.#sentAt + paceMs - this.#parts.clock.monotonic()));
  }

  settingsChanged(settings: SettingsView): void {
    this.#settings = settings;
    if (this.#visible) this.#arm(0);
  }

  #beat(): void {
    this.#disarm();
    try {
      this.#sendSettings();
      this.#sendOverview();
      this.#sendLog();
    } catch (error) {
      this.detach();
      this.#parts.onFault(error);
    }
    if (this.#visible) this.#arm(paceMs);
  }

  #sendSettings(): void {
    const settings = this.#settings;
    this.#settings = undefined;
    if (settings !== undefined) this.#parts.send({ type: 'settings', settings });
  }

  #sendOverview(): void {
    const now = this.#parts.clock.monotonic();
    // A beat for the settings alone comes earlier than the next overview may; the listener may have hidden on what it heard.
    if (!this.#visible || now - this.#sentAt < paceMs) return;
    const overview = this.#parts.overview();
    const key = keyOf(overview);
    if (key === this.#sentKey && now - this.#sentAt < longestSilenceMs) return;
    this.#sentKey = key;
    this.#sentAt = now;
    this.#parts.send({ type: 'overview', overview });
  }

  #sendLog(): void {
    if (!this.#visible) return;
    const entries = this.#parts.logsAfter(this.#logId, logBatch);
    const newest = entries.at(-1);
    if (newest === undefined) return;
    this.#logId = newest.id;
    this.#parts.send({ type: 'log', entries });
  }

  /** The earlier of the timer that is set and `delayMs` from now. */
  #arm(delayMs: Ms): void {
    const dueAt = this.#parts.clock.monotonic() + delayMs;
    if (this.#timer !== undefined && this.#timer.dueAt <= dueAt) return;
    this.#disarm();
    this.#timer = { dueAt, timer: this.#parts.clock.setTimer(delayMs, () => this.#beat()) };
  }

  #disarm(): void {
    this.#timer?.timer.cancel();
    this.#timer = undefined;
  }
}

/** What of an overview is worth sending it again; `now` and the instant of the sums move by themselves. */
function keyOf({ state, sums, rowsToday, lastTickAt, pollIntervalMs, resetWindow }: Overview): string {
  const numbers = sums === null ? [] : [sums.delta, sums.gamma, sums.vega, sums.theta, sums.underlyingPrice, sums.coverage.priced, sums.coverage.legs];
  return [state.rev, ...numbers, rowsToday, lastTickAt, pollIntervalMs, resetWindow?.start, resetWindow?.end].join(' ');
}
