import { memo, useCallback, useState } from 'react';
import type { GreekName, HistoryRange } from '../preload/contract.ts';
import { AlarmBanners } from './alarms/alarm-banners.tsx';
import { ChartPanel } from './chart/chart-panel.tsx';
import { everyPixel, useHistory } from './chart/use-history.ts';
import { DeliveryLine } from './delivery/delivery-line.tsx';
import { DeliveryPanel } from './delivery/delivery-panel.tsx';
import { Header } from './header/header.tsx';
import { useOverview } from './live/live-context.tsx';
import { LegsPanel } from './legs/legs-panel.tsx';
import type { LegFilter } from './legs/legs-view.ts';
import { LogPanel } from './log/log-panel.tsx';
import { useMedia } from './parts/use-size.ts';
import { CoverageLine } from './tiles/coverage-line.tsx';
import { Tiles } from './tiles/tiles.tsx';

/** From this width on everything is beside each other; below it legs, log and delivery share one place. */
const roomy = '(min-width: 1180px)';

/** In the order of the eye: state, four numbers, the curve of the chosen one, is it being recorded, which legs, what happened. */
export const Dashboard = memo(function Dashboard({ onSettings }: { readonly onSettings: () => void }) {
  const [greek, setGreek] = useState<GreekName>('delta');
  const [range, setRange] = useState<HistoryRange>('1h');
  const [filter, setFilter] = useState<LegFilter>('all');
  const [tab, setTab] = useState<Tab>('legs');
  const isRoomy = useMedia(roomy);
  const recent = useHistory('15m', everyPixel).history;
  const state = useOverview((overview) => overview.state.connection.kind);
  const showUnpriced = useCallback(() => {
    setFilter('unpriced');
    setTab('legs');
  }, []);
  const showDelivery = useCallback(() => setTab('delivery'), []);
  return (
    <main className="dashboard" data-state={state}>
      <Header onSettings={onSettings} />
      <AlarmBanners />
      <Tiles chosen={greek} onChoose={setGreek} recent={recent} />
      <CoverageLine onShow={showUnpriced} />
      <div className="middle">
        <ChartPanel greek={greek} range={range} onRange={setRange} />
        {isRoomy && <DeliveryPanel titled onSettings={onSettings} />}
      </div>
      {!isRoomy && <DeliveryLine onDetails={showDelivery} />}
      {isRoomy ? (
        <div className="bottom">
          <LegsPanel titled filter={filter} onFilter={setFilter} />
          <LogPanel titled />
        </div>
      ) : (
        <Tabs tab={tab} onTab={setTab}>
          {tab === 'legs' && <LegsPanel titled={false} filter={filter} onFilter={setFilter} />}
          {tab === 'log' && <LogPanel titled={false} />}
          {tab === 'delivery' && <DeliveryPanel titled={false} onSettings={onSettings} />}
        </Tabs>
      )}
    </main>
  );
});

type Tab = 'legs' | 'log' | 'delivery';
const tabs: readonly { readonly tab: Tab; readonly label: string }[] = [
  { tab: 'legs', label: 'Legs' },
  { tab: 'log', label: 'Log' },
  { tab: 'delivery', label: 'Delivery' },
];

function Tabs({ tab, onTab, children }: { readonly tab: Tab; readonly onTab: (tab: Tab) => void; readonly children: React.ReactNode }) {
  return (
    <div className="tabbed">
      <div
        className="tabs"
        role="tablist"
        aria-label="Details"
        onKeyDown={(event) => {
          const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
          if (step === 0) return;
          const next = tabs[(tabs.findIndex((each) => each.tab === tab) + step + tabs.length) % tabs.length];
          if (next === undefined) return;
          onTab(next.tab);
          document.getElementById(`tab-${next.tab}`)?.focus();
        }}
      >
        {tabs.map((each) => (
          <button
            key={each.tab}
            id={`tab-${each.tab}`}
            type="button"
            role="tab"
            aria-selected={each.tab === tab}
            aria-controls="tab-panel"
            tabIndex={each.tab === tab ? 0 : -1}
            onClick={() => onTab(each.tab)}
          >
            {each.label}
          </button>
        ))}
      </div>
      <div className="tab-panel" id="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        {children}
      </div>
    </div>
  );
}
