import { useId, type ReactNode } from 'react';
import type { SettingField } from '../../preload/contract.ts';

export interface FieldWiring {
  readonly id: string;
  readonly disabled: boolean;
  readonly 'aria-invalid': boolean;
  readonly 'aria-describedby': string;
}

/** A labelled field with its hint, the reason why it is read-only, and its error; the input is wired to all of them. */
export function Field({ label, hint, field, error, children, wide = false }: {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly field: Pick<SettingField, 'lockedBy'>;
  readonly error: string | undefined;
  readonly children: (wiring: FieldWiring) => ReactNode;
  readonly wide?: boolean;
}) {
  const id = useId();
  const noteId = `${id}-note`;
  const locked = field.lockedBy !== null;
  return (
    <div className={wide ? 'field field-wide' : 'field'} data-invalid={error !== undefined}>
      <label htmlFor={id}>{label}</label>
      <div className="field-body">
        {children({ id, disabled: locked, 'aria-invalid': error !== undefined, 'aria-describedby': noteId })}
        <div id={noteId} className="field-note">
          {error !== undefined && (
            <p className="field-error" role="alert">
              {error}
            </p>
          )}
          {locked ? <p>Set by {field.lockedBy}; it cannot be changed here.</p> : error === undefined && hint !== undefined && <p>{hint}</p>}
        </div>
      </div>
    </div>
  );
}

export function TextInput({ value, onChange, wiring, type = 'text', placeholder, size, list }: {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly wiring: FieldWiring;
  readonly type?: 'text' | 'password' | 'url';
  readonly placeholder?: string;
  /** `short` for numbers. */
  readonly size?: 'short';
  readonly list?: string;
}) {
  return (
    <input
      {...wiring}
      className={size === 'short' ? 'input short' : 'input'}
      type={type === 'url' ? 'text' : type}
      value={value}
      {...(placeholder === undefined ? {} : { placeholder })}
      {...(list === undefined ? {} : { list })}
      {...(size === 'short' ? { inputMode: 'decimal' as const } : {})}
      autoComplete={type === 'password' ? 'new-password' : 'off'}
      autoCapitalize="off"
      spellCheck={false}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

export function Toggle({ label, hint, checked, onChange, field, error }: {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly field: Pick<SettingField, 'lockedBy'>;
  readonly error: string | undefined;
}) {
  return (
    <Field label={label} hint={hint} field={field} error={error}>
      {(wiring) => <input {...wiring} type="checkbox" className="toggle" checked={checked} onChange={(event) => onChange(event.target.checked)} />}
    </Field>
  );
}
