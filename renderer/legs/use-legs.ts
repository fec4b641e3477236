import { startTransition, useEffect, useRef, useState } from 'react';
import type { Connection, LegRow } from '../../preload/contract.ts';
import { keepEqualParts } from '../live/keep-equal-parts.ts';
import { useApi, useClock, useLink, useOverview } from '../live/live-context.tsx';

export interface Legs {
  /** Null before the first answer. */
  readonly legs: readonly LegRow[] | null;
  readonly problem: string | null;
}

/** Without a session the bridge has no legs to tell: the last ones stay, dim and with their age, as the four numbers do. */
function keepLast(before: Legs['legs'], now: readonly LegRow[], kind: Connection['kind']): readonly LegRow[] {
  return now.length === 0 && kind !== 'connected' && before !== null ? before : keepEqualParts(before, now);
}

/** From this many legs on the table is asked for every 5 s instead of every second. */
const largeBook = 600;

/** The legs table, asked for again each second while the sums move. */
export function useLegs(): Legs {
  const api = useApi();
  const linked = useLink().kind === 'open';
  const [answer, setAnswer] = useState<Legs>({ legs: null, problem: null });
  const everyMs = (answer.legs?.length ?? 0) > largeBook ? 5000 : 1000;
  // Sums that stand still (not connected, market closed) ask for nothing.
  const turn = useOverview(({ sums }) => (sums === null ? 0 : Math.floor(sums.at / everyMs)));
  const kind = useOverview(({ state }) => state.connection.kind);
  const beat = useClock((now) => Math.floor(now / 10_000));
  const asked = useRef(0);

  useEffect(() => {
    if (!linked) return;
    const mine = ++asked.current;
    void api.legs().then((result) => {
      if (mine !== asked.current) return;
      startTransition(() =>
        setAnswer((before) => (result.ok ? { legs: keepLast(before.legs, result.value, kind), problem: null } : { legs: before.legs, problem: result.message })),
      );
    });
  }, [api, turn, kind, beat, linked]);

  return answer;
}
