import type { Book } from './book.ts';
import type { Instrument } from './instruments.ts';

/** A control line that makes no sense; its message is the answer. */
export class Misuse extends Error {}

/** Words are parted by blanks; quotes keep a local symbol with blanks together. */
export function splitWords(line: string): readonly string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

/** "on" or "off", handed to `set`; returns the word. */
export function flag([word]: readonly string[], set: (on: boolean) => void): string {
  const text = oneOf(['on', 'off'] as const, word);
  set(text === 'on');
  return text;
}

/** One of the allowed words, in any case. */
export function oneOf<T extends string>(allowed: readonly T[], word: string | undefined): T {
  const found = allowed.find((candidate) => candidate === word?.toLowerCase());
  if (found === undefined) throw new Misuse(word === undefined ? 'a word is missing' : `${JSON.stringify(word)} is not one of ${allowed.join(', ')}`);
  return found;
}

/** A finite number. */
export function number(word: string | undefined): number {
  const value = Number(word);
  if (word === undefined || word === '' || !Number.isFinite(value)) throw new Misuse(word === undefined ? 'a number is missing' : `${JSON.stringify(word)} is not a number`);
  return value;
}

/** A finite number from 0 up. */
export function amount(word: string | undefined): number {
  const value = number(word);
  if (value < 0) throw new Misuse(`${value} is negative`);
  return value;
}

/** An account of the book, the first unless named. */
export function accountOf(simulator: { readonly book: Book }, word: string | undefined): string {
  const accounts = simulator.book.accounts();
  const account = word ?? accounts[0];
  if (account === undefined || !accounts.includes(account)) throw new Misuse(`no account ${JSON.stringify(account)}, only ${accounts.join(', ')}`);
  return account;
}

/** The instruments that a word means: a conId, a local symbol, a symbol (itself and all its derivatives), or all. */
export function targets(simulator: { readonly book: Book }, word: string | undefined): readonly Instrument[] {
  if (word === undefined) throw new Misuse('a target is missing');
  const listed = simulator.book.market.instruments();
  if (word.toLowerCase() === 'all') return listed;
  const found = listed.filter(({ conId, localSymbol }) => String(conId) === word || localSymbol.toUpperCase() === word.toUpperCase());
  // A stock's local symbol is its symbol: then its options are meant as well.
  const bySymbol = listed.filter(({ symbol }) => symbol === word.toUpperCase());
  const chosen = bySymbol.length > 0 ? bySymbol : found;
  if (chosen.length === 0) throw new Misuse(`no instrument ${JSON.stringify(word)}`);
  return chosen;
}

/** One instrument: for a symbol the stock, index or future itself, not its options. */
export function target(simulator: { readonly book: Book }, word: string | undefined): Instrument {
  const found = targets(simulator, word);
  const chosen = found.length === 1 ? found[0] : found.find(({ underlyingConId }) => underlyingConId === undefined);
  if (chosen === undefined || word?.toLowerCase() === 'all') throw new Misuse(`${JSON.stringify(word)} is not one instrument`);
  return chosen;
}
