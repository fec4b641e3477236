import { useState } from 'react';
import type { Finding, PasswordChange, SettingsChange } from '../../preload/contract.ts';
import { useApi } from '../live/live-context.tsx';
import { StateShape } from '../parts/shape.tsx';
import { AdviceText } from '../parts/statements.tsx';
import { advice } from '../words/sentences.ts';
import type { Errors } from './draft.ts';

type Outcome = { readonly kind: 'failed'; readonly message: string } | { readonly kind: 'found'; readonly findings: readonly Finding[] };

/** The values that a test tries, and what is wrong with them before anybody is asked. */
export interface Trial {
  /** As they are typed: an outcome is told only beside the values that it is about. */
  readonly typed: readonly unknown[];
  readonly change: SettingsChange;
  readonly errors: Errors;
  readonly password?: PasswordChange | undefined;
}

/** Tries what is in the form, before it is saved, and lists what works and what does not. */
export function ConnectionTest({ what, label, trial, onWrong }: {
  readonly what: 'gateway' | 'database';
  readonly label: string;
  readonly trial: Trial;
  /** Marks the fields that stand in the way of the test. */
  readonly onWrong: (errors: Errors) => void;
}) {
  const api = useApi();
  const [running, setRunning] = useState(false);
  const [last, setLast] = useState<{ readonly of: string; readonly outcome: Outcome } | null>(null);
  const of = JSON.stringify(trial.typed);
  const outcome = last?.of === of ? last.outcome : null;
  const test = async (): Promise<void> => {
    const tell = (told: Outcome): void => setLast({ of, outcome: told });
    if (Object.keys(trial.errors).length > 0) {
      onWrong(trial.errors);
      return tell({ kind: 'failed', message: 'Correct the marked fields first.' });
    }
    setRunning(true);
    setLast(null);
    const answer = await api.testConnection(what, trial.change, trial.password);
    setRunning(false);
    tell(answer.ok ? { kind: 'found', findings: answer.value } : { kind: 'failed', message: answer.message });
  };
  return (
    <div className="connection-test">
      <button type="button" className="button" disabled={running} onClick={() => void test()}>
        {running ? 'Testing' : label}
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
