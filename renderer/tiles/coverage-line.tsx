import { memo } from 'react';
import type { UnpricedLeg } from '../../preload/contract.ts';
import { useOverview } from '../live/live-context.tsx';
import { StateShape } from '../parts/shape.tsx';
import { viewTiles, coverageWords } from './tile-view.ts';

const namedAtMost = 3;

/** Names the legs that the four numbers leave out, and why; absent when every leg is in. */
export const CoverageLine = memo(function CoverageLine({ onShow }: { readonly onShow: () => void }) {
  const coverage = useOverview((overview) => viewTiles(overview).coverage);
  const warming = useOverview((overview) => viewTiles(overview).warming);
  if (coverage === null || coverage.unpriced.length === 0) return null;
  return (
    <div className="coverage-line" id="coverage">
      <StateShape shape="triangle" tone="attention" size={13} />
      <p title={coverage.unpriced.slice(0, 40).map(({ description, reason }) => `${description}: ${reason}`).join('\n')}>
        <strong>{coverageWords(coverage)}</strong> are priced. {warming ? 'Still waiting for' : 'Not in these numbers'}: {nameUnpriced(coverage.unpriced)}.
      </p>
      <button type="button" className="button small" onClick={onShow}>
        Show in legs
      </button>
    </div>
  );
});

/** "SPX 16 Jan 26 C 6075, AAPL and 3 more (no data yet); ES 20 Feb 26 P 5950 (no theta yet)": legs with the same reason together. */
function nameUnpriced(unpriced: readonly UnpricedLeg[]): string {
  const byReason = Map.groupBy(unpriced, ({ reason }) => reason);
  const groups = [...byReason].sort(([, one], [, other]) => other.length - one.length);
  const told = groups.slice(0, 2).map(([reason, legs]) => {
    const more = legs.length - namedAtMost;
    const names = legs.slice(0, namedAtMost).map(({ description }) => description);
    return `${names.join(', ')}${more > 0 ? ` and ${more.toLocaleString('en-US')} more` : ''} (${reason})`;
  });
  const rest = groups.slice(2).reduce((total, [, legs]) => total + legs.length, 0);
  return [...told, ...(rest > 0 ? [`${rest.toLocaleString('en-US')} for other reasons`] : [])].join('; ');
}
