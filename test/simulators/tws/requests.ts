/** A contract as a client describes it; an empty field is undefined. */
export interface RequestedContract {
  readonly conId: number;
  readonly symbol: string;
  readonly secType: string;
  readonly expiry: string;
  readonly strike: number;
  readonly right: string;
  readonly multiplier: string;
  readonly exchange: string;
  readonly primaryExchange: string;
  readonly currency: string;
  readonly localSymbol: string;
  readonly tradingClass: string;
}

/** What a client asks, parsed; message numbers as in IBKR's own client. */
export type Request =
  | { readonly type: 'start-api'; readonly clientId: number }
  | {
      readonly type: 'market-data';
      readonly reqId: number;
      readonly contract: RequestedContract;
      readonly genericTickList: string;
      readonly snapshot: boolean;
    }
  | { readonly type: 'cancel-market-data'; readonly reqId: number }
  | { readonly type: 'market-data-type'; readonly marketDataType: number }
  | { readonly type: 'contract-details'; readonly reqId: number; readonly contract: RequestedContract }
  | { readonly type: 'positions' }
  | { readonly type: 'cancel-positions' }
  | { readonly type: 'account-updates'; readonly subscribe: boolean; readonly account: string }
  | { readonly type: 'pnl'; readonly reqId: number; readonly account: string }
  | { readonly type: 'cancel-pnl'; readonly reqId: number }
  | { readonly type: 'pnl-single'; readonly reqId: number; readonly account: string; readonly conId: number }
  | { readonly type: 'cancel-pnl-single'; readonly reqId: number }
  | { readonly type: 'current-time' }
  | { readonly type: 'managed-accounts' }
  | { readonly type: 'next-id' }
  /** Anything that places, changes, cancels or asks for orders: a read-only bridge must never send it. */
  | { readonly type: 'order'; readonly name: string; readonly reqId: number }
  | { readonly type: 'unknown'; readonly messageId: number };

const ORDER_MESSAGES: ReadonlyMap<number, string> = new Map([
  [3, 'placeOrder'], [4, 'cancelOrder'], [5, 'reqOpenOrders'], [15, 'reqAutoOpenOrders'], [16, 'reqAllOpenOrders'],
  [21, 'exerciseOptions'], [58, 'reqGlobalCancel'], [99, 'reqCompletedOrders'],
]);

/** Reads a message's fields one after the other; a field past the end is empty. */
class Fields {
  readonly #fields: readonly string[];
  #next = 0;

  constructor(fields: readonly string[]) {
    this.#fields = fields;
  }

  text(): string {
    return this.#fields[this.#next++] ?? '';
  }

  number(): number {
    return Number(this.text());
  }

  flag(): boolean {
    return this.number() !== 0;
  }

  skip(count: number): void {
    this.#next += count;
  }
}

/** Parses one message of a client that agreed on `serverVersion`. */
export function parseRequest(message: readonly string[], serverVersion: number): Request {
  const fields = new Fields(message);
  const messageId = fields.number();
  const order = ORDER_MESSAGES.get(messageId);
  if (order !== undefined) return { type: 'order', name: order, reqId: orderRequestId(messageId, fields, serverVersion) };
  switch (messageId) {
    case 1: return parseMarketData(fields, serverVersion);
    case 2: return { type: 'cancel-market-data', reqId: afterVersion(fields).number() };
    case 6: return parseAccountUpdates(afterVersion(fields));
    case 8: return { type: 'next-id' };
    case 9: return parseContractDetails(afterVersion(fields), serverVersion);
    case 17: return { type: 'managed-accounts' };
    case 49: return { type: 'current-time' };
    case 59: return { type: 'market-data-type', marketDataType: afterVersion(fields).number() };
    case 61: return { type: 'positions' };
    case 64: return { type: 'cancel-positions' };
    case 71: return { type: 'start-api', clientId: afterVersion(fields).number() };
    case 92: return { type: 'pnl', reqId: fields.number(), account: fields.text() };
    case 93: return { type: 'cancel-pnl', reqId: fields.number() };
    case 94: return parsePnlSingle(fields);
    case 95: return { type: 'cancel-pnl-single', reqId: fields.number() };
    default: return { type: 'unknown', messageId };
  }
}

function afterVersion(fields: Fields): Fields {
  fields.skip(1);
  return fields;
}

/** Orders carry their own id, requests for orders none. placeOrder lost its version field with server version 145. */
function orderRequestId(messageId: number, fields: Fields, serverVersion: number): number {
  if (messageId === 3) return (serverVersion < 145 ? afterVersion(fields) : fields).number();
  if (messageId === 4) return (serverVersion < 192 ? afterVersion(fields) : fields).number();
  if (messageId === 21) return afterVersion(fields).number();
  return -1;
}

function parseMarketData(fields: Fields, serverVersion: number): Request {
  fields.skip(1);
  const reqId = fields.number();
  const contract: RequestedContract = {
    conId: fields.number(), symbol: fields.text(), secType: fields.text(), expiry: fields.text(), strike: fields.number(),
    right: fields.text(), multiplier: fields.text(), exchange: fields.text(), primaryExchange: fields.text(),
    currency: fields.text(), localSymbol: fields.text(), tradingClass: fields.text(),
  };
  if (contract.secType.toUpperCase() === 'BAG') fields.skip(4 * fields.number());
  if (fields.flag()) fields.skip(3);
  const genericTickList = fields.text();
  const snapshot = fields.flag();
  if (serverVersion >= 114) fields.skip(1);
  return { type: 'market-data', reqId, contract, genericTickList, snapshot };
}

function parseContractDetails(fields: Fields, serverVersion: number): Request {
  const reqId = fields.number();
  const contract: RequestedContract = {
    conId: fields.number(), symbol: fields.text(), secType: fields.text(), expiry: fields.text(), strike: fields.number(),
    right: fields.text(), multiplier: fields.text(), exchange: fields.text(),
    primaryExchange: serverVersion >= 75 ? fields.text() : '', currency: fields.text(), localSymbol: fields.text(), tradingClass: fields.text(),
  };
  return { type: 'contract-details', reqId, contract };
}

function parseAccountUpdates(fields: Fields): Request {
  return { type: 'account-updates', subscribe: fields.flag(), account: fields.text() };
}

function parsePnlSingle(fields: Fields): Request {
  const reqId = fields.number();
  const account = fields.text();
  fields.skip(1);
  return { type: 'pnl-single', reqId, account, conId: fields.number() };
}
