import { memo, useDeferredValue, useId, useMemo, useState } from 'react';
import { useOverview } from '../live/live-context.tsx';
import { CopyButton } from '../parts/copy-button.tsx';
import { Segmented } from '../parts/segmented.tsx';
import { count, whole } from '../words/numbers.ts';
import { LegsTable } from './legs-table.tsx';
import { arrangeLegs, legsCsv, sumLegs, type LegFilter, type LegOrder } from './legs-view.ts';
import { useLegs } from './use-legs.ts';

/** Every leg with what it adds to the sums, or why it adds nothing. */
export const LegsPanel = memo(function LegsPanel({ filter, onFilter, titled }: {
  readonly filter: LegFilter;
  readonly onFilter: (filter: LegFilter) => void;
  /** False where a tab already says "Legs". */
  readonly titled: boolean;
}) {
  const { legs, problem } = useLegs();
  const [search, setSearch] = useState('');
  const [order, setOrder] = useState<LegOrder>({ column: 'contract', descending: false });
  const wanted = useDeferredValue(search);
  const shown = useMemo(() => arrangeLegs(legs ?? [], filter, wanted, order), [legs, filter, wanted, order]);
  const sums = useMemo(() => sumLegs(shown), [shown]);
  const unpriced = useMemo(() => (legs ?? []).filter(({ reason }) => reason !== null).length, [legs]);
  const connected = useOverview(({ state }) => state.connection.kind === 'connected');
  const searchId = useId();
  return (
    <section className="panel legs-panel" aria-label="Legs">
      <div className="panel-head">
        <h2 className={titled ? undefined : 'off-screen'}>
          Legs <span className="unit">{legs === null ? '' : whole(legs.length)}</span>
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
        <CopyButton label="Copy CSV" done={`Copied ${count(shown.length, 'leg')}`} text={() => legsCsv(shown)} disabled={shown.length === 0} small />
      </div>
      {problem !== null && (
        <p className="panel-problem" role="alert">
          The legs could not be read. {problem}
        </p>
      )}
      {shown.length > 0 ? (
        <LegsTable legs={shown} order={order} onOrder={setOrder} sums={sums} all={shown.length === legs?.length} />
      ) : (
        <p className="panel-note">{emptyWords(legs, filter, search, connected)}</p>
      )}
    </section>
  );
});

function emptyWords(legs: readonly unknown[] | null, filter: LegFilter, search: string, connected: boolean): string {
  if (legs === null) return 'Reading the legs';
  if (legs.length === 0) return connected ? 'The account has no positions. The sums are 0, and they are written.' : 'The legs appear here once the bridge is connected.';
  if (search.trim() !== '') return `No leg matches "${search.trim()}".`;
  return filter === 'unpriced' ? 'Every leg is priced.' : 'No legs.';
}
