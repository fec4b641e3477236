import type { Instrument } from '../instruments.ts';
import type { Market } from '../market.ts';
import type { RequestedContract } from './requests.ts';

/**
 * The instruments that a client's contract describes: the one with its conId if the other fields do not contradict it, else
 * all that match. The exchange is not looked at.
 */
export function findInstruments(market: Market, contract: RequestedContract): readonly Instrument[] {
  const candidates = contract.conId === 0 ? market.instruments() : [market.instrument(contract.conId)];
  return candidates.filter((instrument) => instrument !== undefined).filter((instrument) => agrees(instrument, contract));
}

/** Empty fields, and a strike or multiplier of 0, leave the field open. */
function agrees(instrument: Instrument, contract: RequestedContract): boolean {
  const same = (asked: string, real: string | undefined): boolean => asked === '' || asked === real;
  return (
    same(contract.symbol, instrument.symbol) &&
    same(contract.secType, instrument.secType) &&
    (contract.expiry === '' || instrument.expiry?.startsWith(contract.expiry) === true) &&
    (contract.strike === 0 || contract.strike === instrument.strike) &&
    (contract.right === '' || contract.right === '0' || contract.right.charAt(0) === instrument.right) &&
    (contract.multiplier === '' || Number(contract.multiplier) === (instrument.multiplier ?? 0)) &&
    same(contract.currency, instrument.currency) &&
    same(contract.localSymbol, instrument.localSymbol) &&
    same(contract.tradingClass, instrument.tradingClass)
  );
}
