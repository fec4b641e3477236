import type { BridgeApi, LogEntry, LogQuery, Severity } from '../../preload/contract.ts';
import { createStore, type Store } from '../live/store.ts';

export interface LogFilter {
  readonly statuses: readonly Severity[] | null;
  readonly search: string;
}

export interface LogState {
  /** Newest first. */
  readonly entries: readonly LogEntry[];
  /** Came while the reader was further down; shown when asked for. Newest first. */
  readonly held: readonly LogEntry[];
  readonly kind: 'loading' | 'ready' | 'failed';
  readonly problem: string | null;
  /** Nothing older is left to load. */
  readonly complete: boolean;
}

/** The entries that pass one filter: the newest page at once, older ones page by page, new ones as they come. */
export interface LogBook {
  readonly state: Store<LogState>;
  readonly loadOlder: () => void;
  /** Takes a batch of new entries, in the order in which they came. */
  readonly take: (entries: readonly LogEntry[]) => void;
  /** While held, new entries wait aside, so that what is being read does not move. */
  readonly hold: (held: boolean) => void;
  /** Asks for the newest page again: after a failure, or after updates were missed. */
  readonly restart: () => void;
}

const pageSize = 200;
const empty: LogState = { entries: [], held: [], kind: 'loading', problem: null, complete: false };

export function createLogBook(api: Pick<BridgeApi, 'log'>, filter: LogFilter): LogBook {
  const state = createStore<LogState>(empty);
  let holding = false;
  let loading = false;
  let restartWaits = false;

  /** `reached`: newest entry that was shown when a newest page was asked for again. */
  const load = async (before: number | undefined, reached = Infinity): Promise<void> => {
    if (loading) return;
    loading = true;
    const answer = await api.log(queryOf(filter, before));
    loading = false;
    const now = state.get();
    if (answer.ok) {
      const complete = answer.value.length < pageSize;
      const oldest = answer.value.at(-1)?.id ?? 0;
      // A newest page that does not reach what was shown: what lies between comes again page by page, rather than never.
      const apart = !complete && oldest > reached + 1;
      const entries = merge(apart ? now.entries.filter(({ id }) => id > oldest) : now.entries, answer.value);
      state.set({ ...now, kind: 'ready', problem: null, complete: before === undefined ? complete : complete || now.complete, entries });
    } else state.set({ ...now, kind: 'failed', problem: answer.message });
    if (restartWaits) restart();
  };
  const show = (): void => {
    const now = state.get();
    if (now.held.length > 0) state.set({ ...now, entries: merge(now.held, now.entries), held: [] });
  };

  const restart = (): void => {
    restartWaits = loading;
    if (!loading) void load(undefined, state.get().entries[0]?.id);
  };

  void load(undefined);
  return {
    state,
    loadOlder: () => {
      const { complete, kind, entries } = state.get();
      const oldest = entries.at(-1);
      if (!complete && kind !== 'loading' && oldest !== undefined) void load(oldest.id);
    },
    take: (batch) => {
      const passing = batch.filter((entry) => passes(entry, filter));
      if (passing.length === 0) return;
      const now = state.get();
      if (holding) state.set({ ...now, held: merge(passing, now.held) });
      else state.set({ ...now, entries: merge(passing, now.entries) });
    },
    hold: (held) => {
      holding = held;
      if (!held) show();
    },
    restart,
  };
}

/** The same judgement as the bridge's own, for entries that come by themselves. */
function passes(entry: LogEntry, { statuses, search }: LogFilter): boolean {
  if (statuses !== null && !statuses.includes(entry.status)) return false;
  return entry.message.toLowerCase().includes(search.trim().toLowerCase());
}

function queryOf({ statuses, search }: LogFilter, before: number | undefined): LogQuery {
  return {
    limit: pageSize,
    ...(before === undefined ? {} : { before }),
    ...(statuses === null ? {} : { statuses }),
    ...(search.trim() === '' ? {} : { search: search.trim() }),
  };
}

/** Both lists as one, newest first, each entry once: a page and an update may both hold it. */
function merge(one: readonly LogEntry[], other: readonly LogEntry[]): readonly LogEntry[] {
  const oldest = one.at(-1);
  const newest = other[0];
  const apart = oldest === undefined || newest === undefined || oldest.id > newest.id;
  // The common case of a page below or a batch above costs no sorting of 50,000 entries.
  if (apart && isDescending(one.slice(0, pageSize))) return [...one, ...other];
  const byId = new Map([...one, ...other].map((entry) => [entry.id, entry]));
  return [...byId.values()].sort((left, right) => right.id - left.id);
}

function isDescending(entries: readonly LogEntry[]): boolean {
  return entries.every((entry, index) => index === 0 || (entries[index - 1]?.id ?? Infinity) > entry.id);
}
