import { startTransition, useEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import type { Connection, LegRow } from '../../preload/contract.ts';
import { useApi, useClock, useLink, useOverview } from '../live/live-context.tsx';

export interface Legs {
  /** Null before the first answer. */
  readonly legs: readonly LegRow[] | null;
  readonly problem: string | null;
}

/** Without a session the bridge has no legs to tell: the last ones stay, dim and with their age, as the four numbers do. */
function keepLast(before: Legs['legs'], now: readonly LegRow[], kind: Connection['kind']): readonly LegRow[] {
  return now.length === 0 && kind !== 'connected' && before !== null ? before : keepEqualLegs(before, now);
}

/** The legs of now, each the object of before where nothing of it has changed, so that its line is not drawn again. */
function keepEqualLegs(before: Legs['legs'], now: readonly LegRow[]): readonly LegRow[] {
  if (before === null) return now;
  const merged = now.map((leg, index) => {
    const last = before[index];
    return last !== undefined && isEqualLeg(last, leg) ? last : leg;
  });
  return merged.length === before.length && merged.every((leg, index) => leg === before[index]) ? before : merged;
}

function isEqualLeg(one: LegRow, other: LegRow): boolean {
  for (const name in one) {
    if (one[name as keyof LegRow] !== other[name as keyof LegRow]) return false;
  }
  return true;
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
      const adopt = (): void => setAnswer((before) => (result.ok ? { legs: keepLast(before.legs, result.value, kind), problem: null } : { legs: before.legs, problem: result.message }));
      // A small book is drawn in the frame of the numbers that asked for it: a frame of its own would cost as much again.
      if (result.ok && result.value.length <= largeBook) flushSync(adopt);
      else startTransition(adopt);
    });
  }, [api, turn, kind, beat, linked]);

  return answer;
}
