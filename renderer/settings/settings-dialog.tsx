import { useCallback, useEffect, useImperativeHandle, useMemo, useRef, useState, type Ref } from 'react';
import type { PasswordChange, SettingsView } from '../../preload/contract.ts';
import { useApi, useHost, useLive } from '../live/live-context.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { changeOf, draftOf, modeFields, otherMode, type Draft, type Errors } from './draft.ts';
import { DatabaseSection, DesktopSection, GatewaySection, RecordingSection } from './sections.tsx';
import { Warnings } from './warnings.tsx';

/** Settings over the dashboard; every change takes effect when it is saved, without a restart. */
export function SettingsDialog({ onClose, onSaved }: { readonly onClose: () => void; readonly onSaved: () => void }) {
  const { view, reading, problem, read } = useFreshSettings();
  const form = useRef<FormHandle>(null);
  return (
    <Dialog label="Settings" className="dialog" onClose={() => (form.current === null ? onClose() : form.current.close())}>
      {view === null ? (
        <div className="settings">
          <div className="dialog-head">
            <h2>Settings</h2>
          </div>
          <p className="dialog-body panel-note" role="status">
            {reading ? 'Reading the settings' : `The settings could not be read. ${problem ?? ''}`}
          </p>
          <div className="dialog-foot dialog-foot-end">
            <button type="button" className="button" onClick={onClose}>
              Close
            </button>
            {problem !== null && (
              <button type="button" className="button primary" onClick={read}>
                Try again
              </button>
            )}
          </div>
        </div>
      ) : (
        <SettingsForm view={view} handle={form} onClose={onClose} onSaved={onSaved} />
      )}
    </Dialog>
  );
}

/** The settings as they are at this opening: what the system says of the login item changes without an update. */
function useFreshSettings() {
  const api = useApi();
  const { settings } = useLive();
  const [view, setView] = useState<SettingsView | null>(null);
  const [reading, setReading] = useState(true);
  const [problem, setProblem] = useState<string | null>(null);
  const read = useCallback(() => {
    setReading(true);
    void api.settings().then((answer) => {
      setReading(false);
      if (answer.ok) {
        settings.set(answer.value);
        setView(answer.value);
      } else setProblem(answer.message);
    });
  }, [api, settings]);
  useEffect(read, [read]);
  return { view, reading, problem, read };
}

/** What the dialog around the form asks of it. */
interface FormHandle {
  /** Closes, or asks first while there are unsaved changes. */
  readonly close: () => void;
}

function SettingsForm({ view, handle, onClose, onSaved }: { readonly view: SettingsView; readonly handle: Ref<FormHandle>; readonly onClose: () => void; readonly onSaved: () => void }) {
  const host = useHost();
  const form = useSettingsForm(view, onSaved);
  const [guarding, setGuarding] = useState(false);
  const close = (): void => (form.dirty ? setGuarding(true) : onClose());
  useImperativeHandle(handle, () => ({ close }));
  const sections = [['gateway', 'Gateway'], ['recording', 'Recording'], ['database', 'Database'], ...(host.kind === 'desktop' ? [['desktop', host.platform === 'darwin' ? 'This Mac' : 'This computer']] : [])] as const;
  return (
    <form
      className="settings"
      noValidate
      ref={form.element}
      onSubmit={(event) => {
        event.preventDefault();
        void form.save();
      }}
    >
      <div className="dialog-head">
        <h2>Settings</h2>
        <nav className="settings-nav" aria-label="Sections">
          {sections.map(([id = '', title]) => (
            <button key={id} type="button" onClick={() => document.getElementById(id)?.scrollIntoView({ block: 'start' })}>
              {title}
            </button>
          ))}
        </nav>
      </div>
      <div className="dialog-body" tabIndex={0} role="region" aria-label="All settings">
        <Warnings warnings={view.warnings} />
        <GatewaySection {...form.section} />
        <RecordingSection {...form.section} />
        <DatabaseSection {...form.section} />
        {host.kind === 'desktop' && <DesktopSection {...form.section} host={host} />}
      </div>
      <div className="dialog-foot">
        {guarding ? (
          <Guard onKeep={() => setGuarding(false)} onDiscard={onClose} />
        ) : (
          <>
            <p role="status" className={form.problem === null ? 'secondary' : 'tone-problem'}>
              {form.problem ?? (form.dirty ? 'Unsaved changes' : '')}
            </p>
            <button type="button" className="button" onClick={close}>
              {form.dirty ? 'Cancel' : 'Close'}
            </button>
            <button type="submit" className="button primary" disabled={!form.dirty || form.saving}>
              {form.saving ? 'Saving' : 'Save'}
            </button>
          </>
        )}
      </div>
    </form>
  );
}

