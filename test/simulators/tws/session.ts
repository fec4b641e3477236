import { assertNever } from '../../../main/engine/assert-never.ts';
import type { Clock } from '../../../main/engine/clock.ts';
import type { MarketData } from '../../../main/engine/state.ts';
import type { Book, Position } from '../book.ts';
import type { Computation } from '../market.ts';
import * as answers from './answers.ts';
import { errorText, readOnlyText } from './error-texts.ts';
import type { Faults, GreeksFault } from './faults.ts';
import { findInstruments } from './lookup.ts';
import { MarketDataFeed } from './market-data-feed.ts';
import type { Outgoing } from './outgoing.ts';
import type { Request } from './requests.ts';

/** What all clients of one Gateway share. */
export interface SessionHost {
  readonly book: Book;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly limits: { readonly messagesPerSecond: number; readonly marketDataLines: number };
  readonly marketData: Exclude<MarketData, 'unknown'>;
  /** Whether market data reaches the Gateway at all (not after 1100, 2110 or 2103). */
  dataFlows(): boolean;
  /** Whether the Gateway's own link to IBKR stands (not after 1100 or 2110). */
  upstreamStands(): boolean;
  linesInUse(): number;
  countTicks(count: number): void;
  recordModel(conId: number, model: Computation, fault: GreeksFault | undefined): void;
}

/** One client after its opening: answers its requests and sends it what it subscribed to. */
export class Session {
  readonly clientId: number;
  readonly serverVersion: number;
  readonly feed: MarketDataFeed;
  readonly #host: SessionHost;
  readonly #outgoing: Outgoing;
  #wantsPositions = false;
  #accountUpdates: string | undefined;
  readonly #pnl = new Map<number, string>();
  readonly #pnlSingle = new Map<number, { readonly account: string; readonly conId: number }>();

  constructor(host: SessionHost, outgoing: Outgoing, clientId: number, serverVersion: number) {
    this.#host = host;
    this.#outgoing = outgoing;
    this.clientId = clientId;
    this.serverVersion = serverVersion;
    this.feed = new MarketDataFeed(host, {
      serverVersion,
      send: (frame) => outgoing.send(frame),
      complain: (reqId, code, text) => outgoing.send(answers.error(serverVersion, reqId, code, text)),
    });
  }

