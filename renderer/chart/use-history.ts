import { startTransition, useRef, useState } from 'react';
import type { HistoryRange, HistorySeries, Ms, Overview } from '../../preload/contract.ts';
import { trimYoung } from './chart-rows.ts';
import { useApi, useLink, useWatch } from '../live/live-context.tsx';

export interface History {
  /** Also while it is refreshed or a refresh failed: of the range that was asked for last with success. */
  readonly series: HistorySeries | null;
  /** Why the last answer was none; null after one that was. */
  readonly problem: string | null;
  readonly retry: () => void;
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
  /** A refresh is asked for this long after its reason, so that not everything that a row moves is drawn at once. */
  readonly afterMs: Ms;
}

/** The chart: each row. */
export const everyRow: HistoryPace = { everyMs: 1, afterMs: 300 };
/** Sparklines: in 15 s their 15 minutes move by a pixel or two. */
export const everyPixel: HistoryPace = { everyMs: 15_000, afterMs: 600 };

/** The local history of a range; the short ranges follow the rows, the others their buckets. `pace` must not change. */
export function useHistory(range: HistoryRange, pace: HistoryPace): History {
  const api = useApi();
  const linked = useLink().kind === 'open';
  const [answer, setAnswer] = useState<{ readonly series: HistorySeries | null; readonly problem: string | null }>({ series: null, problem: null });
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
    // A later question (another range, another row) takes its place: then that answer is the one to show.
    let wanted = true;
    const timer = setTimeout(
      () =>
        void api.history(range).then((result) => {
          if (!wanted) return;
          if (result.ok) shown.current = range;
          startTransition(() => setAnswer((before) => (result.ok ? { series: trimYoung(result.value), problem: null } : { series: before.series, problem: result.message })));
        }),
      shown.current === range ? pace.afterMs : 0,
    );
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  };
  useWatch(judge, ask, [api, range, linked, attempts, pace]);
  return { ...answer, retry: () => setAttempts((count) => count + 1) };
}
