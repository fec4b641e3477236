import { memo, useDeferredValue, useId, useMemo, useState, useSyncExternalStore } from 'react';
import { useOverview } from '../live/live-context.tsx';
import { derive } from '../live/store.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { Segmented } from '../parts/segmented.tsx';
import { count, whole } from '../words/numbers.ts';
import { LegsTable } from './legs-table.tsx';
import { arrangeLegs, legsCsv, sumLegs, type LegFilter, type LegOrder, type ShownLegs } from './legs-view.ts';
import { useLegs } from './use-legs.ts';

/** Every leg with what it adds to the sums, or why it adds nothing. */
export const LegsPanel = memo(function LegsPanel({ filter, onFilter, titled }: {
  readonly filter: LegFilter;
  readonly onFilter: (filter: LegFilter) => void;
  /** False where a tab already says "Legs". */
  readonly titled: boolean;
}) {
  const answer = useLegs();
  const [search, setSearch] = useState('');
  const [order, setOrder] = useState<LegOrder>({ column: 'contract', descending: false });
  const wanted = useDeferredValue(search);
  const shown = useMemo(
    () =>
      derive(answer, ({ legs }): ShownLegs => {
        const arranged = arrangeLegs(legs ?? [], filter, wanted, order);
        return { legs: arranged, sums: sumLegs(arranged) };
      }),
    [answer, filter, wanted, order],
  );
  // Of the legs only what changes rarely is rendered here; the numbers are written by their own lines.
  const total = useSyncExternalStore(answer.subscribe, () => answer.get().legs?.length ?? null);
  const problem = useSyncExternalStore(answer.subscribe, () => answer.get().problem);
  const unpriced = useSyncExternalStore(answer.subscribe, () => (answer.get().legs ?? []).reduce((some, { reason }) => some + (reason === null ? 0 : 1), 0));
  const length = useSyncExternalStore(answer.subscribe, () => shown.get().legs.length);
  const connected = useOverview(({ state }) => state.connection.kind === 'connected');
  const searchId = useId();
  return (
    <section className="panel legs-panel" aria-label="Legs">
      <div className="panel-head">
        <h2 className={titled ? undefined : 'off-screen'}>
          Legs <span className="unit">{total === null ? '' : whole(total)}</span>
        </h2>
        <Segmented
          label="Which legs"
          value={filter}
          onChange={onFilter}
          options={[
            { value: 'all', label: 'all' },
            { value: 'unpriced', label: `unpriced ${whole(unpriced)}` },
          ]}
        />
        <label className="off-screen" htmlFor={searchId}>
          Search legs
        </label>
        <input id={searchId} type="search" className="search" placeholder="SPX C 6100" value={search} onChange={(event) => setSearch(event.target.value)} spellCheck={false} />
        <CopyButton label="Copy CSV" done={`Copied ${count(length, 'leg')}`} text={() => legsCsv(shown.get().legs)} disabled={length === 0} small />
      </div>
      {problem !== null && (
        <p className="panel-problem" role="alert">
          The legs could not be read. {problem}
        </p>
      )}
      {length > 0 ? (
        <LegsTable shown={shown} order={order} onOrder={setOrder} all={length === total} />
      ) : (
        <p className="panel-note">{emptyWords(total, filter, search, connected)}</p>
      )}
    </section>
  );
});

function emptyWords(total: number | null, filter: LegFilter, search: string, connected: boolean): string {
  if (total === null) return 'Reading the legs';
  if (total === 0) return connected ? 'The account has no positions. The sums are 0, and they are written.' : 'The legs appear here once the bridge is connected.';
  if (search.trim() !== '') return `No leg matches "${search.trim()}".`;
  return filter === 'unpriced' ? 'Every leg is priced.' : 'No legs.';
}
