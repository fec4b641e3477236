import type { Contract } from '@stoqey/ib/dist/api/contract/contract.js';
import type { Leg } from '../../greeks/leg.ts';
import { compareLegs, sameContract, sameLeg } from '../leg-record.ts';
import { readLeg } from './contracts.ts';
import type { ContractFacts, ContractMemory } from './contracts.ts';

/** What one position record changed. `contract` is the record's, for requests. */
export type PositionChange =
  | { readonly kind: 'added'; readonly leg: Leg; readonly contract: Contract }
  /** `contractChanged`: more than the number of contracts is different. */
  | { readonly kind: 'changed'; readonly leg: Leg; readonly contract: Contract; readonly contractChanged: boolean }
  | { readonly kind: 'removed'; readonly leg: Leg };

interface Entry {
  readonly leg: Leg;
  readonly contract: Contract;
}

/** The positions of one account as the gateway tells them: a snapshot, then one record with each change. */
export class PositionBook {
  readonly #memory: ContractMemory;
  readonly #entries = new Map<number, Entry>();
  /** conIds that the snapshot in progress has named; undefined between snapshots. */
  #named: Set<number> | undefined;
  #sorted: readonly Leg[] | undefined;

  constructor(memory: ContractMemory) {
    this.#memory = memory;
  }

  /** A snapshot begins; what it does not name is gone when it ends. */
  beginSnapshot(): void {
    this.#named = new Set();
  }

  /** Takes one record; undefined when it changes nothing. A position of 0 is no leg. */
  apply(contract: Contract, position: number | undefined): PositionChange | undefined {
    const leg = readLeg(contract, position, this.#memory.get(contract.conId ?? NaN));
    this.#named?.add(leg.conId);
    const before = this.#entries.get(leg.conId);
    if (leg.position === 0) return before === undefined ? undefined : this.#remove(before);
    if (before !== undefined && sameLeg(before.leg, leg)) return undefined;
    this.#set({ leg, contract });
    if (before === undefined) return { kind: 'added', leg, contract };
    return { kind: 'changed', leg, contract, contractChanged: !sameContract(before.leg, leg) };
  }

  /** The snapshot is complete: the legs that it did not name were closed while nobody listened. */
  endSnapshot(): PositionChange[] {
    const named = this.#named;
    this.#named = undefined;
    if (named === undefined) return [];
    return [...this.#entries.values()].filter(({ leg }) => !named.has(leg.conId)).map((entry) => this.#remove(entry));
  }

  /** Completes a leg by what its contract details told; undefined when that changes nothing. */
  complete(conId: number, facts: ContractFacts): PositionChange | undefined {
    const entry = this.#entries.get(conId);
    if (entry === undefined) return undefined;
    const leg = readLeg(entry.contract, entry.leg.position, facts);
    if (sameLeg(leg, entry.leg)) return undefined;
    this.#set({ leg, contract: entry.contract });
    return { kind: 'changed', leg, contract: entry.contract, contractChanged: false };
  }

  /** All legs in a stable order; the same array as long as nothing changes. */
  legs(): readonly Leg[] {
    this.#sorted ??= [...this.#entries.values()].map(({ leg }) => leg).sort(compareLegs);
    return this.#sorted;
  }

  /** The legs with the contracts of their records, in the order of {@link legs}. */
  entries(): readonly Entry[] {
    return [...this.#entries.values()].sort((one, other) => compareLegs(one.leg, other.leg));
  }

  #set(entry: Entry): void {
    this.#entries.set(entry.leg.conId, entry);
    this.#sorted = undefined;
  }

  #remove({ leg }: Entry): PositionChange {
    this.#entries.delete(leg.conId);
    this.#sorted = undefined;
    return { kind: 'removed', leg };
  }
}
