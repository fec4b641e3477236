import { useState } from 'react';
import type { SettingsChange } from '../../preload/contract.ts';
import { ConnectionTest } from '../settings/connection-test.tsx';
import type { SaveStep } from './first-run.tsx';

/** A PostgreSQL now, or later: nothing is lost by waiting. */
export function DatabaseStep({ save, onNext, onBack }: { readonly save: SaveStep; readonly onNext: () => void; readonly onBack: () => void }) {
  const [values, setValues] = useState({ host: '', port: '5432', name: 'portfolio_engine', user: '', password: '' });
  const [problem, setProblem] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);
  const change: SettingsChange = { dbHost: values.host.trim(), dbPort: Number(values.port), dbName: values.name.trim(), dbUser: values.user.trim() === '' ? null : values.user.trim() };
  const next = async (): Promise<void> => {
    setSaving(true);
    const found = await save(change, values.password);
    setSaving(false);
    if (found === null) onNext();
    else setProblem(found);
  };
  const fields = [
    ['host', 'Host', 'text'],
    ['port', 'Port', 'text'],
    ['name', 'Database', 'text'],
    ['user', 'User', 'text'],
    ['password', 'Password', 'password'],
  ] as const;
  const password = values.password === '' ? undefined : ({ kind: 'set', password: values.password } as const);
  return (
    <>
      <p>Your own PostgreSQL. Without one, every row is kept on this machine, charts included, and delivered once you set one.</p>
      <div className="first-run-fields">
        {fields.map(([key, label, type]) => (
          <label key={key} className={`first-run-field first-run-${key}`}>
            {label}
            <input className="input" type={type} value={values[key]} autoComplete={type === 'password' ? 'new-password' : 'off'} spellCheck={false} onChange={(event) => setValues({ ...values, [key]: event.target.value })} />
          </label>
        ))}
      </div>
      {values.host.trim() !== '' && <ConnectionTest what="database" label="Test database" trial={{ change, errors: {}, password, typed: Object.values(values) }} onWrong={() => undefined} />}
      {problem !== null && (
        <p className="tone-problem" role="alert">
          {problem}
        </p>
      )}
      <div className="first-run-buttons">
        <button type="button" className="button" onClick={onBack}>
          Back
        </button>
        <button type="button" className={values.host.trim() === '' ? 'button primary' : 'button'} onClick={onNext}>
          Later
        </button>
        <button type="button" className={values.host.trim() === '' ? 'button' : 'button primary'} disabled={saving || values.host.trim() === ''} onClick={() => void next()}>
          Use this database
        </button>
      </div>
    </>
  );
}
