import { useClock, useHost, useLink, useLive } from '../live/live-context.tsx';
import { AdviceText } from '../parts/statements.tsx';
import type { Commander } from '../parts/use-command.ts';
import type { ConnectionView } from '../words/connection-view.ts';
import { duration, minuteOfDay, timeLeft } from '../words/times.ts';
import { AccountChoice } from './account-choice.tsx';

/** Why the state is as it is, what is waited for, and the button that helps; absent while all is well. */
export function CauseStrip({ view, buttons, commander }: {
  readonly view: ConnectionView;
  readonly buttons: ConnectionView['buttons'];
  readonly commander: Commander;
}) {
  const link = useLink();
  if (link.kind !== 'open') return <LostStrip reason={link.reason} retryAt={link.kind === 'lost' ? link.retryAt : undefined} />;
  if (view.sentence === null && view.next === null && view.countdown === null && commander.problem === null) return null;
  return (
    <div className={`strip strip-${view.tone}`}>
      <div className="strip-text">
        <p>
          {view.sentence}
          {view.countdown !== null && <Countdown {...view.countdown} />}
        </p>
        {view.next !== null && <AdviceText advice={view.next} />}
        {commander.problem !== null && (
          <p className="tone-problem" role="alert">
            {commander.problem}
          </p>
        )}
      </div>
      <div className="strip-buttons">
        <AccountChoice />
        {buttons.map((button) => (
          <button
            key={button.label}
            type="button"
            className={button.primary === true ? 'button primary' : 'button'}
            disabled={commander.busy !== null}
            onClick={() => commander.run(button.command)}
          >
            {button.label}
          </button>
        ))}
      </div>
    </div>
  );
}

function Countdown({ label, until }: { readonly label: string; readonly until: number }) {
  const { timeZone } = useHost();
  const left = useClock((now) => timeLeft(until, now));
  const far = useClock((now) => until - now >= 60_000);
  return (
    <span className="countdown">
      {left === 'now' ? `${label.replace(/ in$/, '')} now` : `${label} ${left}`}
      {far && `, at ${minuteOfDay(until, timeZone)}`}.
    </span>
  );
}

function LostStrip({ reason, retryAt }: { readonly reason: string; readonly retryAt: number | null | undefined }) {
  const { bridge, heard } = useLive();
  // The window's own clock: the sender's is what was lost. The bridge's clock only makes it tick.
  const left = useClock(() => (retryAt === null || retryAt === undefined ? null : Math.max(0, Math.ceil((retryAt - Date.now()) / 1000))));
  const silent = useClock(() => {
    const last = heard.get();
    return last.kind === 'heard' ? duration(Date.now() - last.wallAt) : '';
  });
  return (
    <div className="strip strip-problem">
      <div className="strip-text">
        <p>
          {reason} {silent !== '' && `The numbers below were last heard ${silent} ago.`}
          {left !== null && <span className="countdown">Next attempt in {left} s.</span>}
        </p>
      </div>
      {retryAt !== undefined && (
        <div className="strip-buttons">
          <button type="button" className="button primary" disabled={retryAt === null} onClick={bridge.retry}>
            {retryAt === null ? 'Trying' : 'Try now'}
          </button>
        </div>
      )}
    </div>
  );
}
