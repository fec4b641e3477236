import { count, whole } from '../words/numbers.ts';
import type { GreekName, Greeks, Ms, Overview, Snapshot } from '../../preload/contract.ts';
import { greekNames } from '../words/greek-words.ts';

/** What the four tiles show: the sums of one instant, and whether they are of now. */
export interface TilesView {
  readonly sums: Snapshot | null;
  /** Not of now: they are dimmed, and their age stands where the change of the day stood. */
  readonly stale: boolean;
  /** Instant whose age is shown: of the newest tick while live, else of the sums. */
  readonly asOf: Ms | null;
  /** Of the sums that are shown; while the connection warms up, how far it is. */
  readonly coverage: Snapshot['coverage'] | null;
  /** Connected, and some legs have no price yet: nothing is written before they have, or 15 s have passed. */
  readonly warming: boolean;
}

/**
 * Chooses the sums to show. While they are live: those of this moment. Else the last ones that were, with their age;
 * sums of a connection that is still warming up cover part of the book and are never passed off as the book's.
 */
export function viewTiles(overview: TilesSource): TilesView {
  let view = viewOf.get(overview);
  if (view === undefined) viewOf.set(overview, (view = makeView(overview)));
  return view;
}

type TilesSource = Pick<Overview, 'state' | 'sums' | 'lastTickAt'>;

/** A dozen texts ask with each update. */
const viewOf = new WeakMap<TilesSource, TilesView>();

function makeView({ state, sums, lastTickAt }: TilesSource): TilesView {
  if (state.live && state.connection.kind === 'connected') {
    const shown = sums ?? state.snapshot;
    return { sums: shown, stale: false, asOf: shown === null ? null : Math.min(shown.at, lastTickAt ?? shown.at), coverage: shown?.coverage ?? null, warming: false };
  }
  const warming = state.connection.kind === 'connected';
  const coverage = (warming ? sums : state.snapshot)?.coverage ?? null;
  return { sums: state.snapshot, stale: true, asOf: state.snapshot?.at ?? null, coverage, warming };
}

/** What stands around the four numbers and changes rarely; the numbers themselves are written without it. */
export interface TilesFrame {
  readonly known: boolean;
  readonly stale: boolean;
  readonly dated: boolean;
  /** In words. */
  readonly coverage: string | null;
  /** Some legs are left out. */
  readonly partial: boolean;
  readonly reasons: Readonly<Record<GreekName, string | null>>;
  readonly dayStart: Greeks | null;
}

export function frameTiles(overview: Overview): TilesFrame {
  const view = viewTiles(overview);
  const { sums, coverage } = view;
  return {
    known: sums !== null,
    stale: view.stale,
    dated: view.asOf !== null,
    coverage: coverage === null ? null : coverageWords(coverage),
    partial: coverage !== null && coverage.priced < coverage.legs,
    reasons: Object.fromEntries(greekNames.map((greek) => [greek, unknownReason(greek, view, overview.state)])) as Record<GreekName, string | null>,
    dayStart: overview.dayStart,
  };
}

/** Live sums that have not moved on for this long mean that something hangs, whatever the state says. */
export function silentAfter(pollIntervalMs: Ms): Ms {
  return Math.max(15_000, 3 * pollIntervalMs);
}

/** Why a Greek is not known, for people; null where it is known. */
export function unknownReason(greek: GreekName, { sums }: TilesView, state: Overview['state']): string | null {
  if (sums === null) {
    if (state.connection.kind === 'connected') return 'waiting for prices';
    return state.connection.kind === 'connecting' ? 'connecting' : 'not connected';
  }
  if (sums[greek] !== null) return null;
  // Which legs, and why, stands in the line below the tiles.
  return sums.coverage.priced === 0 ? 'no leg is priced' : 'not known';
}

/** "28 of 30 legs", "30 legs", "no positions". */
export function coverageWords(coverage: Snapshot['coverage']): string {
  const { legs, priced } = coverage;
  if (legs === 0) return 'no positions';
  return priced === legs ? count(legs, 'leg') : `${whole(priced)} of ${whole(legs)} legs`;
}
