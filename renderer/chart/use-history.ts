import { startTransition, useEffect, useRef, useState } from 'react';
import type { HistoryRange, HistorySeries, Ms } from '../../preload/contract.ts';
import { trimYoung } from './chart-rows.ts';
import { useApi, useClock, useLink, useOverview } from '../live/live-context.tsx';

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

/** The local history of a range; the short ranges follow each new row, the others their buckets. */
export function useHistory(range: HistoryRange): History {
  const api = useApi();
  const linked = useLink().kind === 'open';
  const newestRow = useOverview(({ state }) => state.lastRow?.at ?? null);
  const turn = useClock((now) => Math.floor(now / refreshMs[range]));
  const [answer, setAnswer] = useState<{ readonly series: HistorySeries | null; readonly problem: string | null }>({ series: null, problem: null });
  const [attempts, setAttempts] = useState(0);
  const asked = useRef(0);
  const followsRows = range === '15m' || range === '1h';
  const newest = followsRows ? newestRow : null;

  useEffect(() => {
    if (!linked) return;
    const mine = ++asked.current;
    void api.history(range).then((result) => {
      // A later question has been asked meanwhile (another range, another row): its answer is the one to show.
      if (mine !== asked.current) return;
      startTransition(() => setAnswer((before) => (result.ok ? { series: trimYoung(result.value), problem: null } : { series: before.series, problem: result.message })));
    });
  }, [api, range, newest, turn, linked, attempts]);

  return { ...answer, retry: () => setAttempts((count) => count + 1) };
}
