/** One field of a TWS message before it becomes text; undefined and null become the empty field. */
export type Field = string | number | boolean | undefined | null;

/** Encodes one message: length (4 bytes, big endian), then every field as text followed by NUL. */
export function encodeFrame(fields: readonly Field[]): Buffer {
  const body = Buffer.from(fields.map(fieldText).join('\0') + '\0', 'utf8');
  const frame = Buffer.allocUnsafe(4 + body.length);
  frame.writeUInt32BE(body.length, 0);
  body.copy(frame, 4);
  return frame;
}

/** A number keeps every digit that tells it from its neighbours, so that a reader gets back the same double. */
function fieldText(field: Field): string {
  if (field === undefined || field === null) return '';
  if (typeof field === 'boolean') return field ? '1' : '0';
  return String(field);
}

export type Incoming =
  /** The client's opening: the range of server versions that it understands. */
  | { readonly kind: 'hello'; readonly minVersion: number; readonly maxVersion: number }
  | { readonly kind: 'message'; readonly fields: readonly string[] }
  /** Not the protocol; the stream cannot be read any further. */
  | { readonly kind: 'garbage'; readonly detail: string };

/** Same limit as IBKR's own client. */
const MAX_MESSAGE_LENGTH = 0xffffff;
const API_PREFIX = Buffer.from('API\0', 'latin1');

/** Cuts a client's byte stream into its opening ("API\0", length, "v100..193") and its messages. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);
  #greeted = false;

  /** Takes the next bytes and returns what they complete. */
  push(chunk: Buffer): readonly Incoming[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const complete: Incoming[] = [];
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      complete.push(next);
      if (next.kind === 'garbage') break;
    }
    return complete;
  }

  #next(): Incoming | undefined {
    const prefix = this.#greeted ? 0 : API_PREFIX.length;
    if (this.#rest.length < prefix + 4) return undefined;
    if (!this.#greeted && !this.#rest.subarray(0, prefix).equals(API_PREFIX)) return { kind: 'garbage', detail: 'no API prefix' };
    const length = this.#rest.readUInt32BE(prefix);
    if (length > MAX_MESSAGE_LENGTH) return { kind: 'garbage', detail: `length ${length}` };
    const end = prefix + 4 + length;
    if (this.#rest.length < end) return undefined;
    const body = this.#rest.toString('utf8', prefix + 4, end);
    this.#rest = this.#rest.subarray(end);
    if (this.#greeted) return { kind: 'message', fields: body.split('\0').slice(0, -1) };
    this.#greeted = true;
    return parseHello(body);
  }
}

/** The opening is "v100..193" or "v100", optionally followed by a space and connect options. */
function parseHello(body: string): Incoming {
  const match = /^v(\d+)(?:\.\.(\d+))?(?: .*)?\0?$/.exec(body);
  if (match === null) return { kind: 'garbage', detail: `version range ${JSON.stringify(body)}` };
  const minVersion = Number(match[1]);
  return { kind: 'hello', minVersion, maxVersion: match[2] === undefined ? minVersion : Number(match[2]) };
}
