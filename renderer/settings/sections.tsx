import { useSyncExternalStore, type ReactNode } from 'react';
import type { Host, PasswordChange, SettingsView } from '../../preload/contract.ts';
import { useLive, useOverview } from '../live/live-context.tsx';
import { Segmented } from '../parts/segmented.tsx';
import { useCommand } from '../parts/use-command.ts';
import { ConnectionTest, type Trial } from './connection-test.tsx';
import { changeOf, otherMode, portPresets, testedFields, type Draft, type Errors } from './draft.ts';
import { Field, TextInput, Toggle } from './field.tsx';
import { PasswordField } from './password-field.tsx';
import { ResetWindowsField } from './reset-windows-field.tsx';

export interface SectionProps {
  readonly view: SettingsView;
  readonly draft: Draft;
  readonly errors: Errors;
  /** The fields of the mode that is not chosen are shown too: one of them is wrong. */
  readonly bothModes: boolean;
  readonly edit: (part: Partial<Draft>) => void;
  /** Puts errors of a section to their fields, and the focus to the first of them. */
  readonly mark: (section: 'gateway' | 'database', errors: Errors) => void;
  readonly password: PasswordChange | undefined;
  readonly onPassword: (change: PasswordChange | undefined) => void;
}

function Section({ id, title, children }: { readonly id: string; readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="settings-section" id={id} aria-labelledby={`${id}-title`}>
      <h3 id={`${id}-title`}>{title}</h3>
      {children}
    </section>
  );
}

/** Which gateway, and where. */
export function GatewaySection(props: SectionProps) {
  const { view, draft, errors, edit, mark, bothModes } = props;
  const Chosen = fieldsOf[draft.apiMode];
  const Other = fieldsOf[otherMode(draft.apiMode)];
  return (
    <Section id="gateway" title="Gateway">
      <Field label="Mode" field={view.fields.apiMode} error={errors.apiMode} hint={draft.apiMode === 'SOCKET' ? 'TWS or IB Gateway, over its socket.' : "IBKR's Client Portal Gateway, over https."}>
        {(wiring) => (
          <select {...wiring} className="input" value={draft.apiMode} onChange={(event) => edit({ apiMode: event.target.value === 'PORTAL' ? 'PORTAL' : 'SOCKET' })}>
            <option value="SOCKET">SOCKET</option>
            <option value="PORTAL">PORTAL</option>
          </select>
        )}
      </Field>
      <Chosen {...props} />
      <AccountField view={view} draft={draft} errors={errors} edit={edit} />
      {bothModes && (
        <>
          <p className="secondary">{`Not used in ${draft.apiMode} mode, but saved with the rest:`}</p>
          <Other {...props} />
        </>
      )}
      <ConnectionTest what="gateway" label="Test gateway" trial={trialOf('gateway', draft, view, undefined)} onWrong={(found) => mark('gateway', found)} />
    </Section>
  );
}

function SocketFields({ view: { fields }, draft, errors, edit }: SectionProps) {
  return (
    <>
      <Field label="Host" field={fields.socketHost} error={errors.socketHost}>
        {(wiring) => <TextInput wiring={wiring} value={draft.socketHost} onChange={(socketHost) => edit({ socketHost })} />}
      </Field>
      <Field label="Port" field={fields.socketPort} error={errors.socketPort}>
        {(wiring) => (
          <div className="with-presets">
            <TextInput wiring={wiring} size="short" value={draft.socketPort} onChange={(socketPort) => edit({ socketPort })} />
            {!wiring.disabled && (
              <Segmented label="Usual ports" value={draft.socketPort} onChange={(socketPort) => edit({ socketPort })} options={portPresets.map(({ port, name }) => ({ value: port, label: name, name: `${name}, port ${port}` }))} />
            )}
          </div>
        )}
      </Field>
      <Field label="Client id" field={fields.clientId} error={errors.clientId} hint="Any number but 0, which belongs to the primary session. No other program may use it.">
        {(wiring) => <TextInput wiring={wiring} size="short" value={draft.clientId} onChange={(clientId) => edit({ clientId })} />}
      </Field>
    </>
  );
}

