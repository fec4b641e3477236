import type { Contract } from '@stoqey/ib/dist/api/contract/contract.js';
import type { Leg, LegKind } from '../../greeks/leg.ts';
import { kindOf, readMultiplier } from '../leg-record.ts';

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

/** "20270115", also from "20270115 08:30:00 US/Central"; a bare month "202701" stays as it is. */
function readExpiry(text: string | undefined): string | undefined {
  return /^\d{6,8}/.exec(text ?? '')?.[0];
}

function readStrike(strike: number | undefined): number | undefined {
  return strike !== undefined && Number.isFinite(strike) ? strike : undefined;
}
