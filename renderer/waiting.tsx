import { useEffect, useState } from 'react';
import { useLive } from './live/live-context.tsx';
import { StateShape } from './parts/shape.tsx';
import { TileInside } from './tiles/tiles.tsx';
import { greekNames } from './words/greek-words.ts';

/** Most windows open faster than this; what appears for a moment only disturbs. */
const patienceMs = 250;

/** Before the first snapshot: the window's shape without numbers, or why there is none and how to try again. */
export function Waiting({ problem, retryable }: { readonly problem: string | null; readonly retryable: boolean }) {
  const { bridge, reload } = useLive();
  const [patient, setPatient] = useState(true);
  useEffect(() => {
    const timer = setTimeout(() => setPatient(false), patienceMs);
    return () => clearTimeout(timer);
  }, []);
  if (problem !== null) {
    return (
      <main className="waiting waiting-problem">
        <h1 className="state tone-problem">
          <StateShape shape="ring" tone="problem" /> The bridge cannot be reached
        </h1>
        <p role="alert">{problem}</p>
        {retryable && (
          <button
            type="button"
            className="button primary"
            onClick={() => {
              bridge.retry();
              reload();
            }}
          >
            Try again
          </button>
        )}
      </main>
    );
  }
  return (
    <main className="dashboard waiting" data-patient={patient} aria-busy="true">
      <div className="header">
        <div className="header-row">
          <h1 className="state tone-quiet" role="status">
            <StateShape shape="ring" tone="quiet" /> Asking the bridge
          </h1>
        </div>
      </div>
      <div className="tiles" aria-hidden="true">
        {greekNames.map((greek) => (
          <div key={greek} className="tile">
            <TileInside greek={greek} currency={null} value={<span className="tile-value">-</span>} notes="wide">
              <span className="tile-notes">waiting for the bridge</span>
            </TileInside>
          </div>
        ))}
      </div>
      <div className="panel waiting-panel" aria-hidden="true" />
    </main>
  );
}