function PortalFields({ view: { fields }, draft, errors, edit }: SectionProps) {
  return (
    <>
      <Field label="Address" field={fields.gatewayUrl} error={errors.gatewayUrl} hint="Port 5000 belongs to AirPlay on a Mac; 5001 is the usual one.">
        {(wiring) => <TextInput wiring={wiring} type="url" value={draft.gatewayUrl} onChange={(gatewayUrl) => edit({ gatewayUrl })} />}
      </Field>
      <Field label="Certificate" field={fields.gatewayFingerprint} error={errors.gatewayFingerprint} hint="SHA-256 fingerprint of a gateway on another machine. Empty: self-signed is accepted on this machine only.">
        {(wiring) => <TextInput wiring={wiring} value={draft.gatewayFingerprint} placeholder="none" onChange={(gatewayFingerprint) => edit({ gatewayFingerprint })} />}
      </Field>
      <Toggle label="Take over" checked={draft.gatewayCompete} onChange={(gatewayCompete) => edit({ gatewayCompete })} field={fields.gatewayCompete} error={errors.gatewayCompete} hint="Ends your other sessions of this username (TWS, phone) when the bridge needs its own. Off is right for most." />
    </>
  );
}

const fieldsOf = { SOCKET: SocketFields, PORTAL: PortalFields } as const;

/** The accounts that the gateway told of where there are several; else a text, empty for the only one. */
function AccountField({ view, draft, errors, edit }: Pick<SectionProps, 'view' | 'draft' | 'errors' | 'edit'>) {
  const choice = useOverview(({ state }) => state.accountChoice);
  const options = choice.includes(draft.account) || draft.account === '' ? choice : [draft.account, ...choice];
  return (
    <Field label="Account" field={view.fields.account} error={errors.account} hint={choice.length === 0 ? 'Empty: the only account of the login.' : 'The gateway manages several accounts; only the legs of this one count.'}>
      {(wiring) =>
        choice.length === 0 ? (
          <TextInput wiring={wiring} value={draft.account} placeholder="detect" onChange={(account) => edit({ account })} />
        ) : (
          <select {...wiring} className="input" value={draft.account} onChange={(event) => edit({ account: event.target.value })}>
            <option value="">Choose an account</option>
            {options.map((account) => (
              <option key={account} value={account}>
                {account}
              </option>
            ))}
          </select>
        )
      }
    </Field>
  );
}

/** How often, and around which pauses. */
export function RecordingSection({ view, draft, errors, edit }: SectionProps) {
  const { fields } = view;
  return (
    <Section id="recording" title="Recording">
      <Field label="Row every" field={fields.pollIntervalSeconds} error={errors.pollIntervalSeconds} hint="Seconds, 1 to 3600.">
        {(wiring) => <TextInput wiring={wiring} size="short" value={draft.pollIntervalSeconds} onChange={(pollIntervalSeconds) => edit({ pollIntervalSeconds })} />}
      </Field>
      <Field label="Underlying" field={fields.underlyingSymbol} error={errors.underlyingSymbol} hint="Whose price goes into each row. Empty: SPX, else ES, else the only one.">
        {(wiring) => <TextInput wiring={wiring} value={draft.underlyingSymbol} placeholder="detect" onChange={(underlyingSymbol) => edit({ underlyingSymbol })} />}
      </Field>
      <ResetWindowsField windows={draft.resetWindows} onChange={(resetWindows) => edit({ resetWindows })} presets={view.resetWindowPresets} field={fields.resetWindows} error={errors.resetWindows} />
      <Field label="Outbox" field={{ lockedBy: null }} error={undefined} hint="Rows are safe here before they are delivered. BRIDGE_BUFFER_PATH moves it.">
        {({ id, 'aria-describedby': describedBy }) => (
          <output id={id} aria-describedby={describedBy} className="path">
            {view.bufferPath}
          </output>
        )}
      </Field>
    </Section>
  );
}

