import { useEffect, useRef, useState } from 'react';
import { useConnectionView } from '../header/header.tsx';
import { useApi, useOverview } from '../live/live-context.tsx';
import { StateShape } from '../parts/shape.tsx';
import { AdviceText } from '../parts/statements.tsx';
import { Warnings } from '../settings/warnings.tsx';
import { coverageWords } from '../tiles/tile-view.ts';
import { DatabaseStep } from './database-step.tsx';
import { GatewayStep } from './gateway-step.tsx';
import type { SaveStep } from './use-step.ts';

const steps = ['Gateway', 'Database', 'Done'] as const;

/** Nothing is configured yet: three steps to a working connection, the demo book one click away. */
export function FirstRun({ onDone }: { readonly onDone: () => void }) {
  const api = useApi();
  const [step, setStep] = useState(0);
  const [problem, setProblem] = useState<string | null>(null);
  const [warnings, setWarnings] = useState<readonly string[]>([]);
  const heading = useRef<HTMLHeadingElement>(null);
  // Each step is read from its heading on; the heading does nothing, so it shows no ring.
  useEffect(() => heading.current?.focus(), [step]);
  useEffect(() => {
    void api.settings().then((answer) => answer.ok && setWarnings(answer.value.warnings));
  }, [api]);

  const save: SaveStep = async (change, password) => {
    const answer = await (password === undefined || password === '' ? api.saveSettings(change) : api.saveSettings(change, { kind: 'set', password }));
    if (!answer.ok) return { errors: {}, message: answer.message };
    return answer.value.saved ? null : { errors: answer.value.errors, message: null };
  };
  const startDemo = async (): Promise<void> => {
    const answer = await api.command('start-demo');
    if (answer.ok) onDone();
    else setProblem(answer.message);
  };
  return (
    <main className="first-run">
      {warnings.length > 0 && (
        <div className="first-run-warnings">
          <Warnings warnings={warnings} />
        </div>
      )}
      <div className="first-run-card panel">
        <ol className="steps" aria-label="Steps">
          {steps.map((name, index) => (
            <li key={name} aria-current={index === step ? 'step' : undefined} data-done={index < step}>
              <span className="step-number" aria-hidden="true">
                {index + 1}
              </span>
              {name}
            </li>
          ))}
        </ol>
        <h1 tabIndex={-1} ref={heading}>
          {step === 0 ? 'Where do you log in to IBKR?' : step === 1 ? 'Where should the rows go?' : 'The bridge is on its way'}
        </h1>
        {step === 0 && <GatewayStep save={save} onNext={() => setStep(1)} />}
        {step === 1 && <DatabaseStep save={save} onNext={() => setStep(2)} onBack={() => setStep(0)} />}
        {step === 2 && <DoneStep onDone={onDone} onBack={() => setStep(0)} />}
      </div>
      {step === 0 && (
        <div className="demo-offer">
          <p>No gateway at hand? The demo book has about 40 moving legs and needs no account.</p>
          <button type="button" className="button" onClick={() => void startDemo()}>
            Use the demo book
          </button>
          {problem !== null && (
            <p className="tone-problem" role="alert">
              {problem}
            </p>
          )}
        </div>
      )}
    </main>
  );
}

function DoneStep({ onDone, onBack }: { readonly onDone: () => void; readonly onBack: () => void }) {
  const view = useConnectionView();
  const endpoint = useOverview(({ state }) => state.endpoint);
  const coverage = useOverview(({ sums, state }) => (sums ?? state.snapshot)?.coverage ?? null);
  return (
    <>
      <div className="done-state" role="status">
        <StateShape shape={view.shape} tone={view.tone} size={18} />
        <div>
          <p>
            <strong className={`tone-${view.tone}`}>{view.word}</strong> <span className="secondary">{endpoint}</span>
            {coverage !== null && view.tone === 'good' && <span> · {coverageWords(coverage)}</span>}
          </p>
          {view.sentence !== null && <p>{view.sentence}</p>}
          {view.next !== null && <AdviceText advice={view.next} />}
        </div>
      </div>
      <p className="secondary">The bridge keeps trying by itself. Closing the window does not stop it.</p>
      <div className="first-run-buttons">
        <button type="button" className="button" onClick={onBack}>
          Change the gateway
        </button>
        <button type="button" className="button primary" onClick={onDone}>
          Open the dashboard
        </button>
      </div>
    </>
  );
}
