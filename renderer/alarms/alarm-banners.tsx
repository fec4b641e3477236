import { memo, useState } from 'react';
import type { Alarm, Command } from '../../preload/contract.ts';
import { useConnectionView } from '../header/header.tsx';
import { useClock, useHost, useOverview } from '../live/live-context.tsx';
import { StateShape } from '../parts/shape.tsx';
import { AdviceText } from '../parts/statements.tsx';
import { useCommand } from '../parts/use-command.ts';
import { count } from '../words/numbers.ts';
import { advice, sentence } from '../words/sentences.ts';
import { minuteWithDay } from '../words/times.ts';

const shownAtOnce = 2;

/** One banner for each alarm: what a person must act on, since when, and what to do. */
export const AlarmBanners = memo(function AlarmBanners() {
  const alarms = useOverview(({ state }) => state.alarms);
  const [all, setAll] = useState(false);
  if (alarms.length === 0) return null;
  const shown = all ? alarms : alarms.slice(0, shownAtOnce);
  return (
    <section className="alarms" aria-label="Alarms">
      {shown.map((alarm) => (
        <Banner key={alarm.code} alarm={alarm} />
      ))}
      {alarms.length > shownAtOnce && (
        <button type="button" className="button small" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Show fewer alarms' : count(alarms.length - shownAtOnce, 'more alarm')}
        </button>
      )}
    </section>
  );
});

function Banner({ alarm }: { readonly alarm: Alarm }) {
  const { timeZone } = useHost();
  const commander = useCommand();
  const since = useClock((now) => minuteWithDay(alarm.since, now, timeZone));
  const next = advice(alarm.action);
  const { buttons } = useConnectionView();
  const help = helpOf(alarm.code);
  // The strip above has it then; two of one button would ask which is the right one.
  const offered = buttons.some(({ command }) => command === help?.command);
  return (
    <div className="strip strip-problem alarm">
      <StateShape shape="triangle" tone="problem" size={14} />
      <div className="strip-text">
        <p>
          <strong>{sentence(alarm.text)}</strong> <span className="secondary">since {since}</span>
        </p>
        {next !== null && <AdviceText advice={next} />}
        {commander.problem !== null && (
          <p className="tone-problem" role="alert">
            {commander.problem}
          </p>
        )}
      </div>
      {help !== null && !offered && (
        <div className="strip-buttons">
          <button type="button" className="button" disabled={commander.busy !== null} onClick={() => commander.run(help.command)}>
            {help.label}
          </button>
        </div>
      )}
    </div>
  );
}

/** The command that answers an alarm; null where only a person at another place can help. */
function helpOf(code: string): { readonly label: string; readonly command: Command } | null {
  if (code === 'gateway') return { label: 'Reconnect now', command: 'reconnect' };
  if (code.startsWith('database')) return { label: 'Try the database now', command: 'retry-database' };
  return null;
}
