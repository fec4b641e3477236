import { memo, useMemo } from 'react';
import { useOverview } from '../live/live-context.tsx';
import { StateShape } from '../parts/shape.tsx';
import { viewTiles, coverageWords } from './tile-view.ts';

const namedAtMost = 3;

/** Names the legs that the four numbers leave out, and why; absent when every leg is in. */
export const CoverageLine = memo(function CoverageLine({ onShow }: { readonly onShow: () => void }) {
  const state = useOverview((overview) => overview.state);
  const sums = useOverview((overview) => overview.sums);
  const lastTickAt = useOverview((overview) => overview.lastTickAt);
  const { coverage, warming } = useMemo(() => viewTiles({ state, sums, lastTickAt }), [state, sums, lastTickAt]);
  if (coverage === null || coverage.unpriced.length === 0) return null;
  const named = coverage.unpriced.slice(0, namedAtMost).map(({ description, reason }) => `${description} (${reason})`);
  const more = coverage.unpriced.length - named.length;
  return (
    <div className="coverage-line" id="coverage">
      <StateShape shape="triangle" tone="attention" size={13} />
      <p title={coverage.unpriced.slice(0, 40).map(({ description, reason }) => `${description}: ${reason}`).join('\n')}>
        <strong>{coverageWords(coverage)}</strong> are priced. {warming ? 'Still waiting for' : 'Not in these numbers'}: {named.join(', ')}
        {more > 0 && ` and ${more.toLocaleString('en-US')} more`}.
      </p>
      <button type="button" className="button small" onClick={onShow}>
        Show in legs
      </button>
    </div>
  );
});
