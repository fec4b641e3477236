import { useId, useState } from 'react';
import type { SettingField, SettingsView } from '../../preload/contract.ts';
import type { ResetWindows } from './draft.ts';
import { Field } from './field.tsx';

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const zones = Intl.supportedValuesOf('timeZone');
const custom = 'custom';

/** A preset, or windows of one's own, which begin as the present ones: zone, start, end, days. */
export function ResetWindowsField({ windows, onChange, presets, field, error }: {
  readonly windows: ResetWindows;
  readonly onChange: (windows: ResetWindows) => void;
  readonly presets: SettingsView['resetWindowPresets'];
  readonly field: SettingField;
  readonly error: string | undefined;
}) {
  const zoneList = useId();
  const preset = presets.findIndex((each) => JSON.stringify(each.windows) === JSON.stringify(windows));
  // The person's choice, not what is typed: times on their way may be those of a preset for a moment.
  const [own, setOwn] = useState(preset === -1);
  const replace = (index: number, part: Partial<ResetWindows[number]>): void => onChange(windows.map((window, each) => (each === index ? { ...window, ...part } : window)));
  const locked = field.lockedBy !== null;
  return (
    <>
      <Field label="Reset window" hint="When IBKR or the gateway restarts. A connection lost inside it waits for its end; a healthy one is left alone." field={field} error={error}>
        {(wiring) => (
          <select
            {...wiring}
            className="input"
            value={own ? custom : String(preset)}
            onChange={(event) => {
              const chosen = presets[Number(event.target.value)];
              setOwn(chosen === undefined);
              if (chosen !== undefined) onChange(chosen.windows);
            }}
          >
            {presets.map((each, index) => (
              <option key={each.name} value={String(index)}>
                {each.name}
              </option>
            ))}
            <option value={custom}>Times of my own</option>
          </select>
        )}
      </Field>
      {own && (
        <div className="windows">
          <datalist id={zoneList}>
            {zones.map((zone) => (
              <option key={zone} value={zone} />
            ))}
          </datalist>
          {windows.map((window, index) => (
            <fieldset key={index} className="window" disabled={locked}>
              <legend className="off-screen">Window {index + 1}</legend>
              <label>
                from
                <input className="input time" type="time" value={window.start} onChange={(event) => replace(index, { start: event.target.value })} />
              </label>
              <label>
                to
                <input className="input time" type="time" value={window.resume} onChange={(event) => replace(index, { resume: event.target.value })} />
              </label>
              <label>
                in
                <input className="input zone" list={zoneList} value={window.timeZone} spellCheck={false} onChange={(event) => replace(index, { timeZone: event.target.value })} />
              </label>
              <Days days={window.days} onChange={(days) => replace(index, { days })} />
              <button type="button" className="button small" onClick={() => onChange(windows.filter((_, each) => each !== index))}>
                Remove
              </button>
            </fieldset>
          ))}
          <button type="button" className="button small" disabled={locked} onClick={() => onChange([...windows, { timeZone: 'America/New_York', start: '23:40', resume: '00:05' }])}>
            Add a window
          </button>
        </div>
      )}
    </>
  );
}

/** Days on which the window starts; all of them when none is said. */
function Days({ days, onChange }: { readonly days: readonly string[] | undefined; readonly onChange: (days: readonly string[]) => void }) {
  const on = (day: string): boolean => days === undefined || days.includes(day);
  return (
    <div className="days" role="group" aria-label="Days">
      {weekdays.map((day) => (
        <button key={day} type="button" aria-pressed={on(day)} onClick={() => onChange(weekdays.filter((each) => (each === day ? !on(day) : on(each))))}>
          {day}
        </button>
      ))}
    </div>
  );
}
