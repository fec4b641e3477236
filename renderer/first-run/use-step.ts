import { useEffect, useRef, useState } from 'react';
import type { SettingsChange } from '../../preload/contract.ts';
import type { Errors } from '../settings/draft.ts';

/** What kept a step from being saved: errors that belong to fields, or what is wrong with the whole. */
export interface StepProblem {
  readonly errors: Errors;
  readonly message: string | null;
}

/** Null when it was saved. */
export type SaveStep = (change: SettingsChange, password?: string) => Promise<StepProblem | null>;

/** Saves a step and goes on; else its errors wait at their fields, and the focus goes to the first of them. */
export function useStep(save: SaveStep, onNext: () => void) {
  const element = useRef<HTMLDivElement>(null);
  const [errors, setErrors] = useState<Errors>({});
  const [message, setMessage] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);
  const [failures, setFailures] = useState(0);
  useEffect(() => {
    if (failures > 0) element.current?.querySelector<HTMLElement>('input[aria-invalid="true"], [aria-invalid="true"] :checked')?.focus();
  }, [failures]);

  const fail = (problem: StepProblem): void => {
    setErrors(problem.errors);
    setMessage(problem.message);
    setFailures((count) => count + 1);
  };
  const mark = (found: Errors): void => fail({ errors: found, message: null });
  const next = async (change: SettingsChange, password?: string): Promise<void> => {
    setSaving(true);
    const problem = await save(change, password);
    setSaving(false);
    if (problem === null) onNext();
    else fail(problem);
  };
  /** Errors are about the old values: they go as soon as these are changed. */
  const forget = (names: readonly string[]): void => {
    setErrors((before) => Object.fromEntries(Object.entries(before).filter(([name]) => !names.includes(name))));
    setMessage(null);
  };
  return { element, errors, message, saving, mark, next, forget };
}

/** The errors of settings that a step does not show, by their names in the settings file; null without any. */
export function errorsElsewhere(errors: Errors, shown: readonly string[]): string | null {
  const others = Object.entries(errors).filter(([name]) => !shown.includes(name));
  return others.length === 0 ? null : others.map(([name, error]) => `${name}: ${error}`).join(' ');
}