/** Before changes are thrown away. */
function Guard({ onKeep, onDiscard }: { readonly onKeep: () => void; readonly onDiscard: () => void }) {
  const keep = useRef<HTMLButtonElement>(null);
  useEffect(() => keep.current?.focus(), []);
  return (
    <>
      <p role="alert">The changes are not saved.</p>
      <button type="button" className="button" onClick={onDiscard}>
        Discard changes
      </button>
      <button type="button" className="button primary" ref={keep} onClick={onKeep}>
        Keep editing
      </button>
    </>
  );
}

function useSettingsForm(view: SettingsView, onSaved: () => void) {
  const api = useApi();
  const element = useRef<HTMLFormElement>(null);
  // What was saved when the form was opened: settings that change elsewhere meanwhile do not overwrite what is typed.
  const [saved] = useState(view);
  const [draft, setDraft] = useState<Draft>(() => draftOf(view));
  const [password, setPassword] = useState<PasswordChange>();
  const [errors, setErrors] = useState<Errors>({});
  const [bothModes, setBothModes] = useState(false);
  const [saving, setSaving] = useState(false);
  const [marked, setMarked] = useState<{ readonly within: 'form' | '#gateway' | '#database' } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const pending = useMemo(() => changeOf(draft, saved), [draft, saved]);
  const dirty = password !== undefined || Object.keys(pending.change).length > 0 || Object.keys(pending.errors).length > 0;

  const mark = (what: 'gateway' | 'database', found: Errors): void => {
    setErrors((before) => ({ ...before, ...found }));
    setMarked({ within: `#${what}` });
  };
  const fail = (found: Errors): void => {
    setErrors(found);
    setMarked({ within: 'form' });
    setBothModes(modeFields[otherMode(draft.apiMode)].some((name) => name in found));
    setProblem('Nothing was saved: correct the marked fields.');
  };
  // What had the focus while the settings were read is gone.
  useEffect(() => element.current?.querySelector('button')?.focus(), []);
  // To the first marked field, once its error stands there.
  useEffect(() => {
    if (marked !== null) element.current?.querySelector<HTMLElement>(`${marked.within} [aria-invalid="true"]`)?.focus();
  }, [marked]);
  const save = async (): Promise<void> => {
    if (Object.keys(pending.errors).length > 0) return fail(pending.errors);
    setSaving(true);
    const answer = await (password === undefined ? api.saveSettings(pending.change) : api.saveSettings(pending.change, password));
    setSaving(false);
    if (!answer.ok) return setProblem(`Nothing was saved. ${answer.message}`);
    if (!answer.value.saved) return fail(answer.value.errors);
    onSaved();
  };
  const edit = (part: Partial<Draft>): void => {
    setDraft((before) => ({ ...before, ...part }));
    // An error is about the old value: it goes as soon as that is changed.
    setErrors((before) => Object.fromEntries(Object.entries(before).filter(([name]) => !(name in part))));
    setProblem(null);
    // Only then: fields that went with their error would go while they are typed in.
    if (part.apiMode !== undefined) setBothModes(false);
  };
  const onPassword = (change: PasswordChange | undefined): void => {
    setPassword(change);
    setErrors(({ password: _, ...others }) => others);
  };
  return { element, dirty, saving, problem, save, section: { view: saved, draft, errors, bothModes, edit, mark, password, onPassword } };
}
