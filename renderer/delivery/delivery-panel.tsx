import { memo, type ReactNode } from 'react';
import type { DeliveryState, Ms } from '../../preload/contract.ts';
import { useClock, useHost, useLink, useOverview } from '../live/live-context.tsx';
import { LiveText } from '../live/written-text.tsx';
import { StateShape } from '../parts/shape.tsx';
import { AdviceText } from '../parts/statements.tsx';
import { useCommand } from '../parts/use-command.ts';
import { plain, price, unknown, whole } from '../words/numbers.ts';
import { advice, causeSentence } from '../words/sentences.ts';
import { duration, minuteOfDay, minuteWithDay, timeLeft, timeOfDay } from '../words/times.ts';
import { breakerWords, drainWorthShowing, viewDelivery } from './delivery-view.ts';

/** Is it being recorded: from the row on this machine to the row in the database, and what comes next. */
export const DeliveryPanel = memo(function DeliveryPanel({ titled, onSettings }: { readonly titled: boolean; readonly onSettings: () => void }) {
  const delivery = useOverview(({ state }) => state.delivery);
  const alarmed = useOverview(({ state }) => state.alarms.some(({ code }) => code === 'not-durable'));
  return (
    <section className="panel delivery-panel" aria-label="Delivery">
      <div className="scroll" tabIndex={0} role="region" aria-label="Delivery details">
        <h2 className={titled ? undefined : 'off-screen'}>Delivery</h2>
        {!delivery.durable && !alarmed && (
          <p className="callout callout-problem">
            <StateShape shape="triangle" tone="problem" size={13} /> Rows are only in memory. Free disk space: a crash now would lose them.
          </p>
        )}
        <DatabaseWord delivery={delivery} />
        {delivery.cause !== null && <DeliveryCause cause={delivery.cause} failing={delivery.database === 'failing'} />}
        {delivery.database === 'none' && <NoDatabase onSettings={onSettings} />}
        {delivery.drain !== null && delivery.drain.total > drainWorthShowing && <Drain {...delivery.drain} />}
        <DeliveryFacts delivery={delivery} />
        <NextFacts />
      </div>
    </section>
  );
});

function DatabaseWord({ delivery }: { readonly delivery: DeliveryState }) {
  const lost = useLink().kind !== 'open';
  const view = lost ? unheard : viewDelivery(delivery);
  return (
    <dl className="pairs">
      <Pair name="Database">
        <span className={`with-shape tone-${view.tone}`}>
          <StateShape shape={view.shape} tone={view.tone} size={11} /> {view.word}
        </span>
      </Pair>
    </dl>
  );
}

/** While the window does not hear the bridge, nobody can say that rows are delivered. */
const unheard = { word: 'not known', tone: 'quiet', shape: 'ring' } as const;

function NoDatabase({ onSettings }: { readonly onSettings: () => void }) {
  return (
    <div className="no-database">
      <p>Rows are kept on this machine and delivered once a database is set.</p>
      <button type="button" className="button small" onClick={onSettings}>
        Set up a database
      </button>
    </div>
  );
}

function DeliveryFacts({ delivery }: { readonly delivery: DeliveryState }) {
  const stored = delivery.database === 'none';
  return (
    <dl className="pairs">
      {!stored && <Pair name="Breaker">{delivery.breaker === 'open' && delivery.nextProbeAt !== null ? <NextProbe at={delivery.nextProbeAt} /> : breakerWords[delivery.breaker]}</Pair>}
      <Pair name="Rows waiting">{whole(delivery.waiting)}</Pair>
      {!stored && (
        <Pair name="Last write">
          <LastWrite last={delivery.lastDelivery} />
        </Pair>
      )}
      <LastRow />
      <Pair name="Rows today">
        <LiveText text={(_, { rowsToday }) => whole(rowsToday)} />
      </Pair>
      {delivery.dead > 0 && (
        <Pair name="Refused rows">
          <span className="tone-attention" title="PostgreSQL refused their content. They are kept aside with the reason and block nothing.">
            {whole(delivery.dead)} kept aside
          </span>
        </Pair>
      )}
    </dl>
  );
}

