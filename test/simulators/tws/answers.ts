import type { Position } from '../book.ts';
import type { Instrument } from '../instruments.ts';
import type { Computation } from '../market.ts';
import { encodeFrame } from './framing.ts';
import type { Field } from './framing.ts';

/** The server's first message: the version that both speak and the connection time. */
export function hello(serverVersion: number, now: Date): Buffer {
  return encodeFrame([serverVersion, `${compactDate(now)} ${now.toISOString().slice(11, 19)} UTC`]);
}

export function managedAccounts(accounts: readonly string[]): Buffer {
  return encodeFrame([15, 1, accounts.join(',')]);
}

export function nextValidId(orderId: number): Buffer {
  return encodeFrame([9, 1, orderId]);
}

/** An error, or with `reqId` -1 a notice. */
export function error(serverVersion: number, reqId: number, code: number, text: string): Buffer {
  return encodeFrame([4, 2, reqId, code, text, ...(serverVersion >= 166 ? [''] : [])]);
}

export function currentTime(now: number): Buffer {
  return encodeFrame([49, 1, Math.floor(now / 1000)]);
}

/** One position. Derivatives come without an exchange, stocks without a multiplier (ibkr-facts.md 2.5). */
export function position({ account, instrument, quantity, averageCost }: Position): Buffer {
  return encodeFrame([
    61, 3, account, instrument.conId, instrument.symbol, instrument.secType, instrument.expiry, instrument.strike ?? '0.0',
    instrument.right, instrument.multiplier, instrument.primaryExchange, instrument.currency, instrument.localSymbol,
    instrument.tradingClass, quantity, averageCost,
  ]);
}

export function positionEnd(): Buffer {
  return encodeFrame([62, 1]);
}

export function accountValue(account: string, key: string, value: string, currency: string): Buffer {
  return encodeFrame([6, 2, key, value, currency, account]);
}

export function portfolioValue({ account, instrument, quantity, averageCost }: Position, marketPrice: number): Buffer {
  const marketValue = marketPrice * quantity * (instrument.multiplier ?? 1);
  return encodeFrame([
    7, 8, instrument.conId, instrument.symbol, instrument.secType, instrument.expiry, instrument.strike ?? '0.0', instrument.right ?? '0',
    instrument.multiplier, instrument.primaryExchange, instrument.currency, instrument.localSymbol, instrument.tradingClass, quantity,
    marketPrice, marketValue, averageCost, marketValue - averageCost * quantity, '0.0', account,
  ]);
}

export function accountTime(now: Date): Buffer {
  return encodeFrame([8, 1, now.toISOString().slice(11, 16)]);
}

export function accountEnd(account: string): Buffer {
  return encodeFrame([54, 1, account]);
}

/** One row of contract details, for one exchange. */
export function contractDetails(serverVersion: number, reqId: number, instrument: Instrument, exchange: string, underlying: Instrument | undefined): Buffer {
  const at = (version: number, ...fields: readonly Field[]): readonly Field[] => (serverVersion >= version ? fields : []);
  const before = (version: number, ...fields: readonly Field[]): readonly Field[] => (serverVersion < version ? fields : []);
  return encodeFrame([
    10, ...before(164, 8), reqId, instrument.symbol, instrument.secType, instrument.expiry, ...at(182, instrument.expiry),
    instrument.strike ?? '0.0', instrument.right, exchange, instrument.currency, instrument.localSymbol, instrument.tradingClass,
    instrument.tradingClass, instrument.conId, instrument.minTick, ...(serverVersion >= 110 ? before(164, 1) : []), instrument.multiplier,
    'ACTIVETIM,AD,ADJUST,ALERT,LMT,MKT', instrument.exchanges.join(','), 1, underlying?.conId ?? 0, instrument.longName, instrument.primaryExchange,
    instrument.expiry?.slice(0, 6), '', '', '', 'US/Central', '20250102:0830-20250102:1500', '20250102:0830-20250102:1500', '', '', 0,
    ...at(121, 1), ...at(122, underlying?.symbol, underlying?.secType), ...at(126, '26'), ...at(134, instrument.expiry), ...at(152, instrument.secType === 'STK' ? 'COMMON' : ''),
    ...(serverVersion >= 163 ? before(164, '1') : []), ...at(164, '1', '1', '1'), ...at(186, 0),
  ]);
}

/** One row of contract details of a bond, which has a message of its own. */
export function bondDetails(serverVersion: number, reqId: number, bond: Instrument, exchange: string): Buffer {
  const at = (version: number, ...fields: readonly Field[]): readonly Field[] => (serverVersion >= version ? fields : []);
  const before = (version: number, ...fields: readonly Field[]): readonly Field[] => (serverVersion < version ? fields : []);
  return encodeFrame([
    18, ...before(164, 6), reqId, bond.symbol, bond.secType, '', '4.25', bond.expiry, '20241115', '', 'GOVT', 'FIXED', 0, 0, 0, '', exchange,
    bond.currency, bond.tradingClass, bond.tradingClass, bond.conId, bond.minTick, ...(serverVersion >= 110 ? before(164, 1) : []), 'LMT,MKT',
    bond.exchanges.join(','), '', '', 0, '', bond.longName, ...at(188, 'US/Eastern', '', ''), '', '', 0, ...at(121, 0), ...at(126, ''), ...at(164, '1', '1', '1'),
  ]);
}

export function contractDetailsEnd(reqId: number): Buffer {
  return encodeFrame([52, 1, reqId]);
}

export function marketDataType(reqId: number, type: number): Buffer {
  return encodeFrame([58, 1, reqId, type]);
}

export function tickRequestParameters(reqId: number, minTick: number): Buffer {
  return encodeFrame([81, reqId, minTick, '9c0001', 3]);
}

export function tickPrice(reqId: number, tickType: number, price: number): Buffer {
  return encodeFrame([1, 6, reqId, tickType, price, tickType === 9 || tickType === 75 ? 0 : 12, 0]);
}

export function snapshotEnd(reqId: number): Buffer {
  return encodeFrame([57, 1, reqId]);
}

/** What stands in the fields of a computation: the values, or what a fault puts in their place. */
export interface ComputationFields {
  readonly impliedVolatility: Field;
  readonly delta: Field;
  readonly price: Field;
  readonly dividend: Field;
  readonly gamma: Field;
  readonly vega: Field;
  readonly theta: Field;
  readonly underlyingPrice: Field;
}

export function computationFields(computation: Computation): ComputationFields {
  return { ...computation, dividend: '0.0' };
}

export function tickOptionComputation(serverVersion: number, reqId: number, tickType: number, fields: ComputationFields): Buffer {
  return encodeFrame([
    21, ...(serverVersion < 156 ? [6] : []), reqId, tickType, ...(serverVersion >= 156 ? [0] : []), fields.impliedVolatility, fields.delta,
    fields.price, fields.dividend, fields.gamma, fields.vega, fields.theta, fields.underlyingPrice,
  ]);
}

export function pnl(serverVersion: number, reqId: number, unrealized: number): Buffer {
  return encodeFrame([94, reqId, unrealized, ...(serverVersion >= 129 ? [unrealized] : []), ...(serverVersion >= 135 ? [0] : [])]);
}

export function pnlSingle(serverVersion: number, reqId: number, quantity: number, unrealized: number, value: number): Buffer {
  return encodeFrame([95, reqId, quantity, unrealized, ...(serverVersion >= 129 ? [unrealized] : []), ...(serverVersion >= 135 ? [0] : []), value]);
}

function compactDate(date: Date): string {
  return date.toISOString().slice(0, 10).replaceAll('-', '');
}
