import { memo, useRef, useSyncExternalStore } from 'react';
import { useVirtualizer, type Range } from '@tanstack/react-virtual';
import type { GreekName } from '../../preload/contract.ts';
import { useLink, useOverview } from '../live/live-context.tsx';
import type { Reading } from '../live/store.ts';
import { useWrittenText } from '../live/written-text.tsx';
import { greekNames } from '../words/greek-words.ts';
import { greekDigits, signed, whole } from '../words/numbers.ts';
import { LegLine } from './leg-line.tsx';
import type { LegColumn, LegOrder, ShownLegs } from './legs-view.ts';

const rowHeight = 28;

const columns: readonly { readonly column: LegColumn; readonly label: string; readonly title: string; readonly first: 'ascending' | 'descending' }[] = [
  { column: 'contract', label: 'Contract', title: 'Symbol, expiry, strike', first: 'ascending' },
  { column: 'position', label: 'Position', title: 'Contracts or shares, signed', first: 'descending' },
  { column: 'price', label: 'Price', title: 'Price of the instrument itself', first: 'descending' },
  { column: 'impliedVolatility', label: 'IV', title: 'Implied volatility, per cent a year', first: 'descending' },
  { column: 'unitDelta', label: 'Unit Δ', title: 'Delta of one unit of the underlying', first: 'descending' },
  { column: 'delta', label: 'Net Δ', title: 'Net delta of the position, shares', first: 'descending' },
  { column: 'gamma', label: 'Net Γ', title: 'Net gamma of the position, shares per point', first: 'descending' },
  { column: 'vega', label: 'Net vega', title: 'Net vega of the position, in its currency per vol point', first: 'descending' },
  { column: 'theta', label: 'Net Θ', title: 'Net theta of the position, in its currency per day', first: 'descending' },
  { column: 'quotedAt', label: 'Quote', title: 'Age of the newest quote', first: 'ascending' },
];

/** The rows in sight and one on each side: head and sums take the place of two that the box could hold. */
function rowsToDraw({ startIndex, endIndex, count }: Range): number[] {
  const first = Math.max(0, startIndex - 1);
  const last = endIndex === count - 1 ? endIndex : Math.max(startIndex, endIndex - 1);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** A table of which only the rows in sight exist; heads and sums stay in place while it scrolls. */
export function LegsTable({ shown, order, onOrder, all }: {
  readonly shown: Reading<ShownLegs>;
  readonly order: LegOrder;
  readonly onOrder: (order: LegOrder) => void;
  /** Whether these are all legs, and their sums the book's. */
  readonly all: boolean;
}) {
  const live = useOverview(({ state }) => state.live);
  const linked = useLink().kind === 'open';
  const count = useSyncExternalStore(shown.subscribe, () => shown.get().legs.length);
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count, getScrollElement: () => box.current, estimateSize: () => rowHeight, overscan: 0, rangeExtractor: rowsToDraw, useFlushSync: false });
  const visible = rows.getVirtualItems();
  const before = visible[0]?.start ?? 0;
  const after = rows.getTotalSize() - (visible.at(-1)?.end ?? 0);
  return (
    <div className="rows-box">
      <div className="scroll whole-rows" ref={box} tabIndex={0} role="region" aria-label="Table of legs">
        {/* Laid out as rows of fixed boxes, which takes the roles of a table from it; so they are named. */}
        <table className="legs" role="table" data-stale={!live || !linked} aria-rowcount={count + 2}>
          <thead role="rowgroup">
            <tr role="row" aria-rowindex={1}>
              {columns.map((head) => (
                <HeadCell key={head.column} {...head} order={order} onOrder={onOrder} />
              ))}
            </tr>
          </thead>
          <tbody role="rowgroup">
            {before > 0 && <tr className="spacer" style={{ height: before }} aria-hidden="true" />}
            {visible.map(({ index, key }) => index < count && <LegLine key={key} shown={shown} place={index} />)}
            {after > 0 && <tr className="spacer" style={{ height: after }} aria-hidden="true" />}
          </tbody>
          <SumLine shown={shown} all={all} />
        </table>
      </div>
    </div>
  );
}

const HeadCell = memo(function HeadCell({ column, label, title, first, order, onOrder }: (typeof columns)[number] & {
  readonly order: LegOrder;
  readonly onOrder: (order: LegOrder) => void;
}) {
  const sorted = order.column === column;
  const turn = (): void => onOrder({ column, descending: sorted ? !order.descending : first === 'descending' });
  return (
    <th scope="col" role="columnheader" className={`col-${column}`} aria-sort={!sorted ? 'none' : order.descending ? 'descending' : 'ascending'}>
      <button type="button" onClick={turn} title={`${title}; sort`}>
        {label}
        <span className="sort-mark" aria-hidden="true">
          {!sorted ? '' : order.descending ? '▾' : '▴'}
        </span>
      </button>
    </th>
  );
});

/** The sums of what is shown: with a search for SPX, the net Greeks of SPX. */
const SumLine = memo(function SumLine({ shown, all }: { readonly shown: Reading<ShownLegs>; readonly all: boolean }) {
  const legs = useSyncExternalStore(shown.subscribe, () => shown.get().sums.legs);
  const left = useSyncExternalStore(shown.subscribe, () => shown.get().sums.legs - shown.get().sums.priced);
  return (
    <tfoot role="rowgroup" data-all={all}>
      <tr role="row" aria-rowindex={legs + 2}>
        <th scope="row" role="rowheader" className="col-sums" aria-colspan={5}>
          {all ? 'All legs' : `Sum of ${whole(legs)} shown`}
          {left > 0 && <span className="tone-attention"> · {whole(left)} left out</span>}
        </th>
        {greekNames.map((greek) => (
          <SumCell key={greek} shown={shown} greek={greek} />
        ))}
        <td role="cell" className="col-quotedAt" />
      </tr>
    </tfoot>
  );
});

function SumCell({ shown, greek }: { readonly shown: Reading<ShownLegs>; readonly greek: GreekName }) {
  const element = useWrittenText<HTMLTableCellElement>(shown.subscribe, () => signed(shown.get().sums.sums?.[greek] ?? null, greekDigits[greek]));
  return <td role="cell" className={`col-${greek}`} ref={element} />;
}