/** The trader's own PostgreSQL. */
export function DatabaseSection({ view, draft, errors, edit, mark, password, onPassword }: SectionProps) {
  const { fields } = view;
  return (
    <Section id="database" title="Database">
      <Field label="Host" field={fields.dbHost} error={errors.dbHost} hint="Empty: rows stay on this machine until a database is set.">
        {(wiring) => <TextInput wiring={wiring} value={draft.dbHost} placeholder="none" onChange={(dbHost) => edit({ dbHost })} />}
      </Field>
      <Field label="Port" field={fields.dbPort} error={errors.dbPort}>
        {(wiring) => <TextInput wiring={wiring} size="short" value={draft.dbPort} onChange={(dbPort) => edit({ dbPort })} />}
      </Field>
      <Field label="Name" field={fields.dbName} error={errors.dbName}>
        {(wiring) => <TextInput wiring={wiring} value={draft.dbName} onChange={(dbName) => edit({ dbName })} />}
      </Field>
      <Field label="User" field={fields.dbUser} error={errors.dbUser} hint="Empty: your user name on this machine.">
        {(wiring) => <TextInput wiring={wiring} value={draft.dbUser} onChange={(dbUser) => edit({ dbUser })} />}
      </Field>
      <PasswordField password={view.password} change={password} onChange={onPassword} error={errors.password} />
      <ConnectionTest what="database" label="Test database" trial={trialOf('database', draft, view, password)} onWrong={(found) => mark('database', found)} />
    </Section>
  );
}

/** What only the desktop application can do. */
export function DesktopSection({ view, draft, errors, edit, host }: SectionProps & { readonly host: Host }) {
  const { fields } = view;
  const commander = useCommand();
  const mac = host.platform === 'darwin';
  const { settings } = useLive();
  // The tray's menu can change it while Settings is open.
  const { loginItem } = useSyncExternalStore(settings.subscribe, settings.get) ?? view;
  const unsupported = loginItem === 'unsupported' ? 'this system, which has no login items' : null;
  return (
    <Section id="desktop" title={mac ? 'This Mac' : 'This computer'}>
      <Toggle label="Open at login" checked={draft.openAtLogin} onChange={(openAtLogin) => edit({ openAtLogin })} field={{ lockedBy: fields.openAtLogin.lockedBy ?? unsupported }} error={errors.openAtLogin} hint={loginHints[loginItem]} />
      {loginItem === 'requires-approval' && (
        <div className="field-extra">
          <button type="button" className="button small" onClick={() => commander.run('open-login-items')}>
            Open Login Items
          </button>
          {commander.problem !== null && <p className="tone-problem">{commander.problem}</p>}
        </div>
      )}
      <Toggle label="Net delta in the menu bar" checked={draft.menuBarTitle} onChange={(menuBarTitle) => edit({ menuBarTitle })} field={fields.menuBarTitle} error={errors.menuBarTitle} />
      <Toggle label="Keep awake" checked={draft.keepAwake} onChange={(keepAwake) => edit({ keepAwake })} field={fields.keepAwake} error={errors.keepAwake} hint="The computer does not go to sleep by itself while the bridge runs." />
    </Section>
  );
}

const loginHints: Readonly<Record<SettingsView['loginItem'], string>> = {
  enabled: 'The system opens the bridge when you log in.',
  'not-registered': 'The bridge starts only when you open it.',
  'requires-approval': 'The system waits for your approval: allow the bridge under Login Items.',
  'not-found': 'The system does not find the application. Move it to the Applications folder first.',
  unsupported: '',
};

function trialOf(what: 'gateway' | 'database', draft: Draft, view: SettingsView, password: PasswordChange | undefined): Trial {
  const names = testedFields(what, draft.apiMode);
  return { ...changeOf(draft, view, names), password, typed: [...names.map((name) => draft[name]), password] };
}
