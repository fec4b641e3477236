import { useState } from 'react';
import { useApi, useOverview } from '../live/live-context.tsx';
import { waitsForAccount } from '../words/connection-view.ts';

/** The accounts to choose from, one button each; choosing saves the setting and the bridge goes on by itself. */
export function AccountChoice() {
  const api = useApi();
  const waits = useOverview(({ state }) => waitsForAccount(state));
  const accounts = useOverview(({ state }) => state.accountChoice);
  const [saving, setSaving] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  if (!waits) return null;
  const choose = async (account: string): Promise<void> => {
    setSaving(account);
    setProblem(null);
    const answer = await api.saveSettings({ account });
    setSaving(null);
    if (!answer.ok) setProblem(answer.message);
    else if (!answer.value.saved) setProblem(answer.value.errors.account ?? Object.values(answer.value.errors).join(' '));
  };
  return (
    <div className="account-choice" role="group" aria-label="Account">
      {accounts.map((account) => (
        <button key={account} type="button" className="button" disabled={saving !== null} onClick={() => void choose(account)}>
          {saving === account ? `Choosing ${account}` : account}
        </button>
      ))}
      {problem !== null && (
        <p className="tone-problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
