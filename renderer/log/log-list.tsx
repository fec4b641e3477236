import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useRef, type RefObject } from 'react';
import type { LogEntry, Severity } from '../../preload/contract.ts';
import { useClock, useHost } from '../live/live-context.tsx';
import { StateShape } from '../parts/shape.tsx';
import { dayAndMonth, timeOfDay } from '../words/times.ts';
import type { LogBook } from './log-book.ts';

/** This close to the top the list follows what comes; further down it stands still and counts. */
const followWithinPx = 8;
const oneLinePx = 26;

/** Entries of which only those in sight exist; their heights are measured, since messages wrap. */
export function LogList({ entries, complete, book, top }: {
  readonly entries: readonly LogEntry[];
  readonly complete: boolean;
  readonly book: LogBook;
  readonly top: RefObject<() => void>;
}) {
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: entries.length,
    getScrollElement: () => box.current,
    estimateSize: () => oneLinePx,
    getItemKey: (index) => entries[index]?.id ?? index,
    overscan: 10,
    useFlushSync: false,
  });
  const visible = rows.getVirtualItems();
  const lastVisible = visible.at(-1)?.index ?? 0;
  const nearEnd = lastVisible >= entries.length - 20;
  useEffect(() => {
    if (nearEnd) book.loadOlder();
  }, [nearEnd, entries.length, book]);
  useEffect(() => () => book.hold(false), [book]);
  top.current = () => {
    book.hold(false);
    // The list's own way: it takes a position that it did not order itself for the reader's, and heights still to be measured move back to that.
    rows.scrollToIndex(0);
  };
  const today = useToday();
  return (
    <div
      className="scroll"
      ref={box}
      tabIndex={0}
      role="region"
      aria-label="Entries of the log"
      onScroll={(event) => book.hold(event.currentTarget.scrollTop > followWithinPx)}
    >
      <ol className="log" style={{ height: rows.getTotalSize() }}>
        {visible.map((item) => {
          const entry = entries[item.index];
          return entry === undefined ? null : (
            <li key={item.key} ref={rows.measureElement} data-index={item.index} style={{ top: item.start }} aria-setsize={complete ? entries.length : -1} aria-posinset={item.index + 1}>
              <LogLine entry={entry} today={today} />
            </li>
          );
        })}
      </ol>
    </div>
  );
}

function useToday(): string {
  const { timeZone } = useHost();
  return useClock((now) => dayAndMonth(now, timeZone));
}

const LogLine = memo(function LogLine({ entry, today }: { readonly entry: LogEntry; readonly today: string }) {
  const { timeZone } = useHost();
  const day = dayAndMonth(entry.at, timeZone);
  return (
    <div className="log-line">
      <time dateTime={new Date(entry.at).toISOString()}>
        {day !== today && <span className="log-day">{day} </span>}
        {timeOfDay(entry.at, timeZone)}
      </time>
      <span className={`log-status tone-${toneOf[entry.status]}`}>
        {entry.status !== 'info' && <StateShape shape={entry.status === 'error' ? 'square' : 'triangle'} tone={toneOf[entry.status]} size={10} />}
        {entry.status}
      </span>
      <span className="log-message">{entry.message}</span>
    </div>
  );
});

const toneOf = { info: 'quiet', warning: 'attention', error: 'problem' } as const satisfies Record<Severity, string>;
