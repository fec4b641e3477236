import { useCallback, useState } from 'react';
import type { Command } from '../../preload/contract.ts';
import { useApi } from '../live/live-context.tsx';

export interface Commander {
  readonly run: (command: Command) => void;
  readonly busy: Command | null;
  /** Why the last command failed; null after one that worked. */
  readonly problem: string | null;
}

/** Sends commands one at a time and keeps the reason of a failure, so that no button fails in silence. */
export function useCommand(): Commander {
  const api = useApi();
  const [busy, setBusy] = useState<Command | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const run = useCallback(
    (command: Command) => {
      setBusy(command);
      void api.command(command).then((answer) => {
        setBusy(null);
        setProblem(answer.ok ? null : answer.message);
      });
    },
    [api],
  );
  return { run, busy, problem };
}
