import type { Leg, LegKind } from '../../greeks/leg.ts';
import { compareLegs, kindOf, readMultiplier, sameLeg } from '../leg-record.ts';
import type { PositionRecord, SecurityDefinition } from './schemas.ts';

/** Definitions by conid; belongs to the gateway object, so that a reconnect asks for nothing twice. */
export type DefinitionMemory = Map<number, SecurityDefinition>;

/** A leg and the instrument whose price is its underlying price; undefined where no one told. */
export interface Holding {
  readonly leg: Leg;
  readonly underlyingConId: number | undefined;
}

/** Whether a record leaves out what the sums or the legs table need, and the instrument's definition must be asked for. */
export function needsDefinition(record: PositionRecord): boolean {
  const kind = kindOf(record.assetClass ?? record.secType ?? '');
  if (record.position === 0 || kind === 'STK' || kind === 'other') return false;
  if (readMultiplier(kind, record.multiplier) === undefined || record.ticker === undefined) return true;
  if (record.expiry === undefined && record.lastTradingDay === undefined) return true;
  return kind !== 'FUT' && (!record.strike || readRight(record.putOrCall) === undefined || !record.undConid);
}

/**
 * The holdings of one complete reading; positions of 0 are none.
 *
 * Several records of one instrument (model portfolios) are of unknown meaning: parts, or a part and the whole. Their
 * position becomes NaN, which no sum takes and which coverage names, rather than a number that may be wrong.
 */
export function readHoldings(records: readonly PositionRecord[], definitions: DefinitionMemory): readonly Holding[] {
  const byConId = new Map<number, PositionRecord>();
  const repeated = new Set<number>();
  for (const record of records) {
    const before = byConId.get(record.conid);
    // Twice with the same model is a page that shifted while it was read: the later one counts.
    if (before !== undefined && before.model !== record.model) repeated.add(record.conid);
    byConId.set(record.conid, record);
  }
  return [...byConId.values()]
    .map((record) => readHolding(record, definitions.get(record.conid), repeated.has(record.conid)))
    .filter(({ leg }) => leg.position !== 0)
    .sort((one, other) => compareLegs(one.leg, other.leg));
}

function readHolding(record: PositionRecord, definition: SecurityDefinition | undefined, isRepeated: boolean): Holding {
  const secType = record.assetClass ?? record.secType ?? definition?.assetClass ?? '';
  const kind = kindOf(secType);
  const isOption = kind === 'OPT' || kind === 'FOP';
  const description = record.contractDesc ?? record.description ?? '';
  const leg: Leg = {
    conId: record.conid,
    kind,
    secType,
    symbol: record.ticker ?? record.undSym ?? definition?.ticker ?? description.split(/\s/)[0] ?? '',
    localSymbol: readLocalSymbol(description === '' ? (definition?.fullName ?? '') : description),
    expiry: readExpiry(kind, record) ?? (definition === undefined ? undefined : readExpiry(kind, definition)),
    // A strike of 0 stands for none.
    strike: isOption ? record.strike || definition?.strike || undefined : undefined,
    right: isOption ? (readRight(record.putOrCall) ?? readRight(definition?.putOrCall)) : undefined,
    multiplier: readMultiplier(kind, record.multiplier) ?? readMultiplier(kind, definition?.multiplier),
    currency: record.currency ?? definition?.currency ?? '',
    position: isRepeated ? NaN : (record.position ?? NaN),
  };
  return { leg, underlyingConId: isOption ? record.undConid || definition?.undConid || undefined : undefined };
}

/** "SPXW  270115C06100000" from "SPX JAN2027 6100 C [SPXW  270115C06100000 100]"; a description without brackets as it is. */
function readLocalSymbol(description: string): string {
  return /\[(.+?)(?: [\d.]+)?\]$/.exec(description)?.[1] ?? description;
}

function readExpiry(kind: LegKind, { lastTradingDay, expiry }: { readonly lastTradingDay?: string | undefined; readonly expiry?: string | undefined }): string | undefined {
  if (kind === 'STK') return undefined;
  return [lastTradingDay, expiry].find((text) => text !== undefined && /^\d{8}$/.test(text));
}

function readRight(text: string | undefined): 'C' | 'P' | undefined {
  const letter = text?.charAt(0).toUpperCase();
  return letter === 'C' || letter === 'P' ? letter : undefined;
}

/** What one reading changed. */
export interface HoldingsChange {
  readonly changed: boolean;
  /** Legs vanished without a word: to be read again soon, and kept until then. */
  readonly mustConfirm: boolean;
}

/**
 * The legs that the session stands for.
 *
 * The gateway keeps positions and may answer with an empty or a partial list while it fetches them anew. A closed position
 * is reported with 0 until the day ends; one that is merely absent is believed gone when two readings in a row lack it.
 * A row that counts too little for a moment is what this guards against.
 */
export class Holdings {
  #holdings: readonly Holding[] = [];
  #legs: readonly Leg[] = [];
  #absent = new Set<number>();
  /** Before anything was read, an empty list must be confirmed as well. */
  #isKnown = false;

  /** In a stable order; the same array as long as nothing changes. */
  get legs(): readonly Leg[] {
    return this.#legs;
  }

  get holdings(): readonly Holding[] {
    return this.#holdings;
  }

  /** @param closed conids that the reading reports with a position of 0. */
  take(read: readonly Holding[], closed: ReadonlySet<number>): HoldingsChange {
    const present = new Set(read.map(({ leg }) => leg.conId));
    const missing = this.#holdings.filter(({ leg }) => !present.has(leg.conId) && !closed.has(leg.conId));
    const doubted = missing.filter(({ leg }) => !this.#absent.has(leg.conId));
    const doubtsEmptiness = !this.#isKnown && read.length === 0 && closed.size === 0;
    this.#isKnown = true;
    this.#absent = new Set(doubted.map(({ leg }) => leg.conId));
    const next = [...read, ...doubted].sort((one, other) => compareLegs(one.leg, other.leg));
    const changed = next.length !== this.#holdings.length || next.some(({ leg }, index) => !sameLeg(leg, this.#holdings[index]?.leg ?? leg) || leg.conId !== this.#holdings[index]?.leg.conId);
    this.#holdings = next;
    if (changed) this.#legs = next.map(({ leg }) => leg);
    return { changed, mustConfirm: doubted.length > 0 || doubtsEmptiness };
  }
}
