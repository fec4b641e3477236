import { memo } from 'react';
import { useHost, useOverview } from '../live/live-context.tsx';
import { StateShape } from '../parts/shape.tsx';
import { whole } from '../words/numbers.ts';
import { timeOfDay } from '../words/times.ts';
import { drainWorthShowing, viewDelivery } from './delivery-view.ts';

/** Delivery in one line, for a window that has no room for its panel. */
export const DeliveryLine = memo(function DeliveryLine({ onDetails }: { readonly onDetails: () => void }) {
  const delivery = useOverview(({ state }) => state.delivery);
  const rowsToday = useOverview((overview) => overview.rowsToday);
  const { timeZone } = useHost();
  const view = viewDelivery(delivery);
  const drain = delivery.drain !== null && delivery.drain.total > drainWorthShowing ? delivery.drain : null;
  return (
    <div className="delivery-line">
      <span className={`with-shape tone-${view.tone}`}>
        <StateShape shape={view.shape} tone={view.tone} size={11} /> {view.word}
      </span>
      <span className="delivery-text">{view.line}</span>
      {drain !== null && <progress value={drain.done} max={drain.total} aria-label="Rows delivered of the backlog" />}
      {delivery.lastDelivery !== null && delivery.database === 'delivering' && drain === null && (
        <span className="secondary">last write {timeOfDay(delivery.lastDelivery.at, timeZone)}</span>
      )}
      <span className="secondary">{whole(rowsToday)} rows today</span>
      <button type="button" className="button small" onClick={onDetails}>
        Delivery
      </button>
    </div>
  );
});
