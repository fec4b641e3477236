import { useMemo } from 'react';
import type { BridgeState, LegRow, Ms, Overview } from '../../preload/contract.ts';
import { overviewOf, useLink, useLive, useWatch } from '../live/live-context.tsx';
import { createStore, type Reading } from '../live/store.ts';

export interface Legs {
  /** Null before the first answer. */
  readonly legs: readonly LegRow[] | null;
  readonly problem: string | null;
}

/** Without a session the bridge has no legs to tell: the last ones stay, dim and with their age, as long as the four numbers do. */
function keepLast(before: Legs['legs'], now: readonly LegRow[], { connection, snapshot }: BridgeState): readonly LegRow[] {
  return now.length === 0 && connection.kind !== 'connected' && snapshot !== null && before !== null ? before : keepEqualLegs(before, now);
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
export function useLegs(): Reading<Legs> {
  const { bridge, heard } = useLive();
  const linked = useLink().kind === 'open';
  const answer = useMemo(() => createStore<Legs>({ legs: null, problem: null }), []);
  const judge = (now: Ms, { sums, state }: Overview): string | null => {
    if (!linked) return null;
    const everyMs = (answer.get().legs?.length ?? 0) > largeBook ? 5000 : 1000;
    // Sums that stand still (not connected, market closed) ask for nothing.
    return `${Math.floor((sums?.at ?? 0) / everyMs)} ${state.connection.kind} ${state.snapshot === null} ${Math.floor(now / 10_000)}`;
  };
  const ask = (): (() => void) => {
    let wanted = true;
    const { state } = overviewOf(heard.get());
    void bridge.api.legs().then((result) => {
      if (!wanted) return;
      const { legs } = answer.get();
      answer.set(result.ok ? { legs: keepLast(legs, result.value, state), problem: null } : { legs, problem: result.message });
    });
    return () => {
      wanted = false;
    };
  };
  useWatch(judge, ask, [bridge, linked]);
  return answer;
}
