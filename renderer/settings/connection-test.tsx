import { useState } from 'react';
import type { Finding, PasswordChange, SettingsChange } from '../../preload/contract.ts';
import { useApi } from '../live/live-context.tsx';
import { StateShape } from '../parts/shape.tsx';
import { AdviceText } from '../parts/statements.tsx';
import { advice } from '../words/sentences.ts';

type Outcome = { readonly kind: 'running' } | { readonly kind: 'failed'; readonly message: string } | { readonly kind: 'found'; readonly findings: readonly Finding[] };

/** Tries what is in the form, before it is saved, and lists what works and what does not. */
export function ConnectionTest({ what, label, request }: {
  readonly what: 'gateway' | 'database';
  readonly label: string;
  /** The values to try; null while the form has an error. */
  readonly request: () => { readonly change: SettingsChange; readonly password: PasswordChange | undefined } | null;
}) {
  const api = useApi();
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const test = async (): Promise<void> => {
    const asked = request();
    if (asked === null) return setOutcome({ kind: 'failed', message: 'Correct the marked fields first.' });
    setOutcome({ kind: 'running' });
    const answer = await api.testConnection(what, asked.change, asked.password);
    setOutcome(answer.ok ? { kind: 'found', findings: answer.value } : { kind: 'failed', message: answer.message });
  };
  return (
    <div className="connection-test">
      <button type="button" className="button" disabled={outcome?.kind === 'running'} onClick={() => void test()}>
        {outcome?.kind === 'running' ? 'Testing' : label}
      </button>
      <div role="status" className="findings-box">
        {outcome?.kind === 'failed' && <p className="tone-problem">{outcome.message}</p>}
        {outcome?.kind === 'found' && <Findings findings={outcome.findings} />}
      </div>
    </div>
  );
}

function Findings({ findings }: { readonly findings: readonly Finding[] }) {
  return (
    <ul className="findings">
      {findings.map((finding, index) => {
        const next = advice(finding.action);
        const tone = finding.ok ? 'good' : 'problem';
        return (
          <li key={index}>
            <StateShape shape={finding.ok ? 'full' : 'triangle'} tone={tone} size={12} />
            <div>
              <p>
                <strong>{finding.subject}</strong> <span className={`tone-${tone}`}>{finding.ok ? 'works' : 'fails'}</span> <span className="secondary">{finding.detail}</span>
              </p>
              {next !== null && <AdviceText advice={next} />}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
