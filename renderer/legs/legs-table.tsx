import { memo, useRef } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import type { LegRow } from '../../preload/contract.ts';
import { useLink, useOverview } from '../live/live-context.tsx';
import { greekNames } from '../words/greek-words.ts';
import { greekDigits, signed, whole } from '../words/numbers.ts';
import { LegLine } from './leg-line.tsx';
import type { LegColumn, LegOrder, LegSums } from './legs-view.ts';

const rowHeight = 28;

const columns: readonly { readonly column: LegColumn; readonly label: string; readonly title: string; readonly first: 'ascending' | 'descending' }[] = [
  { column: 'contract', label: 'Contract', title: 'Symbol, expiry, strike', first: 'ascending' },
  { column: 'position', label: 'Position', title: 'Contracts or shares, signed', first: 'descending' },
  { column: 'price', label: 'Price', title: 'Price of the instrument itself', first: 'descending' },
  { column: 'impliedVolatility', label: 'IV', title: 'Implied volatility, per cent a year', first: 'descending' },
  { column: 'unitDelta', label: 'Unit Δ', title: 'Delta of one unit of the underlying', first: 'descending' },
  { column: 'delta', label: 'Net Δ', title: 'Net delta of the position, shares', first: 'descending' },
  { column: 'gamma', label: 'Net Γ', title: 'Net gamma of the position, shares per point', first: 'descending' },
  { column: 'vega', label: 'Net vega', title: 'Net vega of the position, $ per vol point', first: 'descending' },
  { column: 'theta', label: 'Net Θ', title: 'Net theta of the position, $ per day', first: 'descending' },
  { column: 'quotedAt', label: 'Quote', title: 'Age of the newest quote', first: 'ascending' },
];

/** A table of which only the rows in sight exist; heads and sums stay in place while it scrolls. */
export function LegsTable({ legs, order, onOrder, sums, all }: {
  readonly legs: readonly LegRow[];
  readonly order: LegOrder;
  readonly onOrder: (order: LegOrder) => void;
  readonly sums: LegSums;
  /** Whether these are all legs, and their sums the book's. */
  readonly all: boolean;
}) {
  const live = useOverview(({ state }) => state.live);
  const linked = useLink().kind === 'open';
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: legs.length, getScrollElement: () => box.current, estimateSize: () => rowHeight, overscan: 2, useFlushSync: false });
  const visible = rows.getVirtualItems();
  const before = visible[0]?.start ?? 0;
  const after = rows.getTotalSize() - (visible.at(-1)?.end ?? 0);
  return (
    <div className="rows-box">
      <div className="scroll whole-rows" ref={box} tabIndex={0} role="region" aria-label="Table of legs">
      <table className="legs" data-stale={!live || !linked} aria-rowcount={legs.length + 2}>
        <colgroup>
          {columns.map(({ column }) => (
            <col key={column} className={`col-${column}`} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((head) => (
              <HeadCell key={head.column} {...head} order={order} onOrder={onOrder} />
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 && <tr className="spacer" style={{ height: before }} aria-hidden="true" />}
          {visible.map(({ index, key }) => {
            const leg = legs[index];
            return leg === undefined ? null : <LegLine key={key} leg={leg} index={index + 2} />;
          })}
          {after > 0 && <tr className="spacer" style={{ height: after }} aria-hidden="true" />}
        </tbody>
        <SumLine sums={sums} all={all} />
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
    <th scope="col" aria-sort={!sorted ? 'none' : order.descending ? 'descending' : 'ascending'}>
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
const SumLine = memo(function SumLine({ sums, all }: { readonly sums: LegSums; readonly all: boolean }) {
  const left = sums.legs - sums.priced;
  return (
    <tfoot data-all={all}>
      <tr aria-rowindex={sums.legs + 2}>
        <th scope="row" colSpan={5}>
          {all ? 'All legs' : `Sum of ${whole(sums.legs)} shown`}
          {left > 0 && <span className="tone-attention"> · {whole(left)} left out</span>}
        </th>
        {greekNames.map((greek) => (
          <td key={greek}>{signed(sums.sums?.[greek] ?? null, greekDigits[greek])}</td>
        ))}
        <td />
      </tr>
    </tfoot>
  );
});
