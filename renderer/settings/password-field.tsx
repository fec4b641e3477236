import type { PasswordChange, SettingsView } from '../../preload/contract.ts';
import { Field, TextInput } from './field.tsx';

/** A password that goes one way: it can be set or cleared, and is never shown again. */
export function PasswordField({ password, change, onChange, error }: {
  readonly password: SettingsView['password'];
  readonly change: PasswordChange | undefined;
  readonly onChange: (change: PasswordChange | undefined) => void;
  readonly error: string | undefined;
}) {
  const lockedBy = password.lockedBy ?? (password.available ? null : 'DB_PASS or DB_PASS_FILE only: this machine offers no safe place for it');
  return (
    <Field label="Password" field={{ lockedBy }} error={error} hint={hintOf(password, change)}>
      {(wiring) => (
        <div className="with-button">
          <TextInput
            type="password"
            wiring={wiring}
            value={change?.kind === 'set' ? change.password : ''}
            placeholder={change?.kind === 'clear' ? 'will be cleared' : password.stored ? 'stored' : 'none stored'}
            onChange={(text) => onChange(text === '' ? undefined : { kind: 'set', password: text })}
          />
          {password.stored && lockedBy === null && (
            <button type="button" className="button" onClick={() => onChange(change?.kind === 'clear' ? undefined : { kind: 'clear' })}>
              {change?.kind === 'clear' ? 'Keep' : 'Clear'}
            </button>
          )}
        </div>
      )}
    </Field>
  );
}

function hintOf(password: SettingsView['password'], change: PasswordChange | undefined): string {
  if (change?.kind === 'clear') return 'The stored password is removed when you save.';
  if (change?.kind === 'set') return password.stored ? 'Replaces the stored password when you save.' : 'Stored safely when you save, and never shown again.';
  return password.stored ? 'A password is stored. It is never shown; type to replace it.' : 'Stored safely, and never shown again.';
}