function NextProbe({ at }: { readonly at: Ms }) {
  const left = useClock((now) => timeLeft(at, now));
  return <>{left === 'now' ? 'open, trying now' : `open, tries in ${left}`}</>;
}

function LastWrite({ last }: { readonly last: DeliveryState['lastDelivery'] }) {
  const { timeZone } = useHost();
  if (last === null) return <>none yet</>;
  return (
    <>
      {timeOfDay(last.at, timeZone)} <span className="secondary">· {plain(last.latencyMs, last.latencyMs < 10 ? 1 : 0)} ms</span>
    </>
  );
}

/** When the newest row was made; its lateness only where it was late enough to mean something. */
function LastRow() {
  const { timeZone } = useHost();
  return (
    <Pair name="Last row">
      <LiveText text={(_, { state: { lastRow } }) => (lastRow === null ? 'none yet' : timeOfDay(lastRow.at, timeZone))} />
      <LiveText className="secondary" text={(_, { state: { lastRow } }) => (lastRow !== null && lastRow.latenessMs >= 100 ? ` · ${plain(lastRow.latenessMs, 0)} ms late` : '')} />
    </Pair>
  );
}

function Drain({ done, total }: { readonly done: number; readonly total: number }) {
  const share = total === 0 ? 0 : Math.min(1, done / total);
  return (
    <div className="drain">
      <p>
        Delivering {whole(total)} rows <span>{Math.floor(share * 100)} %</span>
      </p>
      <progress value={done} max={total} aria-label="Rows delivered of the backlog" aria-valuetext={`${whole(done)} of ${whole(total)} rows`} />
      <p className="secondary">{whole(total - done)} to go</p>
    </div>
  );
}

function DeliveryCause({ cause, failing }: { readonly cause: NonNullable<DeliveryState['cause']>; readonly failing: boolean }) {
  const commander = useCommand();
  const next = advice(cause.action);
  return (
    <div className="delivery-cause">
      <p className={failing ? 'tone-problem' : 'tone-attention'}>{causeSentence(cause)}</p>
      {next !== null && <AdviceText advice={next} />}
      <button type="button" className="button small" disabled={commander.busy !== null} onClick={() => commander.run('retry-database')}>
        Try the database now
      </button>
      {commander.problem !== null && (
        <p className="tone-problem" role="alert">
          {commander.problem}
        </p>
      )}
    </div>
  );
}

/** What comes by itself: the reset window; and the price that goes into the row. */
function NextFacts() {
  const { timeZone } = useHost();
  const window = useOverview((overview) => overview.resetWindow);
  const symbol = useOverview(({ state, sums }) => (state.live ? sums : state.snapshot)?.underlyingSymbol ?? null);
  const live = useOverview(({ state }) => state.live);
  const inWords = useClock((now) => {
    if (window === null) return 'none set';
    if (now >= window.start) return `until ${minuteOfDay(window.end, timeZone)}`;
    const left = window.start - now;
    return left < 43_200_000 ? `in ${duration(left).replace(/ \d+ s$/, '')}` : minuteWithDay(window.start, now, timeZone);
  });
  return (
    <dl className="pairs pairs-next">
      <Pair name="Reset window" {...(window === null ? {} : { title: `${minuteOfDay(window.start, timeZone)} to ${minuteOfDay(window.end, timeZone)}, ${timeZone}` })}>
        {inWords}
      </Pair>
      {symbol !== null && (
        <Pair name={symbol}>
          <LiveText className={live ? '' : 'dim'} text={(_, { state, sums }) => priceWords((state.live ? sums : state.snapshot)?.underlyingPrice ?? null)} />
        </Pair>
      )}
    </dl>
  );
}

function priceWords(value: number | null): string {
  return value === null ? unknown : price(value, false);
}

function Pair({ name, title, children }: { readonly name: string; readonly title?: string; readonly children: ReactNode }) {
  return (
    <div className="pair" title={title}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
