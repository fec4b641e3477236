/** What IBKR writes with each code (ibkr-facts.md 2.3 and 2.6); `about` names the instrument, farm or number where one belongs. */
export function errorText(code: number, about = ''): string {
  switch (code) {
    case 100: return `Max rate of messages per second has been exceeded:${about}`;
    case 101: return 'Max number of tickers has been reached';
    case 200: return about === 'ambiguous'
      ? 'The contract description specified for the request is ambiguous'
      : 'No security definition has been found for the request';
    case 300: return `Can't find EId with tickerId:${about}`;
    case 321: return `Error validating request.-'bW' : cause - ${about}`;
    case 322: return `Error processing request.-'bW' : cause - ${about}`;
    case 326: return 'Unable to connect as the client id is already in use. Retry with a unique client id.';
    case 354: return `Requested market data is not subscribed.Check API status by selecting the Account menu then under Management choose Market Data Subscription Manager and/or availability of delayed data.${about}/TOP/ALL`;
    case 1100: return 'Connectivity between IBKR and Trader Workstation has been lost.';
    case 1101: return 'Connectivity between IBKR and Trader Workstation has been restored- data lost.';
    case 1102: return 'Connectivity between IBKR and Trader Workstation has been restored- data maintained. All data farms are connected: usfarm; ushmds; secdefil.';
    case 1300: return `Socket port has been reset and this connection is being dropped. Please reconnect on the new port - ${about}`;
    case 2100: return 'New account data requested from TWS. API client has been unsubscribed from account data.';
    case 2103: return `Market data farm connection is broken:${about}`;
    case 2104: return `Market data farm connection is OK:${about}`;
    case 2105: return `HMDS data farm connection is broken:${about}`;
    case 2106: return `HMDS data farm connection is OK:${about}`;
    case 2108: return `Market data farm connection is inactive but should be available upon demand.${about}`;
    case 2110: return 'Connectivity between Trader Workstation and server is broken. It will be restored automatically.';
    case 2119: return `Market data farm is connecting:${about}`;
    case 2157: return `Sec-def data farm connection is broken:${about}`;
    case 2158: return `Sec-def data farm connection is OK:${about}`;
    case 10089: return `Requested market data requires additional subscription for API. See link in 'Market Data Connections' dialog for more details.Delayed market data is available.${about}/TOP/ALL`;
    case 10090: return `Part of requested market data is not subscribed. Subscription-independent ticks are still active.Delayed market data is available.${about}/TOP/ALL`;
    case 10091: return `Part of requested market data requires additional subscription for API. See link in 'Market Data Connections' dialog for more details.Delayed market data is available.${about}/TOP/ALL`;
    case 10167: return 'Requested market data is not subscribed. Displaying delayed market data.';
    case 10168: return 'Requested market data is not subscribed. Delayed market data is not enabled.';
    case 10186: return 'Requested market data is not subscribed. Delayed market data is not enabled.';
    case 10197: return 'No market data during competing live session';
    default: return `Error ${code}${about === '' ? '' : `: ${about}`}`;
  }
}

/** Codes that announce delayed data instead of ending the request (ibkr-facts.md 2.3). */
export const advisoryCodes: ReadonlySet<number> = new Set([10089, 10090, 10091, 10167]);

export const readOnlyText = 'The API interface is currently in Read-Only mode.';

const OPTION_TICKS =
  '100(Option Volume),101(Option Open Interest),105(Average Opt Volume),106(impvolat),165(Misc. Stats),221/220(Creditman, Mark Price),225(Auction),232/221(Pl Price ),233(RTVolume),236(inventory),258/47(Fundamentals),292(Wide_news),293(TradeCount),294(TradeRate),295(VolumeRate),318(LastRTHTrade),375(RTTrdVolume),411(rthistvol),456/59(IBDividends),460(Bond Factor Multiplier),577(EtfNavLast(priceless)),586(IPOHLRPRC),587(Pl Price Delayed),588(Futures Open Interest)';

const LEGAL_TICKS: ReadonlySet<number> = new Set(
  [100, 101, 104, 105, 106, 165, 220, 221, 225, 232, 233, 236, 258, 47, 292, 293, 294, 295, 318, 375, 411, 456, 59, 460, 577, 586, 587, 588],
);

/** The reason with which IBKR refuses a generic tick list, undefined for a legal one (the empty list above all). */
export function genericTickComplaint(list: string, secType: string): string | undefined {
  if (list === '') return undefined;
  const illegal = list.split(',').filter((tick) => !LEGAL_TICKS.has(Number.parseInt(tick, 10)));
  if (illegal.length === 0) return undefined;
  return `Incorrect generic tick list of ${list}.  Legal ones for (${secType}) are: ${OPTION_TICKS}`;
}
