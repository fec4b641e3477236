import type { Book, ExpectedSums } from './book.ts';
import { accountOf, amount, Misuse, number, target } from './control-words.ts';

/** What the control lines about the book need of a simulator; both have it. */
export interface TradedBook {
  readonly book: Book;
  expectedSums(account: string): ExpectedSums;
  /** The present values are to be seen, moved or not. */
  sendValues(): void;
}

/** "trade TARGET QUANTITY [ACCOUNT]": buys or sells. */
export function trade(simulator: TradedBook, [word, quantity, accountWord]: readonly string[]): string {
  const instrument = target(simulator, word);
  const account = accountOf(simulator, accountWord);
  const after = (simulator.book.position(account, instrument.conId)?.quantity ?? 0) + number(quantity);
  simulator.book.setPosition(account, instrument.conId, after);
  return `${account} now holds ${after} ${instrument.localSymbol}`;
}

/** "close TARGET [ACCOUNT]". */
export function closePosition(simulator: TradedBook, [word, accountWord]: readonly string[]): string {
  const instrument = target(simulator, word);
  const account = accountOf(simulator, accountWord);
  if ((simulator.book.position(account, instrument.conId)?.quantity ?? 0) === 0) throw new Misuse(`${account} holds no ${instrument.localSymbol}`);
  simulator.book.close(account, instrument.conId);
  return `${account} closed ${instrument.localSymbol}`;
}

/** "price SYMBOL PRICE": puts an underlying at a price. */
export function setPrice(simulator: TradedBook, [word, price]: readonly string[]): string {
  const instrument = target(simulator, word);
  if (instrument.underlyingConId !== undefined || instrument.secType === 'BOND') throw new Misuse(`${instrument.localSymbol} has no price of its own`);
  const value = amount(price);
  if (value === 0) throw new Misuse('a price of 0');
  simulator.book.market.setPrice(instrument.conId, value);
  simulator.sendValues();
  return `${instrument.localSymbol} is at ${value}`;
}

/** "legs [ACCOUNT]": the book. */
export function listLegs(simulator: TradedBook, word: string | undefined): string {
  const rows = simulator.book.positions(accountOf(simulator, word)).map(({ instrument, quantity }) =>
    `  ${String(instrument.conId).padEnd(10)} ${instrument.secType.padEnd(4)} ${instrument.localSymbol.padEnd(22)} ${String(quantity).padStart(6)}`,
  );
  return rows.length === 0 ? 'no positions' : rows.join('\n');
}

/** "sums [ACCOUNT]": net Greeks that a reader must have, from what was sent. */
export function describeSums(simulator: TradedBook, word: string | undefined): string {
  const { delta, gamma, vega, theta, legs, priced } = simulator.expectedSums(accountOf(simulator, word));
  const text = (value: number): string => value.toFixed(4);
  return `delta ${text(delta)} · gamma ${text(gamma)} · vega ${text(vega)} · theta ${text(theta)} · ${priced} of ${legs} legs`;
}
