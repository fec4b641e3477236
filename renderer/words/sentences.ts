import type { Cause } from '../../preload/contract.ts';

/** What the engine writes in lower case and without a full stop, as a sentence. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') return '';
  const capital = `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}`;
  return /[.?]$/.test(capital) ? capital : `${capital}.`;
}

/** What to do next: a sentence, and the statements to run where the advice ends in some. */
export interface Advice {
  readonly text: string;
  readonly statements: string | null;
}

/** Splits "run as the tables' owner:\nGRANT ...;" at its first line break: from there on it is to be copied, not read. */
export function advice(action: string | undefined): Advice | null {
  if (action === undefined || action.trim() === '') return null;
  const end = action.indexOf('\n');
  if (end === -1) return { text: sentence(action), statements: null };
  const text = action.slice(0, end).trim();
  const capital = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return { text: capital, statements: action.slice(end + 1).trim() };
}

export function causeSentence(cause: Cause): string {
  return sentence(cause.text);
}
