import { useState } from 'react';
import type { SettingsChange } from '../../preload/contract.ts';
import type { SaveStep } from './first-run.tsx';

const gateways: readonly { readonly name: string; readonly note: string; readonly change: SettingsChange }[] = [
  { name: 'IB Gateway', note: 'port 4001', change: { apiMode: 'SOCKET', socketHost: '127.0.0.1', socketPort: 4001 } },
  { name: 'IB Gateway, paper', note: 'port 4002', change: { apiMode: 'SOCKET', socketHost: '127.0.0.1', socketPort: 4002 } },
  { name: 'Trader Workstation', note: 'port 7496', change: { apiMode: 'SOCKET', socketHost: '127.0.0.1', socketPort: 7496 } },
  { name: 'Trader Workstation, paper', note: 'port 7497', change: { apiMode: 'SOCKET', socketHost: '127.0.0.1', socketPort: 7497 } },
  { name: 'Container', note: 'port 4003', change: { apiMode: 'SOCKET', socketHost: '127.0.0.1', socketPort: 4003 } },
  { name: 'Client Portal Gateway', note: 'https://localhost:5001', change: { apiMode: 'PORTAL', gatewayUrl: 'https://localhost:5001' } },
];

/** Which program is logged in to IBKR, on this machine; other hosts and ports are in Settings. */
export function GatewayStep({ save, onNext }: { readonly save: SaveStep; readonly onNext: () => void }) {
  const [chosen, setChosen] = useState(0);
  const [problem, setProblem] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);
  const next = async (): Promise<void> => {
    setSaving(true);
    const found = await save(gateways[chosen]?.change ?? {});
    setSaving(false);
    if (found === null) onNext();
    else setProblem(found);
  };
  return (
    <>
      <fieldset className="choices">
        <legend className="off-screen">Gateway</legend>
        {gateways.map(({ name, note }, index) => (
          <label key={name} className="choice">
            <input type="radio" name="gateway" checked={chosen === index} onChange={() => setChosen(index)} />
            <span>{name}</span>
            <span className="secondary">{note}</span>
          </label>
        ))}
      </fieldset>
      <p className="secondary">The bridge only reads: it never places, changes or cancels an order.</p>
      {problem !== null && (
        <p className="tone-problem" role="alert">
          {problem}
        </p>
      )}
      <div className="first-run-buttons">
        <button type="button" className="button primary" disabled={saving} onClick={() => void next()}>
          Continue
        </button>
      </div>
    </>
  );
}