  /** What a Gateway says first: accounts, the next order id, the state of its farms. */
  greet(): void {
    this.#outgoing.send(answers.managedAccounts(this.#host.book.accounts()));
    if (this.#host.faults.noNextValidId) return;
    this.#outgoing.send(answers.nextValidId(1));
    if (!this.#host.upstreamStands()) return this.notice(2110);
    this.notice(this.#host.dataFlows() ? 2104 : 2103, 'usfarm');
    this.notice(2104, 'usopt');
    this.notice(2106, 'ushmds');
    this.notice(2158, 'secdefil');
  }

  /** A message that belongs to no request. */
  notice(code: number, about = ''): void {
    this.error(-1, code, errorText(code, about));
  }

  error(reqId: number, code: number, text: string): void {
    this.#outgoing.send(answers.error(this.serverVersion, reqId, code, text));
  }

  answer(request: Request): void {
    switch (request.type) {
      case 'start-api': return;
      case 'market-data': return this.feed.request(request);
      case 'cancel-market-data': return this.feed.cancel(request.reqId);
      case 'market-data-type': this.feed.requestedType = request.marketDataType; return;
      case 'contract-details': return this.#answerContractDetails(request);
      case 'positions': return this.#answerPositions();
      case 'cancel-positions': this.#wantsPositions = false; return;
      case 'account-updates': return this.#answerAccountUpdates(request.subscribe, request.account);
      case 'pnl': this.#pnl.set(request.reqId, request.account); return this.#sendPnl();
      case 'cancel-pnl': this.#pnl.delete(request.reqId); return;
      case 'pnl-single': this.#pnlSingle.set(request.reqId, request); return this.#sendPnl();
      case 'cancel-pnl-single': this.#pnlSingle.delete(request.reqId); return;
      case 'current-time': return this.#outgoing.send(answers.currentTime(this.#host.clock.now()));
      case 'managed-accounts': return this.#outgoing.send(answers.managedAccounts(this.#host.book.accounts()));
      case 'next-id': return this.#outgoing.send(answers.nextValidId(1));
      case 'order': return this.error(request.reqId, 321, errorText(321, readOnlyText));
      case 'unknown': return;
      default: return assertNever(request);
    }
  }

  /** Tells of a trade, if the client wants to know. */
  traded(position: Position): void {
    if (this.#wantsPositions) this.#outgoing.send(answers.position(position));
    if (this.#accountUpdates === position.account) this.#sendPortfolioValue(position);
  }

  /** Sends what moved. */
  tick(): void {
    this.feed.tick();
    this.#sendPnl();
  }

  #answerPositions(): void {
    this.#wantsPositions = true;
    for (const account of this.#host.book.accounts()) {
      for (const position of this.#host.book.positions(account)) this.#outgoing.send(answers.position(position));
    }
    this.#outgoing.send(answers.positionEnd());
  }

  #answerAccountUpdates(subscribe: boolean, account: string): void {
    if (!subscribe) {
      this.#accountUpdates = undefined;
      return;
    }
    const { book, clock } = this.#host;
    const chosen = account === '' ? book.accounts()[0] : account;
    if (chosen === undefined || !book.accounts().includes(chosen)) return this.error(-1, 321, errorText(321, `Invalid account code '${account}'.`));
    // One account at a time: a second subscription ends the first (ibkr-facts.md 2.5).
    if (this.#accountUpdates !== undefined && this.#accountUpdates !== chosen) this.notice(2100);
    this.#accountUpdates = chosen;
    this.#outgoing.send(answers.accountValue(chosen, 'AccountCode', chosen, ''));
    this.#outgoing.send(answers.accountValue(chosen, 'AccountReady', String(this.#host.upstreamStands()), ''));
    this.#outgoing.send(answers.accountValue(chosen, 'NetLiquidation', '1000000.00', 'USD'));
    for (const position of book.positions(chosen)) this.#sendPortfolioValue(position);
    this.#outgoing.send(answers.accountTime(new Date(clock.now())));
    this.#outgoing.send(answers.accountEnd(chosen));
  }

  #sendPortfolioValue(position: Position): void {
    this.#outgoing.send(answers.portfolioValue(position, this.#host.book.market.quote(position.instrument.conId).last));
  }

  #answerContractDetails(request: Extract<Request, { type: 'contract-details' }>): void {
    const { contractDetails, contractDetailsDelayMs } = this.#host.faults;
    if (contractDetails === 'silent') return;
    const frames = this.#contractDetails(request);
    if (contractDetailsDelayMs > 0) return this.#outgoing.sendLater(frames, contractDetailsDelayMs);
    for (const frame of frames) this.#outgoing.send(frame);
  }

  #contractDetails({ contract, reqId }: Extract<Request, { type: 'contract-details' }>): readonly Buffer[] {
    const { faults, book } = this.#host;
    const found = findInstruments(book.market, contract).filter(
      (instrument) => contract.exchange === '' || instrument.exchanges.includes(contract.exchange),
    );
    if (faults.contractDetails === 'unknown' || found.length === 0) {
      return [answers.error(this.serverVersion, reqId, 200, errorText(200))];
    }
    const rows: Buffer[] = [];
    for (const instrument of found) {
      const exchanges = contract.exchange === '' ? instrument.exchanges : [contract.exchange];
      for (const exchange of exchanges.slice(0, faults.contractDetails === 'ambiguous' ? 2 : 1)) {
        if (instrument.secType === 'BOND') {
          rows.push(answers.bondDetails(this.serverVersion, reqId, instrument, exchange));
          continue;
        }
        const underlying = instrument.underlyingConId === undefined ? undefined : book.market.instrument(instrument.underlyingConId);
        rows.push(answers.contractDetails(this.serverVersion, reqId, instrument, exchange, underlying));
      }
    }
    return [...rows, answers.contractDetailsEnd(reqId)];
  }

  #sendPnl(): void {
    const { book } = this.#host;
    for (const [reqId, account] of this.#pnl) {
      if (!book.accounts().includes(account)) continue;
      const total = book.positions(account).reduce((sum, position) => sum + this.#unrealized(position), 0);
      this.#outgoing.send(answers.pnl(this.serverVersion, reqId, total));
    }
    for (const [reqId, { account, conId }] of this.#pnlSingle) {
      const position = book.accounts().includes(account) ? book.position(account, conId) : undefined;
      if (position === undefined) continue;
      const unrealized = this.#unrealized(position);
      const value = unrealized + position.averageCost * position.quantity;
      this.#outgoing.send(answers.pnlSingle(this.serverVersion, reqId, position.quantity, unrealized, value));
    }
  }

  #unrealized({ instrument, quantity, averageCost }: Position): number {
    const price = this.#host.book.market.quote(instrument.conId).last;
    return quantity * (price * (instrument.multiplier ?? 1) - averageCost);
  }
}
