import type { Instrument } from './instruments.ts';
import type { Market } from './market.ts';

/** A position of one account; quantity 0 is a position closed today, which IBKR still reports. */
export interface Position {
  readonly account: string;
  readonly instrument: Instrument;
  readonly quantity: number;
  readonly averageCost: number;
}

/** The four Greeks of one leg as they were last sent to a client; a field that was never sent is absent. */
export interface SentGreeks {
  readonly delta?: number;
  readonly gamma?: number;
  readonly vega?: number;
  readonly theta?: number;
}

/** Net Greeks that an account's sums must have, given what was sent. */
export interface ExpectedSums {
  readonly delta: number;
  readonly gamma: number;
  readonly vega: number;
  readonly theta: number;
  /** Legs that count: STK, FUT, OPT, FOP with a quantity. */
  readonly legs: number;
  /** Those of them whose four Greeks are known. */
  readonly priced: number;
  /** conIds of the others. */
  readonly unpriced: readonly number[];
}

/** A market and the accounts' positions in it; the simulators of both protocols serve the same book. */
export class Book {
  readonly market: Market;
  readonly #accounts = new Map<string, Map<number, Position>>();
  readonly #listeners = new Set<(position: Position) => void>();

  constructor(market: Market, accounts: readonly string[]) {
    this.market = market;
    for (const account of accounts) this.#accounts.set(account, new Map());
  }

  accounts(): readonly string[] {
    return [...this.#accounts.keys()];
  }

  positions(account: string): readonly Position[] {
    return [...this.#of(account).values()];
  }

  position(account: string, conId: number): Position | undefined {
    return this.#of(account).get(conId);
  }

  /** Trades: the account now has `quantity` of a listed instrument. Listeners hear of it. */
  setPosition(account: string, conId: number, quantity: number, averageCost?: number): void {
    const instrument = this.market.instrument(conId);
    if (instrument === undefined) throw new Error(`no instrument ${conId} in the market`);
    const known = this.#of(account).get(conId);
    const cost = averageCost ?? known?.averageCost ?? this.market.quote(conId).last * (instrument.multiplier ?? 1);
    const position = { account, instrument, quantity, averageCost: quantity === 0 ? 0 : cost };
    this.#of(account).set(conId, position);
    for (const listener of this.#listeners) listener(position);
  }

  /** Trades an instrument that the market need not know yet. */
  addLeg(account: string, instrument: Instrument, quantity: number): void {
    this.market.add(instrument);
    this.setPosition(account, instrument.conId, quantity);
  }

  /** Closes a position; it stays in the account with quantity 0, as IBKR reports it until the day ends. */
  close(account: string, conId: number): void {
    this.setPosition(account, conId, 0);
  }

  /** Calls `listener` at every trade; returns how to stop. */
  onTrade(listener: (position: Position) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Adds up what an account's net Greeks must be, from what was sent, by design.md section 5 and by nothing of the engine:
   * OPT and FOP count Greek x quantity x multiplier, STK and FUT their quantity as delta, nothing else counts.
   */
  expectedSums(account: string, sent: ReadonlyMap<number, SentGreeks>): ExpectedSums {
    const sums = { delta: 0, gamma: 0, vega: 0, theta: 0, legs: 0, priced: 0, unpriced: [] as number[] };
    for (const { instrument, quantity } of this.positions(account)) {
      if (quantity === 0) continue;
      if (instrument.secType === 'STK' || instrument.secType === 'FUT') {
        sums.delta += quantity;
        sums.legs += 1;
        sums.priced += 1;
      } else if (instrument.secType === 'OPT' || instrument.secType === 'FOP') {
        sums.legs += 1;
        const { delta, gamma, vega, theta } = sent.get(instrument.conId) ?? {};
        if (delta === undefined || gamma === undefined || vega === undefined || theta === undefined || instrument.multiplier === undefined) {
          sums.unpriced.push(instrument.conId);
          continue;
        }
        const units = quantity * instrument.multiplier;
        sums.delta += delta * units;
        sums.gamma += gamma * units;
        sums.vega += vega * units;
        sums.theta += theta * units;
        sums.priced += 1;
      }
    }
    return sums;
  }

  #of(account: string): Map<number, Position> {
    const positions = this.#accounts.get(account);
    if (positions === undefined) throw new Error(`no account ${account} in the book`);
    return positions;
  }
}
