import { useMemo, useRef, useState } from 'react';
import type { HistoryRange, HistorySeries, Ms, Overview } from '../../preload/contract.ts';
import { trimYoung } from './chart-rows.ts';
import { useLink, useLive, useWatch } from '../live/live-context.tsx';
import { createStore, type Reading } from '../live/store.ts';

export interface History {
  /** Also while it is refreshed or a refresh failed: of the range that was asked for last with success. */
  readonly series: HistorySeries | null;
  /** Why the last answer was none; null after one that was. */
  readonly problem: string | null;
}

/** How often a range is worth asking for again when no new row has told so: about one of its buckets. */
const refreshMs: Readonly<Record<HistoryRange, Ms>> = {
  '15m': 15_000,
  '1h': 15_000,
  '6h': 36_000,
  '1d': 144_000,
  '7d': 600_000,
  '30d': 1_800_000,
};

/** How a history follows the bridge's rows. */
export interface HistoryPace {
  /** Rows of the same stretch of this length are one reason to ask. */
  readonly everyMs: Ms;
  /**
   * A refresh is asked for this long after its reason, and drawn with the update that follows: legs, chart, ages of quotes
   * and sparklines each have an update of their own, and none has a frame of its own.
   */
  readonly afterMs: Ms;
}

/** The chart: each row. */
export const everyRow: HistoryPace = { everyMs: 1, afterMs: 300 };
/** Sparklines: in 15 s their 15 minutes move by a pixel or two. */
export const everyPixel: HistoryPace = { everyMs: 15_000, afterMs: 1_300 };

/**
 * The local history of a range; the short ranges follow the rows, the others their buckets. `pace` must not change.
 *
 * A store and no state: a new row changes a path and a number, and rendering all that stands around them costs a multiple.
 */
export function useHistory(range: HistoryRange, pace: HistoryPace): { readonly history: Reading<History>; readonly retry: () => void } {
  const { bridge, beat } = useLive();
  const linked = useLink().kind === 'open';
  const history = useMemo(() => createStore<History>({ series: null, problem: null }), []);
  const [attempts, setAttempts] = useState(0);
  const shown = useRef<HistoryRange | null>(null);
  const judge = (now: Ms, { state }: Overview): string | null => {
    if (!linked) return null;
    const followsRows = range === '15m' || range === '1h';
    const newest = followsRows ? Math.floor((state.lastRow?.at ?? 0) / pace.everyMs) : 0;
    // Counted from the newest row: while rows come there is no other reason.
    return `${newest} ${Math.floor((now - newest * pace.everyMs) / refreshMs[range])}`;
  };
  const ask = (): (() => void) => {
    const refreshes = shown.current === range;
    let stop = (): void => clearTimeout(timer);
    const timer = setTimeout(() => {
      let wanted = true;
      stop = () => {
        wanted = false;
      };
      void bridge.api.history(range).then((result) => {
        // A later question (another range, another row) takes its place: then that answer is the one to show.
        if (!wanted) return;
        if (result.ok) shown.current = range;
        const adopt = (): void => history.set(result.ok ? { series: trimYoung(result.value), problem: null } : { series: history.get().series, problem: result.message });
        if (!refreshes) return adopt();
        const unsubscribe = beat.subscribe(() => {
          unsubscribe();
          adopt();
        });
        stop = unsubscribe;
      });
    }, refreshes ? pace.afterMs : 0);
    return () => stop();
  };
  useWatch(judge, ask, [bridge, range, linked, attempts, pace]);
  return { history, retry: () => setAttempts((count) => count + 1) };
}
