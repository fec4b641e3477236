import { useId, useState } from 'react';
import type { SettingsChange } from '../../preload/contract.ts';
import { StepProblemText } from './step-problem.tsx';
import { errorsElsewhere, useStep, type SaveStep } from './use-step.ts';

const gateways: readonly { readonly name: string; readonly note: string; readonly change: SettingsChange }[] = [
  { name: 'IB Gateway', note: 'port 4001', change: { apiMode: 'SOCKET', socketHost: '127.0.0.1', socketPort: 4001 } },
  { name: 'IB Gateway, paper', note: 'port 4002', change: { apiMode: 'SOCKET', socketHost: '127.0.0.1', socketPort: 4002 } },
  { name: 'Trader Workstation', note: 'port 7496', change: { apiMode: 'SOCKET', socketHost: '127.0.0.1', socketPort: 7496 } },
  { name: 'Trader Workstation, paper', note: 'port 7497', change: { apiMode: 'SOCKET', socketHost: '127.0.0.1', socketPort: 7497 } },
  { name: 'Container', note: 'port 4003', change: { apiMode: 'SOCKET', socketHost: '127.0.0.1', socketPort: 4003 } },
  { name: 'Client Portal Gateway', note: 'https://localhost:5001', change: { apiMode: 'PORTAL', gatewayUrl: 'https://localhost:5001' } },
];

/** What a choice sets, as Settings calls it. */
const parts = [
  ['apiMode', 'Mode'],
  ['socketHost', 'Host'],
  ['socketPort', 'Port'],
  ['gatewayUrl', 'Address'],
] as const;

/** Which program is logged in to IBKR, on this machine; other hosts and ports are in Settings. */
export function GatewayStep({ save, onNext }: { readonly save: SaveStep; readonly onNext: () => void }) {
  const [chosen, setChosen] = useState(0);
  const step = useStep(save, onNext);
  const errorId = useId();
  const wrong = parts.filter(([name]) => step.errors[name] !== undefined);
  return (
    <div className="first-run-step" ref={step.element}>
      <fieldset className="choices" role="radiogroup" aria-invalid={wrong.length > 0} aria-describedby={errorId}>
        <legend className="off-screen">Gateway</legend>
        {gateways.map(({ name, note }, index) => (
          <label key={name} className="choice">
            <input
              type="radio"
              name="gateway"
              checked={chosen === index}
              onChange={() => {
                setChosen(index);
                step.forget(parts.map(([part]) => part));
              }}
            />
            <span>{name}</span>
            <span className="secondary">{note}</span>
          </label>
        ))}
        <div id={errorId} className="choices-error">
          {wrong.map(([name, label]) => (
            <p key={name} className="field-error" role="alert">
              {label}: {step.errors[name]}
            </p>
          ))}
        </div>
      </fieldset>
      <p className="secondary">The bridge only reads: it never places, changes or cancels an order.</p>
      <StepProblemText texts={[step.message, errorsElsewhere(step.errors, parts.map(([name]) => name))]} />
      <div className="first-run-buttons">
        <button type="button" className="button primary" disabled={step.saving} onClick={() => void step.next(gateways[chosen]?.change ?? {})}>
          Continue
        </button>
      </div>
    </div>
  );
}
