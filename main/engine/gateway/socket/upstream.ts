import type { Cause } from '../../state.ts';
import { assertNever } from '../../assert-never.ts';
import type { CodeMeaning } from './codes.ts';
import { describeCode } from './codes.ts';

/** What a code about the links behind the gateway changes. */
export type UpstreamChange =
  | { readonly kind: 'down'; readonly cause: Cause }
  | { readonly kind: 'up'; readonly dataLost: boolean }
  /** Known already (1100 comes again every few seconds). */
  | { readonly kind: 'repeated' }
  | { readonly kind: 'none' };

type LinkMeaning = Extract<CodeMeaning, { kind: 'upstream-lost' | 'upstream-restored' | 'farm-broken' | 'farm-well' }>;

/**
 * Remembers which links behind the gateway are broken: gateway to IBKR (1100, 2110), and market data farms by name
 * (2103). The way back is open when none is.
 */
export class Upstream {
  /** The code of the broken link to IBKR; undefined while it is well. */
  #link: number | undefined;
  readonly #farms = new Set<string>();

  get isDown(): boolean {
    return this.#link !== undefined || this.#farms.size > 0;
  }

  apply(code: number, meaning: LinkMeaning, text: string): UpstreamChange {
    switch (meaning.kind) {
      case 'upstream-lost':
        return this.#lose(code, text);
      case 'upstream-restored':
        // Whether 1100 was seen or not: lost data must be asked for again. Farms that are still broken say so again.
        this.#link = undefined;
        this.#farms.clear();
        return { kind: 'up', dataLost: meaning.dataLost };
      case 'farm-broken':
        return this.#breakFarm(code, text);
      case 'farm-well':
        return this.#healFarm(text);
      default:
        return assertNever(meaning);
    }
  }

  #lose(code: number, text: string): UpstreamChange {
    if (this.#link !== undefined) return { kind: 'repeated' };
    this.#link = code;
    return { kind: 'down', cause: causeOf(code, text) };
  }

  #breakFarm(code: number, text: string): UpstreamChange {
    const name = farmName(text);
    if (this.#farms.has(name)) return { kind: 'repeated' };
    const wasDown = this.isDown;
    this.#farms.add(name);
    if (wasDown) return { kind: 'repeated' };
    return { kind: 'down', cause: { code: `upstream-${code}`, text: `IBKR's ${name} is down (${code})` } };
  }

  #healFarm(text: string): UpstreamChange {
    const wasDown = this.isDown;
    // Without a name in either text every farm is meant.
    const name = farmName(text);
    for (const broken of this.#farms) if (broken === name || name === ANY_FARM || broken === ANY_FARM) this.#farms.delete(broken);
    // 2110 has no code of its own for the way back; a market data farm that answers proves it.
    if (this.#link === 2110) this.#link = undefined;
    return wasDown && !this.isDown ? { kind: 'up', dataLost: false } : { kind: 'none' };
  }
}

function causeOf(code: number, text: string): Cause {
  return { code: `upstream-${code}`, text: describeCode(code, text) };
}

const ANY_FARM = 'market data farm';

/** "market data farm usfarm" from "Market data farm connection is broken:usfarm". */
function farmName(text: string): string {
  const name = /:\s*(\S+)\s*$/.exec(text)?.[1];
  return name === undefined ? ANY_FARM : `${ANY_FARM} ${name}`;
}
