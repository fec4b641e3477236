import { memo, useRef } from 'react';
import type { GreekName, HistorySeries, Overview } from '../../preload/contract.ts';
import { overviewOf, useClock, useHost, useLink, useLive, useView } from '../live/live-context.tsx';
import { LiveText, useWrittenText } from '../live/written-text.tsx';
import { greekNames, greekWords } from '../words/greek-words.ts';
import { signed, tileDigits } from '../words/numbers.ts';
import { duration, minuteWithDay } from '../words/times.ts';
import { Sparkline } from './sparkline.tsx';
import { frameTiles, silentAfter, viewTiles, type TilesFrame } from './tile-view.ts';

/** The four numbers; the chosen one is the chart's. */
export const Tiles = memo(function Tiles({ chosen, onChoose, recent }: {
  readonly chosen: GreekName;
  readonly onChoose: (greek: GreekName) => void;
  readonly recent: HistorySeries | null;
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
  readonly recent: HistorySeries | null;
}

const Tile = memo(function Tile({ greek, frame, stale, pressed, onChoose, recent }: TileProps) {
  const words = greekWords[greek];
  const digitsOf = useSteadyDigits(greek);
  const number = (overview: Overview): string => signed(valueOf(overview, greek), digitsOf(overview));
  return (
    <button
      type="button"
      className="tile"
      aria-pressed={pressed}
      data-stale={stale}
      title={words.meaning}
      {...(frame.partial ? { 'aria-describedby': 'coverage' } : {})}
      onClick={() => onChoose(greek)}
    >
      <span className="tile-head">
        <span className="tile-name">{words.name}</span>
        <span className="tile-unit">{words.unit}</span>
      </span>
      <TileValue number={number} />
      <span className="tile-foot">
        <span className="alone tile-foot-row">
          <Sparkline series={recent} greek={greek} />
          <TileNotes greek={greek} frame={frame} stale={stale} digitsOf={digitsOf} />
        </span>
      </span>
    </button>
  );
});

function TileValue({ number }: { readonly number: (overview: Overview) => string }) {
  const { beat, heard } = useLive();
  const isLong = useClock((_, overview) => number(overview).length > 10);
  const element = useWrittenText<HTMLSpanElement>(beat.subscribe, () => number(overviewOf(heard.get())));
  return (
    <span className="tile-value" data-length={isLong ? 'long' : 'normal'}>
      <span className="alone" ref={element} />
    </span>
  );
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
