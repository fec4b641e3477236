import { useState } from 'react';
import type { SettingsChange } from '../../preload/contract.ts';
import { ConnectionTest } from '../settings/connection-test.tsx';
import { noNumber, numberOf, type Errors } from '../settings/draft.ts';
import { Field, TextInput } from '../settings/field.tsx';
import { StepProblemText } from './step-problem.tsx';
import { errorsElsewhere, useStep, type SaveStep } from './use-step.ts';

const fields = [
  ['dbHost', 'Host'],
  ['dbPort', 'Port'],
  ['dbName', 'Database'],
  ['dbUser', 'User'],
  ['password', 'Password'],
] as const;

/** A PostgreSQL now, or later: nothing is lost by waiting. */
export function DatabaseStep({ save, onNext, onBack }: { readonly save: SaveStep; readonly onNext: () => void; readonly onBack: () => void }) {
  const [values, setValues] = useState({ dbHost: '', dbPort: '5432', dbName: 'portfolio_engine', dbUser: '', password: '' });
  const step = useStep(save, onNext);
  const { change, errors } = changeOf(values);
  const next = (): void => {
    if (Object.keys(errors).length > 0) step.mark(errors);
    else void step.next(change, values.password);
  };
  const password = values.password === '' ? undefined : ({ kind: 'set', password: values.password } as const);
  const named = values.dbHost.trim() !== '';
  return (
    <div className="first-run-step" ref={step.element}>
      <p>Your own PostgreSQL. Without one, every row is kept on this machine, charts included, and delivered once you set one.</p>
      <div className="first-run-fields">
        {fields.map(([name, label]) => (
          <div key={name} className={`first-run-field first-run-${name}`}>
            <Field label={label} field={{ lockedBy: null }} error={step.errors[name]}>
              {(wiring) => (
                <TextInput
                  wiring={wiring}
                  type={name === 'password' ? 'password' : 'text'}
                  value={values[name]}
                  onChange={(text) => {
                    setValues({ ...values, [name]: text });
                    step.forget([name]);
                  }}
                />
              )}
            </Field>
          </div>
        ))}
      </div>
      {named && <ConnectionTest what="database" label="Test database" trial={{ change, errors, password, typed: Object.values(values) }} onWrong={step.mark} />}
      <StepProblemText texts={[step.message, errorsElsewhere(step.errors, fields.map(([name]) => name))]} />
      <div className="first-run-buttons">
        <button type="button" className="button" onClick={onBack}>
          Back
        </button>
        <button type="button" className={named ? 'button' : 'button primary'} onClick={onNext}>
          Later
        </button>
        <button type="button" className={named ? 'button primary' : 'button'} disabled={step.saving || !named} onClick={next}>
          Use this database
        </button>
      </div>
    </div>
  );
}

function changeOf({ dbHost, dbPort, dbName, dbUser }: Readonly<Record<'dbHost' | 'dbPort' | 'dbName' | 'dbUser', string>>): { readonly change: SettingsChange; readonly errors: Errors } {
  const port = numberOf(dbPort);
  const texts = { dbHost: dbHost.trim(), dbName: dbName.trim(), dbUser: dbUser.trim() === '' ? null : dbUser.trim() };
  return port === null ? { change: texts, errors: { dbPort: noNumber } } : { change: { ...texts, dbPort: port }, errors: {} };
}
