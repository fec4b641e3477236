import { memo, useMemo, useRef } from 'react';
import type { GreekName, HistorySeries, Ms } from '../../preload/contract.ts';
import { useClock, useHost, useLink, useOverview } from '../live/live-context.tsx';
import { greekNames, greekWords } from '../words/greek-words.ts';
import { signed, tileDigits } from '../words/numbers.ts';
import { duration, minuteWithDay } from '../words/times.ts';
import { Sparkline } from './sparkline.tsx';
import { coverageWords, silentAfter, unknownReason, viewTiles, type TilesView } from './tile-view.ts';

/** The four numbers; the chosen one is the chart's. */
export const Tiles = memo(function Tiles({ chosen, onChoose, recent }: {
  readonly chosen: GreekName;
  readonly onChoose: (greek: GreekName) => void;
  readonly recent: HistorySeries | null;
}) {
  const state = useOverview((overview) => overview.state);
  const sums = useOverview((overview) => overview.sums);
  const lastTickAt = useOverview((overview) => overview.lastTickAt);
  const dayStart = useOverview((overview) => overview.dayStart);
  const view = useMemo(() => viewTiles({ state, sums, lastTickAt }), [state, sums, lastTickAt]);
  const stale = useStale(view);
  const coverage = view.coverage === null ? null : coverageWords(view.coverage);
  const partial = view.coverage !== null && view.coverage.priced < view.coverage.legs;
  return (
    <div className="tiles" role="group" aria-label="Net Greeks">
      {greekNames.map((greek) => (
        <Tile
          key={greek}
          greek={greek}
          value={view.sums?.[greek] ?? null}
          reason={unknownReason(greek, view, state)}
          stale={stale}
          asOf={view.asOf}
          dayStart={dayStart?.[greek] ?? null}
          coverage={coverage}
          partial={partial}
          pressed={greek === chosen}
          onChoose={onChoose}
          recent={recent}
        />
      ))}
    </div>
  );
});

function useStale(view: TilesView): boolean {
  const link = useLink();
  const pollIntervalMs = useOverview((overview) => overview.pollIntervalMs);
  const at = view.sums?.at ?? null;
  const silent = useClock((now) => at !== null && now - at > silentAfter(pollIntervalMs));
  return view.sums !== null && (view.stale || silent || link.kind !== 'open');
}

interface TileProps {
  readonly greek: GreekName;
  readonly value: number | null;
  readonly reason: string | null;
  readonly stale: boolean;
  readonly asOf: Ms | null;
  readonly dayStart: number | null;
  readonly coverage: string | null;
  readonly partial: boolean;
  readonly pressed: boolean;
  readonly onChoose: (greek: GreekName) => void;
  readonly recent: HistorySeries | null;
}

const Tile = memo(function Tile(props: TileProps) {
  const { greek, value, reason, stale, asOf, dayStart, coverage, partial, pressed, onChoose, recent } = props;
  const words = greekWords[greek];
  const digits = useSteadyDigits(greek, value);
  const number = signed(value, digits);
  return (
    <button
      type="button"
      className="tile"
      aria-pressed={pressed}
      data-stale={stale}
      title={words.meaning}
      {...(partial ? { 'aria-describedby': 'coverage' } : {})}
      onClick={() => onChoose(greek)}
    >
      <span className="tile-head">
        <span className="tile-name">{words.name}</span>
        <span className="tile-unit">{words.unit}</span>
      </span>
      <span className="tile-value" data-length={number.length > 10 ? 'long' : 'normal'}>
        <span className="alone">{number}</span>
      </span>
      <span className="tile-foot">
        <span className="alone tile-foot-row">
          <Sparkline series={recent} greek={greek} />
          <span className="tile-notes">
            {reason !== null ? (
              <span className="tile-reason" title={reason}>
                {reason}
              </span>
            ) : stale ? (
              <StaleNote asOf={asOf} />
            ) : (
              <Today value={value} dayStart={dayStart} digits={digits} />
            )}
            {!stale && (
              <span className={partial ? 'tone-attention' : undefined}>
                {coverage}
                {reason === null && asOf !== null && <Age asOf={asOf} />}
              </span>
            )}
          </span>
        </span>
      </span>
    </button>
  );
});

/** Decimals that stay while the number moves around a limit. */
function useSteadyDigits(greek: GreekName, value: number | null): number {
  const previous = useRef<number | null>(null);
  // Remembered while rendering: the next decimals depend on these, and rendering twice gives the same ones.
  previous.current = tileDigits(greek, value, previous.current);
  return previous.current;
}

function Today({ value, dayStart, digits }: { readonly value: number | null; readonly dayStart: number | null; readonly digits: number }) {
  if (value === null || dayStart === null) return <span>first row today to come</span>;
  return <span>{signed(value - dayStart, digits)} today</span>;
}

function Age({ asOf }: { readonly asOf: Ms }) {
  const age = useClock((now) => duration(now - asOf));
  return <> · {age}</>;
}

function StaleNote({ asOf }: { readonly asOf: Ms | null }) {
  const { timeZone } = useHost();
  const age = useClock((now) => (asOf === null ? '' : `${duration(now - asOf)} old`));
  const since = useClock((now) => (asOf === null ? '' : `as of ${minuteWithDay(asOf, now, timeZone)}`));
  return (
    <>
      <span className="tile-age">{age}</span>
      <span>{since}</span>
    </>
  );
}
