import { crc32 } from 'node:zlib';
import type { ApiMode, Severity } from '../state.ts';
import type { GreeksRow, LogRow } from './delivery.ts';

/**
 * What one outbox row holds. `moved` is the place of a row that was queued again under a new number (requeue):
 * it moves the watermark and inserts nothing.
 */
export type Entry =
  | { readonly kind: 'greeks'; readonly row: GreeksRow }
  | { readonly kind: 'log'; readonly row: LogRow }
  | { readonly kind: 'moved'; readonly timestamp: number };

/** An accepted row: `id` orders all rows of the file, `eseq` counts 1, 2, 3, ... without holes inside its epoch. */
export interface OutboxRow {
  readonly id: number;
  /** 16 random bytes of one process start, as 32 hexadecimal digits. */
  readonly epoch: string;
  readonly eseq: number;
  readonly entry: Entry;
}

export const KIND_NUMBER = { greeks: 0, log: 1, moved: 2 } as const;

/** First bytes of every record; the raw scan of a corrupt file looks for them. */
export const RECORD_START = '{"o":1,"e":"';
/** What precedes the checksum; inside a JSON string its quotes would be escaped, so it occurs once in a record. */
export const CHECKSUM_START = ',"z":"';
const TAIL_LENGTH = CHECKSUM_START.length + 8 + '"}'.length;

/** Keeps a record inside one SQLite page of 4,096 bytes, so that it can be salvaged in one piece (delivery.md 2.10). */
export const MAX_TEXT_BYTES = 3_500;
const CUT_MARK = '…';

export function entryTimestamp(entry: Entry): number {
  return entry.kind === 'moved' ? entry.timestamp : entry.row.timestamp;
}

/** Text as PostgreSQL can hold it: without NUL, well-formed Unicode, and at most 3,500 bytes in the record; a cut ends in "…". */
export function cleanText(text: string): string {
  const clean = text.replaceAll('\0', '').toWellFormed();
  if (encodedBytes(clean) <= MAX_TEXT_BYTES) return clean;
  let bytes = Buffer.byteLength(CUT_MARK);
  let end = 0;
  for (const character of clean) {
    bytes += encodedBytes(character);
    if (bytes > MAX_TEXT_BYTES) break;
    end += character.length;
  }
  return clean.slice(0, end) + CUT_MARK;
}

function encodedBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

/**
 * The row as it will be stored: texts cleaned, timestamp in whole milliseconds.
 *
 * Throws a RangeError for a timestamp that is no instant: in the drainer it would stop every row behind it.
 * NaN and the infinities are no error: they are carried exactly (PostgreSQL's float8 has them) and never become NULL.
 */
export function cleanEntry(entry: Entry): Entry {
  const timestamp = wholeMilliseconds(entryTimestamp(entry));
  switch (entry.kind) {
    case 'greeks':
      return { kind: 'greeks', row: { ...entry.row, timestamp, contract: cleanText(entry.row.contract) } };
    case 'log':
      return { kind: 'log', row: { ...entry.row, timestamp, message: cleanText(entry.row.message) } };
    case 'moved':
      return { kind: 'moved', timestamp };
  }
}

function wholeMilliseconds(timestamp: number): number {
  // The range of an ECMAScript Date; outside it toISOString throws.
  if (!Number.isFinite(timestamp) || Math.abs(timestamp) > 8.64e15)
    throw new RangeError(`a row's timestamp must be milliseconds since 1970, got ${timestamp}`);
  return Math.round(timestamp);
}

/** The self-describing, checksummed text of a row; everything needed to rebuild the row from a damaged file. */
export function encodeRecord(row: OutboxRow): string {
  const { entry } = row;
  const head = `${RECORD_START}${row.epoch}","i":${row.id},"s":${row.eseq},"k":${KIND_NUMBER[entry.kind]},"t":${entryTimestamp(entry)}`;
  const body = `${head},"d":${JSON.stringify(entryData(entry))}`;
  return `${body}${CHECKSUM_START}${checksum(body)}"}`;
}

function checksum(body: string): string {
  return crc32(body).toString(16).padStart(8, '0');
}

function entryData(entry: Entry): unknown {
  switch (entry.kind) {
    case 'greeks': {
      const { contract, delta, gamma, vega, theta, underlyingPrice } = entry.row;
      return { c: contract, d: pack(delta), g: pack(gamma), v: pack(vega), h: pack(theta), u: pack(underlyingPrice) };
    }
    case 'log':
      return { a: entry.row.apiMode, s: entry.row.status, m: entry.row.message };
    case 'moved':
      return {};
  }
}

/** JSON has no NaN, no infinities and no negative zero: those travel as text. */
function pack(value: number | null): number | string | null {
  if (value === null || (Number.isFinite(value) && !Object.is(value, -0))) return value;
  return numberText(value);
}

/** A double as PostgreSQL reads it back bit for bit. */
export function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** The row that a record holds, or null when the record is damaged (checksum, shape). */
export function decodeRecord(record: string): OutboxRow | null {
  const body = record.slice(0, -TAIL_LENGTH);
  if (!record.startsWith(RECORD_START) || record.slice(-TAIL_LENGTH) !== `${CHECKSUM_START}${checksum(body)}"}`) return null;
  try {
    return toRow(JSON.parse(`${body}}`) as RawRecord);
  } catch {
    return null; // A checksum that fits text which is no JSON: damage that CRC-32 did not see.
  }
}

interface RawRecord {
  readonly e: string;
  readonly i: number;
  readonly s: number;
  readonly k: number;
  readonly t: number;
  readonly d: Readonly<Record<string, string | number | null>>;
}

function toRow(raw: RawRecord): OutboxRow | null {
  const entry = toEntry(raw);
  return entry === null ? null : { id: raw.i, epoch: raw.e, eseq: raw.s, entry };
}

function toEntry({ k: kind, t: timestamp, d: data }: RawRecord): Entry | null {
  switch (kind) {
    case KIND_NUMBER.greeks: {
      const numbers = { delta: unpack(data['d']), gamma: unpack(data['g']), vega: unpack(data['v']), theta: unpack(data['h']) };
      return { kind: 'greeks', row: { timestamp, contract: String(data['c']), ...numbers, underlyingPrice: unpack(data['u']) } };
    }
    case KIND_NUMBER.log:
      return {
        kind: 'log',
        row: { timestamp, apiMode: data['a'] as ApiMode, message: String(data['m']), status: data['s'] as Severity },
      };
    case KIND_NUMBER.moved:
      return { kind: 'moved', timestamp };
    default:
      return null;
  }
}

function unpack(value: string | number | null | undefined): number | null {
  if (value === null || typeof value === 'number') return value;
  if (value === undefined) throw new TypeError('a number is missing from the record');
  return Number(value);
}
