import type { Clock, Ms, Timer } from '../clock.ts';
import type { LogRow } from '../delivery/delivery.ts';
import type { ApiMode, Severity } from '../state.ts';
import { durationInWords } from './words.ts';

/** What the log writes with; `write` accepts one api_logs row. */
export interface EventLogParts {
  readonly clock: Clock;
  readonly write: (row: LogRow) => void;
  readonly mode: () => ApiMode;
}

/** The engine's way into api_logs. */
export interface EventLog {
  /**
   * Records one event. The first of a fold key is written at once; equal ones within the next five minutes are counted
   * and written as one row, "<newest message>: 17 times in 5 min". Without a key the event is never folded.
   */
  record(severity: Severity, message: string, foldKey?: string): void;
  /** Writes what is still only counted; folding goes on with the next event. */
  flush(): void;
  /** For the stop: writes what is still only counted, sets no timer again, and writes every later event at once. */
  close(): void;
}

/** Repeats are counted for this long, then written as one row. */
export const foldWindowMs: Ms = 300_000;

/** Repeats of one fold key since the newest row that was written for it. */
interface Fold {
  /** Monotonic instant from which repeats are counted: steps of the wall clock change no fold. */
  since: Ms;
  count: number;
  severity: Severity;
  message: string;
  mode: ApiMode;
}

/**
 * Creates the log that folds repeats: a gateway that refuses every 20 s all night is twelve rows an hour, not 180, and
 * their numbers add up. It owns one timer at most, and none while nothing is being folded.
 */
export function createEventLog({ clock, write, mode }: EventLogParts): EventLog {
  /** In the order of `since`, because a fold that begins anew is put at the end. */
  const folds = new Map<string, Fold>();
  let timer: Timer | undefined;
  let closed = false;

  function record(severity: Severity, message: string, foldKey?: string): void {
    if (foldKey !== undefined && !closed) {
      writeDue();
      const fold = folds.get(foldKey);
      if (fold !== undefined) return count(fold, severity, message);
      folds.set(foldKey, { since: clock.monotonic(), count: 0, severity, message, mode: mode() });
      arm();
    }
    write({ timestamp: clock.now(), apiMode: mode(), message, status: severity });
  }

  function count(fold: Fold, severity: Severity, message: string): void {
    // The worst severity of the repeats stands on their row: an error may not hide behind a later warning.
    fold.severity = fold.count === 0 || rank[severity] > rank[fold.severity] ? severity : fold.severity;
    fold.message = message;
    fold.mode = mode();
    fold.count += 1;
  }

  /** Ends the windows that are over: one without repeats is forgotten, one with repeats is written and begins anew. */
  function writeDue(): void {
    const now = clock.monotonic();
    for (const [key, fold] of [...folds]) {
      if (now - fold.since < foldWindowMs) break;
      // Writing can give rise to the next event (a full disk, say), which ends windows and counts before we go on here.
      if (folds.get(key) !== fold) continue;
      folds.delete(key);
      if (fold.count === 0) continue;
      folds.set(key, { ...fold, since: now, count: 0 });
      writeFold(fold, now);
    }
  }

  function writeFold(fold: Fold, now: Ms): void {
    const times = fold.count === 1 ? '1 time' : `${fold.count} times`;
    write({ timestamp: clock.now(), apiMode: fold.mode, message: `${fold.message}: ${times} in ${inWords(now - fold.since)}`, status: fold.severity });
  }

  function arm(): void {
    const [oldest] = folds.values();
    if (timer !== undefined || oldest === undefined) return;
    timer = clock.setTimer(Math.max(0, oldest.since + foldWindowMs - clock.monotonic()), () => {
      timer = undefined;
      writeDue();
      arm();
    });
  }

  function flush(): void {
    const now = clock.monotonic();
    const counted = [...folds.values()].filter((fold) => fold.count > 0);
    folds.clear();
    timer?.cancel();
    timer = undefined;
    for (const fold of counted) writeFold(fold, now);
  }

  function close(): void {
    closed = true;
    flush();
  }

  return { record, flush, close };
}

const rank: Readonly<Record<Severity, number>> = { info: 0, warning: 1, error: 2 };

/** Whole minutes as the README writes them, "5 min"; other spans in the usual words. */
function inWords(spanMs: Ms): string {
  const minutes = spanMs / 60_000;
  return minutes >= 1 && Number.isInteger(minutes) ? `${minutes} min` : durationInWords(spanMs);
}
