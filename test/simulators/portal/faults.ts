import type { Ms } from '../../../main/engine/clock.ts';

/** What a spoilt answer looks like. */
export type SpoiltAnswer =
  /** The first half of the JSON, with status 200. */
  | 'half'
  /** `{"error":"..."}` with status 200. */
  | 'error-in-200'
  /** The connection ends inside the answer. */
  | 'cut'
  /** A web page with status 200. */
  | 'html';

export const spoiltAnswers: readonly SpoiltAnswer[] = ['half', 'error-in-200', 'cut', 'html'];

/** Misbehaviour that lasts while it is switched on; every field may be set at any time. */
export class Faults {
  /** Requests are taken, nothing is ever answered. */
  silence = false;
  /** 503 for everything under /iserver, as during maintenance. */
  maintenance = false;
  /** 429 for everything, as in the penalty box. */
  rateLimited = false;
  /** `/tickle` answers 200 with `{"error":"no session"}` where nobody is logged in, instead of 401. */
  noSessionIn200 = false;
  /** ssodh/init is answered, and changes nothing. */
  reopenFails = false;
  /** The brokerage session says that it is logged in and not yet established. */
  notEstablished = false;
  /** The status says that the brokerage session has ended, while snapshots go on with the values of that moment. */
  silentlyExpired = false;
  /** Positions come without ticker, multiplier, strike and underlying, whatever the request says. */
  sparsePositions = false;
  /** `/trsrv/secdef` refuses. */
  noDefinitions = false;
  /** So many position readings in a row are empty after the kept ones were forgotten. */
  emptyReadings = 0;
  /** So many requests on connections that served one before find them closed: the gateway gave them up at that moment. */
  staleConnections = 0;
  /** Positions of every account stand in the answer, whichever was asked for. */
  mixedAccounts = false;
  /** Every answer leaves so much later. */
  answerDelayMs: Ms = 0;
  /** How answers to paths that begin like this are spoilt. */
  readonly spoilt = new Map<string, SpoiltAnswer>();
  /** Fields that the snapshots of a conid leave out. */
  readonly missingFields = new Map<number, ReadonlySet<string>>();
  /** Fields of a conid with another text. */
  readonly changedFields = new Map<number, Readonly<Record<string, unknown>>>();
  /** A snapshot that names one of these is refused as a whole. */
  readonly refusedConIds = new Set<number>();

  /** Behaves again. */
  clear(): void {
    Object.assign(this, {
      silence: false, maintenance: false, rateLimited: false, noSessionIn200: false, reopenFails: false, notEstablished: false,
      silentlyExpired: false, sparsePositions: false, noDefinitions: false, emptyReadings: 0, staleConnections: 0, mixedAccounts: false, answerDelayMs: 0,
    });
    this.spoilt.clear();
    this.missingFields.clear();
    this.changedFields.clear();
    this.refusedConIds.clear();
  }
}
