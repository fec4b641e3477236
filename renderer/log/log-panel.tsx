import { memo, useEffect, useId, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { Severity } from '../../preload/contract.ts';
import { useApi, useLink, useLive } from '../live/live-context.tsx';
import { CopyButton } from '../parts/copy-button.tsx';
import { Segmented } from '../parts/segmented.tsx';
import { toCsv } from '../words/csv.ts';
import { count, whole } from '../words/numbers.ts';
import { createLogBook, type LogBook } from './log-book.ts';
import { LogList } from './log-list.tsx';

type Level = 'all' | 'warnings' | 'errors';

const statusesOf: Readonly<Record<Level, readonly Severity[] | null>> = { all: null, warnings: ['warning', 'error'], errors: ['error'] };

/** What happened, newest first. */
export const LogPanel = memo(function LogPanel({ titled }: { readonly titled: boolean }) {
  const [level, setLevel] = useState<Level>('all');
  const [search, setSearch] = useState('');
  const book = useLogBook(level, useSettled(search, 200));
  const { entries, held, kind, problem, complete } = useSyncExternalStore(book.state.subscribe, book.state.get);
  const searchId = useId();
  const top = useRef<() => void>(() => undefined);
  return (
    <section className="panel log-panel" aria-label="Log">
      <div className="panel-head">
        <h2 className={titled ? undefined : 'off-screen'}>Log</h2>
        <Segmented
          label="Which entries"
          value={level}
          onChange={setLevel}
          options={[
            { value: 'all', label: 'all' },
            { value: 'warnings', label: 'warnings', name: 'warnings and errors' },
            { value: 'errors', label: 'errors' },
          ]}
        />
        <label className="off-screen" htmlFor={searchId}>
          Search the log
        </label>
        <input id={searchId} type="search" className="search" placeholder="search" value={search} onChange={(event) => setSearch(event.target.value)} spellCheck={false} />
        <CopyButton
          label="Copy CSV"
          done={`Copied ${whole(entries.length)}`}
          disabled={entries.length === 0}
          small
          text={() => toCsv(['timestamp', 'status', 'message'], entries.map((entry) => [new Date(entry.at).toISOString(), entry.status, entry.message]))}
        />
      </div>
      {problem !== null && (
        <div className="panel-problem" role="alert">
          <p>The log could not be read. {problem}</p>
          <button type="button" className="button small" onClick={book.restart}>
            Try again
          </button>
        </div>
      )}
      <div className="log-box">
        {held.length > 0 && (
          <button type="button" className="button small primary log-new" onClick={() => top.current()}>
            {count(held.length, 'new')
              .replace(/news$/, 'new')} above
          </button>
        )}
        {entries.length > 0 ? (
          <LogList key={`${level}|${kind === 'loading' ? '' : 'ready'}`} entries={entries} complete={complete} book={book} top={top} />
        ) : (
          kind !== 'failed' && <p className="panel-note">{kind === 'loading' ? 'Reading the log' : level === 'all' && search.trim() === '' ? 'Nothing has happened yet.' : 'No entry matches.'}</p>
        )}
      </div>
    </section>
  );
});

function useLogBook(level: Level, search: string): LogBook {
  const api = useApi();
  const live = useLive();
  const open = useLink().kind === 'open';
  const book = useMemo(() => createLogBook(api, { statuses: statusesOf[level], search }), [api, level, search]);
  useEffect(() => live.onLog(book.take), [live, book]);
  const wasOpen = useRef(open);
  useEffect(() => {
    // Entries that came while the link was lost were told to nobody.
    if (open && !wasOpen.current) book.restart();
    wasOpen.current = open;
  }, [open, book]);
  return book;
}

/** A text once it has stopped changing, so that each letter of a search is not a query. */
function useSettled(text: string, settleMs: number): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), settleMs);
    return () => clearTimeout(timer);
  }, [text, settleMs]);
  return settled;
}
