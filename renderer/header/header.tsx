import { memo, useMemo } from 'react';
import { useClock, useHost, useLink, useOverview } from '../live/live-context.tsx';
import { StateShape } from '../parts/shape.tsx';
import { useCommand } from '../parts/use-command.ts';
import { maskAccount, viewConnection, viewMarketData, type ConnectionView } from '../words/connection-view.ts';
import { sentence } from '../words/sentences.ts';
import { duration, minuteWithDay } from '../words/times.ts';
import { CauseStrip } from './cause-strip.tsx';

/** The state first, in one word; then where, who, since when, and how fresh; then what can be done. */
export const Header = memo(function Header({ onSettings }: { readonly onSettings: () => void }) {
  const view = useConnectionView();
  const commander = useCommand();
  const lost = useLink().kind !== 'open';
  const [main, others] = splitButtons(view);
  return (
    <header className="header">
      <div className="header-row">
        <h1 className={`state tone-${lost ? 'problem' : view.tone}`}>
          <StateShape shape={lost ? 'ring' : view.shape} tone={lost ? 'problem' : view.tone} />
          {lost ? 'Bridge not answering' : view.word}
        </h1>
        <Facts view={view} lost={lost} />
        <div className="header-buttons">
          {!lost &&
            others.map((button) => (
              <button key={button.label} type="button" className="button" disabled={commander.busy !== null} onClick={() => commander.run(button.command)}>
                {button.label}
              </button>
            ))}
          <button type="button" className="button" onClick={onSettings} disabled={lost}>
            Settings
          </button>
        </div>
      </div>
      <CauseStrip view={view} buttons={main} commander={commander} />
    </header>
  );
});

/** The buttons that answer the cause stand beside it; the everyday ones stay where they always are. */
function splitButtons(view: ConnectionView): readonly [ConnectionView['buttons'], ConnectionView['buttons']] {
  const answers = view.buttons.filter(({ command }) => command !== 'pause');
  return [answers, view.buttons.filter(({ command }) => command === 'pause')];
}

export function useConnectionView(): ConnectionView {
  const connection = useOverview(({ state }) => state.connection);
  const accountChoice = useOverview(({ state }) => state.accountChoice);
  const mode = useOverview(({ state }) => state.mode);
  return useMemo(() => viewConnection({ connection, accountChoice, mode }), [connection, accountChoice, mode]);
}

function Facts({ view, lost }: { readonly view: ConnectionView; readonly lost: boolean }) {
  const connection = useOverview(({ state }) => state.connection);
  const mode = useOverview(({ state }) => state.mode);
  const endpoint = useOverview(({ state }) => state.endpoint);
  const { timeZone } = useHost();
  const since = useClock((now) => (view.since === null ? null : minuteWithDay(view.since, now, timeZone)));
  // To the minute: nobody hovers for the seconds, and an attribute that ticks is a render and a style each second.
  const lasted = useClock((now) => (view.since === null ? '' : duration(now - view.since).replace(/ \d+ s$/, '')));
  const data = connection.kind === 'connected' ? viewMarketData(connection.marketData) : null;
  return (
    <dl className="facts">
      <Fact name={mode} title={`Mode ${mode}`}>
        {endpoint}
      </Fact>
      {connection.kind === 'connected' && (
        <Fact name="account" title={`Account ${connection.account}`}>
          {maskAccount(connection.account)}
        </Fact>
      )}
      {since !== null && (
        <Fact name="since" title={`For ${lasted}`}>
          {since}
        </Fact>
      )}
      {data !== null && !lost && (
        <Fact name="data" title={data.meaning}>
          <span className={data.attention ? 'tone-attention' : undefined}>{data.word}</span>
        </Fact>
      )}
    </dl>
  );
}

function Fact({ name, title, children }: { readonly name: string; readonly title: string; readonly children: React.ReactNode }) {
  return (
    <div className="fact" title={title}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** For screen readers: each change of the state or of delivery, once, in words; never the numbers. */
export const StateAnnouncer = memo(function StateAnnouncer() {
  const view = useConnectionView();
  const link = useLink();
  const database = useOverview(({ state }) => state.delivery.database);
  const alarms = useOverview(({ state }) => state.alarms);
  const state = link.kind === 'open' ? `${view.word}. ${view.sentence ?? ''}` : 'The bridge does not answer.';
  return (
    <p className="off-screen" role="status">
      {[state, database === 'failing' ? 'The database fails; rows wait on this machine.' : '', ...alarms.map(({ text }) => sentence(text))].filter(Boolean).join(' ')}
    </p>
  );
});
