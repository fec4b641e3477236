import { memo, useRef, type ReactNode } from 'react';
import type { GreekName, Overview } from '../../preload/contract.ts';
import type { History } from '../chart/use-history.ts';
import { overviewOf, useClock, useHost, useLink, useLive, useOverview, useView } from '../live/live-context.tsx';
import type { Reading } from '../live/store.ts';
import { LiveText, useWrittenText } from '../live/written-text.tsx';
import { greekNames, greekWords, unitOf } from '../words/greek-words.ts';
import { signed, tileDigits } from '../words/numbers.ts';
import { duration, minuteWithDay } from '../words/times.ts';
import { Sparkline } from './sparkline.tsx';
import { frameTiles, silentAfter, viewTiles, type TilesFrame } from './tile-view.ts';

/** The four numbers; the chosen one is the chart's. */
export const Tiles = memo(function Tiles({ chosen, onChoose, recent }: {
  readonly chosen: GreekName;
  readonly onChoose: (greek: GreekName) => void;
  readonly recent: Reading<History>;
}) {
  const frame = useView(frameTiles);
  const stale = useStale(frame);
  return (
    <div className="tiles" role="group" aria-label="Net Greeks">
      {greekNames.map((greek) => (
        <Tile key={greek} greek={greek} frame={frame} stale={stale} pressed={greek === chosen} onChoose={onChoose} recent={recent} />
      ))}
    </div>
  );
});

function useStale({ known, stale }: TilesFrame): boolean {
  const link = useLink();
  const silent = useClock((now, overview) => {
    const at = viewTiles(overview).sums?.at ?? null;
    return at !== null && now - at > silentAfter(overview.pollIntervalMs);
  });
  return known && (stale || silent || link.kind !== 'open');
}

interface TileProps {
  readonly greek: GreekName;
  readonly frame: TilesFrame;
  readonly stale: boolean;
  readonly pressed: boolean;
  readonly onChoose: (greek: GreekName) => void;
  readonly recent: Reading<History>;
}

const Tile = memo(function Tile({ greek, frame, stale, pressed, onChoose, recent }: TileProps) {
  const digitsOf = useSteadyDigits(greek);
  const number = (overview: Overview): string => signed(valueOf(overview, greek), digitsOf(overview));
  const isLong = useClock((_, overview) => number(overview).length > 10);
  const currency = useOverview(({ state }) => state.currency);
  const notes = isLong || (frame.coverage ?? '').length > 13 ? 'wide' : 'normal';
  return (
    <button
      type="button"
      className="tile"
      aria-pressed={pressed}
      data-stale={stale}
      title={greekWords[greek].meaning}
      {...(frame.partial ? { 'aria-describedby': 'coverage' } : {})}
      onClick={() => onChoose(greek)}
    >
      <TileInside greek={greek} currency={currency} value={<TileValue number={number} isLong={isLong} />} notes={notes}>
        <Sparkline recent={recent} greek={greek} />
        <TileNotes greek={greek} frame={frame} stale={stale} digitsOf={digitsOf} />
      </TileInside>
    </button>
  );
});

/** Head, number and foot of a tile, in a box that is laid out alone. */
export function TileInside({ greek, currency, value, notes, children }: {
  readonly greek: GreekName;
  /** Of vega and theta; null where it is not known. */
  readonly currency: string | null;
  readonly value: ReactNode;
  /** How much room the notes beside the sparkline need. */
  readonly notes: 'normal' | 'wide';
  readonly children: ReactNode;
}) {
  return (
    <span className="tile-inside">
      <span className="tile-head">
        <span className="tile-name">{greekWords[greek].name}</span>
        <span className="tile-unit">{unitOf(greek, currency)}</span>
      </span>
      {value}
      <span className="tile-foot" data-notes={notes}>
        {children}
      </span>
    </span>
  );
}

function TileValue({ number, isLong }: { readonly number: (overview: Overview) => string; readonly isLong: boolean }) {
  const { beat, heard } = useLive();
  const element = useWrittenText<HTMLSpanElement>(beat.subscribe, () => number(overviewOf(heard.get())));
  return <span className="tile-value" data-length={isLong ? 'long' : 'normal'} ref={element} />;
}

function TileNotes({ greek, frame, stale, digitsOf }: {
  readonly greek: GreekName;
  readonly frame: TilesFrame;
  readonly stale: boolean;
  readonly digitsOf: (overview: Overview) => number;
}) {
  const reason = frame.reasons[greek];
  const dayStart = frame.dayStart?.[greek] ?? null;
  return (
    <span className="tile-notes">
      {reason !== null ? (
        <span className="tile-reason" title={reason}>
          {reason}
        </span>
      ) : stale ? (
        <StaleNote />
      ) : dayStart === null ? (
        <span>first row today to come</span>
      ) : (
        <LiveText text={(_, overview) => `${signed((valueOf(overview, greek) ?? dayStart) - dayStart, digitsOf(overview))} today`} />
      )}
      {!stale && (
        <span className={frame.partial ? 'tone-attention' : undefined}>
          {frame.coverage}
          {reason === null && frame.dated && <LiveText text={(now, overview) => ` · ${duration(now - asOf(overview))}`} />}
        </span>
      )}
    </span>
  );
}

function valueOf(overview: Overview, greek: GreekName): number | null {
  return viewTiles(overview).sums?.[greek] ?? null;
}

function asOf(overview: Overview): number {
  return viewTiles(overview).asOf ?? overview.now;
}

/** Decimals that stay while the number moves around a limit. */
function useSteadyDigits(greek: GreekName): (overview: Overview) => number {
  const previous = useRef<number | null>(null);
  return (overview) => {
    // Remembered while asked: the next decimals depend on these, and asking twice gives the same ones.
    previous.current = tileDigits(greek, valueOf(overview, greek), previous.current);
    return previous.current;
  };
}

function StaleNote() {
  const { timeZone } = useHost();
  return (
    <>
      <LiveText className="tile-age" text={(now, overview) => `${duration(now - asOf(overview))} old`} />
      <LiveText text={(now, overview) => `as of ${minuteWithDay(asOf(overview), now, timeZone)}`} />
    </>
  );
}
