import type { Position } from '../book.ts';
import type { Instrument } from '../instruments.ts';
import type { Market } from '../market.ts';

/** The brokerage session's status as `/iserver/auth/status` gives it. */
export interface BrokerageStatus {
  readonly authenticated: boolean;
  readonly established: boolean;
  readonly competing: boolean;
  readonly connected: boolean;
}

export function statusRecord(status: BrokerageStatus) {
  return {
    ...status,
    message: '',
    MAC: '02:00:00:00:00:01',
    serverInfo: { serverName: 'Simulator01', serverVersion: 'Build 10.44.1d, Mar 3, 2026 1:55:32 PM' },
    hardware_info: 'simulator|02:00:00:00:00:01',
    fail: '',
  };
}

export function tickleRecord(status: BrokerageStatus) {
  const { fail: _, ...authStatus } = statusRecord(status);
  return { session: 'simulator', hmds: { error: 'no bridge' }, iserver: { authStatus } };
}

export function tradingAccountsRecord(accounts: readonly string[]) {
  return {
    accounts,
    acctProps: Object.fromEntries(accounts.map((account) => [account, {
      hasChildAccounts: false, supportsCashQty: true, liteUnderPro: false, noFXConv: false, isProp: false, supportsFractions: true, allowCustomerTime: false, autoFx: false,
    }])),
    aliases: Object.fromEntries(accounts.map((account) => [account, account])),
    allowFeatures: { showGFIS: true, allowFXConv: true, snapshotRefreshTimeout: 30, allowedAssetTypes: 'STK,CFD,OPT,FOP,WAR,FUT,BAG,CASH,IND,BOND,BILL,FUND' },
    chartPeriods: { STK: ['*'], OPT: ['2h', '1d'] },
    groups: [],
    profiles: [],
    selectedAccount: accounts[0] ?? '',
    serverInfo: { serverName: 'Simulator01', serverVersion: 'Build 10.44.1d, Mar 3, 2026 1:55:32 PM' },
    sessionId: 'simulator-1',
    isFT: false,
    isPaper: true,
  };
}

export function accountRecord(account: string) {
  return {
    id: account, 'PrepaidCrypto-Z': false, 'PrepaidCrypto-P': false, brokerageAccess: true, accountId: account, accountVan: account,
    accountTitle: 'Simulated Trader', displayName: account, accountAlias: null, accountStatus: 1_769_922_000_000, currency: 'USD', type: 'DEMO',
    tradingType: 'STKNOPT', businessType: 'INDEPENDENT', category: '', ibEntity: 'IBLLC-US', faclient: false, clearingStatus: 'O', covestor: false,
    noClientTrading: false, trackVirtualFXPortfolio: false, acctCustType: 'INDIVIDUAL',
    parent: { mmc: [], accountId: '', isMParent: false, isMChild: false, isMultiplex: false },
    desc: account,
  };
}

/** A position as a cold reading gives it: multiplier null, strike a number, nothing about the underlying (ibkr-facts.md 1.5). */
export function sparsePosition({ account, instrument, quantity, averageCost }: Position, market: Market) {
  const { last } = market.quote(instrument.conId);
  const units = quantity * (instrument.multiplier ?? 1);
  const averagePrice = averageCost / (instrument.multiplier ?? 1);
  return {
    acctId: account, conid: instrument.conId, contractDesc: description(instrument), position: quantity, mktPrice: last, mktValue: last * units,
    currency: instrument.currency, avgCost: averageCost, avgPrice: averagePrice, realizedPnl: 0, unrealizedPnl: (last - averagePrice) * units,
    exchs: null, expiry: null as string | null, putOrCall: null as string | null, multiplier: null as number | null, strike: 0 as number | string,
    exerciseStyle: null, conExchMap: [], assetClass: instrument.secType, undConid: 0, model: '',
  };
}

/** A position as `waitForSecDef=true` gives it: strike a text, multiplier 0 for a stock, 100 to a page. */
export function enrichedPosition(position: Position, market: Market, pageSize: number) {
  const { instrument } = position;
  return {
    ...sparsePosition(position, market),
    ...definitionFields(instrument),
    // A stock's multiplier is 0 here and null in the sparse shape.
    multiplier: instrument.multiplier ?? 0,
    time: 1,
    chineseName: instrument.longName,
    allExchanges: instrument.exchanges.join(','),
    name: instrument.longName,
    lastTradingDay: instrument.expiry ?? null,
    group: null, sector: null, sectorGroup: null,
    ticker: instrument.symbol,
    type: instrument.secType === 'STK' ? 'COMMON' : '',
    hasOptions: instrument.secType === 'STK',
    fullName: description(instrument),
    isUS: true,
    pageSize,
  };
}

/** One record of `/trsrv/secdef`. */
export function definitionRecord(instrument: Instrument) {
  return {
    conid: instrument.conId, currency: instrument.currency, name: instrument.longName, assetClass: instrument.secType,
    ...definitionFields(instrument),
    lastTradingDay: instrument.expiry ?? null,
    group: null, sector: null, sectorGroup: null, ticker: instrument.symbol, multiplier: instrument.multiplier ?? 0,
    type: instrument.secType === 'STK' ? 'COMMON' : '', hasOptions: instrument.secType === 'STK', fullName: description(instrument),
    isUS: true, isEventContract: false, listingExchange: instrument.primaryExchange || (instrument.exchanges[0] ?? ''), countryCode: 'US',
  };
}

/** What `/iserver/secdef/search` finds for a symbol. */
export function searchRecords(symbol: string, market: Market) {
  const listed = market.instruments().filter((instrument) => instrument.symbol === symbol);
  const [own] = listed.filter(({ secType }) => secType === 'STK' || secType === 'IND' || secType === 'FUT');
  if (own === undefined) return [];
  const kinds = [...new Set(listed.map(({ secType }) => secType))];
  return [{
    conid: String(own.conId), companyHeader: `${own.longName} - ${own.primaryExchange}`, companyName: own.longName, symbol, description: own.primaryExchange, restricted: null,
    sections: kinds.map((secType) => (secType === 'STK' ? { secType } : { secType, exchange: own.exchanges.join(';') })),
  }];
}

function definitionFields(instrument: Instrument) {
  return {
    expiry: instrument.expiry ?? null,
    putOrCall: instrument.right ?? null,
    strike: String(instrument.strike ?? 0),
    undConid: instrument.underlyingConId ?? 0,
  };
}

/** "SPX    18MAR2026 5850 P [SPXW  260318P05850000 100]". */
function description(instrument: Instrument): string {
  if (instrument.secType === 'STK') return instrument.symbol;
  const terms = [instrument.symbol.padEnd(6), instrument.expiry, instrument.strike, instrument.right].filter((part) => part !== undefined).join(' ');
  return `${terms} [${instrument.localSymbol}${instrument.multiplier === undefined ? '' : ` ${instrument.multiplier}`}]`;
}
