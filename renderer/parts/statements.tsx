import { CopyButton } from './copy-button.tsx';
import type { Advice } from '../words/sentences.ts';

/** What to do next; statements to run stand in a block of their own that can be copied whole. */
export function AdviceText({ advice }: { readonly advice: Advice }) {
  return (
    <div className="advice">
      <p>{advice.text}</p>
      {advice.statements !== null && <Statements text={advice.statements} />}
    </div>
  );
}

export function Statements({ text }: { readonly text: string }) {
  return (
    <div className="statements">
      <pre tabIndex={0} role="region" aria-label="Statements to run">
        {text}
      </pre>
      <CopyButton label="Copy statements" done="Copied" text={() => text} small />
    </div>
  );
}
