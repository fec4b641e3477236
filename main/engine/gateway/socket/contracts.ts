import type { Contract } from '@stoqey/ib/dist/api/contract/contract.js';
import type { Leg, LegKind } from '../../greeks/leg.ts';

/** What only the contract details tell about an instrument; remembered between sessions by conId. */
export interface ContractFacts {
  /** Where market data is asked for: "CME", "SMART". */
  readonly exchange: string;
  readonly multiplier: number | undefined;
}

/** Qualified contracts by conId; belongs to the gateway object, so that a reconnect asks for nothing twice. */
export type ContractMemory = Map<number, ContractFacts>;

/**
 * Reads a position record as a leg. Every field is checked; an unreadable position becomes NaN, which no sum takes.
 *
 * @param known what an earlier qualification told; fills what the record leaves out.
 */
export function readLeg(contract: Contract, position: number | undefined, known: ContractFacts | undefined): Leg {
  const secType = String(contract.secType ?? '');
  const kind = kindOf(secType);
  return {
    conId: contract.conId ?? NaN,
    kind,
    secType,
    symbol: contract.symbol ?? '',
    localSymbol: (contract.localSymbol ?? '').trim() || (contract.tradingClass ?? ''),
    expiry: kind === 'STK' ? undefined : readExpiry(contract.lastTradeDateOrContractMonth),
    strike: kind === 'OPT' || kind === 'FOP' ? readStrike(contract.strike) : undefined,
    right: contract.right === undefined ? undefined : (contract.right as 'C' | 'P'),
    multiplier: readMultiplier(kind, contract.multiplier) ?? known?.multiplier,
    currency: contract.currency ?? '',
    position: position === undefined || !Number.isFinite(position) ? NaN : position,
  };
}

/** A multiplier is a positive number; a stock without one has 1, everything else without one is unknown (ibkr-facts.md 2.5). */
export function readMultiplier(kind: LegKind, multiplier: number | undefined): number | undefined {
  if (multiplier !== undefined && Number.isFinite(multiplier) && multiplier > 0) return multiplier;
  return kind === 'STK' ? 1 : undefined;
}

/** The exchange for which no contract details are needed; undefined where SMART does not route (ibkr-facts.md 2.5). */
export function smartExchange(kind: LegKind): string | undefined {
  return kind === 'OPT' || kind === 'STK' ? 'SMART' : undefined;
}

/**
 * The exchange of a row of contract details; undefined for a row that is only a routing algorithm of the same contract
 * ("QBALGO" beside "CME").
 */
export function exchangeOf(kind: LegKind, details: { readonly contract: Contract; readonly validExchanges?: string }): string | undefined {
  const valid = (details.validExchanges ?? '').split(',').map((name) => name.trim()).filter((name) => name !== '');
  if (smartExchange(kind) !== undefined && valid.includes('SMART')) return 'SMART';
  const own = details.contract.exchange ?? '';
  const exchange = own === '' ? valid[0] : own;
  return exchange === undefined || exchange.endsWith('ALGO') ? undefined : exchange;
}

/** The contract to ask market data for: as IBKR wrote it in the position record, with an exchange that answers. */
export function requestContract(contract: Contract, exchange: string): Contract {
  const { conId, symbol, secType, lastTradeDateOrContractMonth, strike, right, multiplier, currency, localSymbol, tradingClass } = contract;
  const isOption = secType === 'OPT' || secType === 'FOP';
  const asked = {
    conId, symbol, secType, lastTradeDateOrContractMonth, right, exchange, currency, localSymbol, tradingClass,
    // A zero that stands for "none" in the record would be a condition in the request.
    strike: isOption ? strike : undefined,
    multiplier: multiplier !== undefined && multiplier > 0 ? multiplier : undefined,
  };
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as Contract;
}

/** Whether two readings of a position are the same leg in everything. */
export function sameLeg(one: Leg, other: Leg): boolean {
  return sameContract(one, other) && Object.is(one.position, other.position);
}

/** Whether two legs differ in the position at most. */
export function sameContract(one: Leg, other: Leg): boolean {
  return (Object.keys(one) as (keyof Leg)[]).every((field) => field === 'position' || Object.is(one[field], other[field]));
}

/** Order of the legs for people and for comparisons: symbol, kind, expiry, strike, right, conId. */
export function compareLegs(one: Leg, other: Leg): number {
  return compare(one.symbol, other.symbol) || compare(one.kind, other.kind) || compare(one.expiry ?? '', other.expiry ?? '')
    || (one.strike ?? 0) - (other.strike ?? 0) || compare(one.right ?? '', other.right ?? '') || one.conId - other.conId;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function kindOf(secType: string): LegKind {
  return secType === 'OPT' || secType === 'FOP' || secType === 'STK' || secType === 'FUT' ? secType : 'other';
}

/** "20270115", also from "20270115 08:30:00 US/Central"; a bare month "202701" stays as it is. */
function readExpiry(text: string | undefined): string | undefined {
  return /^\d{6,8}/.exec(text ?? '')?.[0];
}

function readStrike(strike: number | undefined): number | undefined {
  return strike !== undefined && Number.isFinite(strike) ? strike : undefined;
}
