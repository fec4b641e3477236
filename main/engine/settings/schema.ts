import { z } from 'zod';
import type { ApiMode } from '../state.ts';
import { briefWindow, parseResetWindow, type ResetWindow } from '../supervision/reset-window.ts';

/** Every setting by its name in the settings file; the password is none of them and is never in that file. */
export interface SettingValues {
  readonly apiMode: ApiMode;
  readonly socketHost: string;
  readonly socketPort: number;
  readonly clientId: number;
  readonly account: string;
  readonly gatewayUrl: string;
  /** SHA-256 fingerprint that the Client Portal Gateway's certificate must have, as `AB:CD:...`; null: none is pinned. */
  readonly gatewayFingerprint: string | null;
  /** Whether the bridge may end another session of the same user; asked for in Settings, never a default. */
  readonly gatewayCompete: boolean;
  readonly pollIntervalSeconds: number;
  readonly bufferPath: string;
  readonly dbHost: string | null;
  readonly dbPort: number;
  readonly dbName: string;
  /** null: the user's name on this machine, as psql does. */
  readonly dbUser: string | null;
  readonly resetWindows: readonly ResetWindow[];
  readonly underlyingSymbol: string | null;
  /** The desktop application's own; the daemon keeps them as they are. */
  readonly openAtLogin: boolean;
  readonly menuBarTitle: boolean;
  readonly keepAwake: boolean;
}

export type SettingName = keyof SettingValues;

/** What one setting may be, in the file as well as in the environment. */
export interface SettingRule<T> {
  /** Environment variable that sets it; null: only the settings file does. */
  readonly variable: string | null;
  /** For people, after "allowed:". */
  readonly allowed: string;
  readonly schema: z.ZodType<T>;
  /** Text of an environment variable as the value that `schema` judges; text that is no number stays text and fails there. */
  readonly fromText: (text: string) => unknown;
  readonly default: T;
}

const asText = (text: string): unknown => text;
const asWholeNumber = (text: string): unknown => (/^\d+$/.test(text) ? Number(text) : text);
/** Digits with at most three decimals, so that an interval is whole milliseconds; never "1e3", "0x10", "5 s" or "2,5". */
const asSeconds = (text: string): unknown => (/^\d+(\.\d{1,3})?$/.test(text) ? Number(text) : text);

/** A name or an address without scheme and port; IPv6 without brackets. One colon alone is "host:port". */
const host = z.string().max(253).regex(/^(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]*)|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(?:%\w+)?)$/);
const port = z.int().min(1).max(65_535);
const PORT_ALLOWED = 'a whole number from 1 to 65535';
/** PostgreSQL cuts names at 63 bytes; a longer one silently means another database. */
const identifier = z.string().min(1).max(63).refine(isPrintable);

/** A switch of the settings file, off by default. */
const switchedOff: SettingRule<boolean> = { variable: null, allowed: 'true or false', schema: z.boolean(), fromText: asText, default: false };

/** The rules of design.md section 8, in the order in which errors and dumps list them. */
export const SETTING_RULES: { readonly [Name in SettingName]: SettingRule<SettingValues[Name]> } = {
  apiMode: {
    variable: 'IB_API_MODE',
    allowed: 'SOCKET or PORTAL',
    schema: z.string().toUpperCase().pipe(z.enum(['SOCKET', 'PORTAL'])),
    fromText: asText,
    default: 'SOCKET',
  },
  socketHost: {
    variable: 'IB_SOCKET_HOST',
    allowed: 'a host name or IP address, without scheme and port',
    schema: host,
    fromText: asText,
    default: '127.0.0.1',
  },
  socketPort: { variable: 'IB_SOCKET_PORT', allowed: PORT_ALLOWED, schema: port, fromText: asWholeNumber, default: 7496 },
  clientId: {
    variable: 'IB_CLIENT_ID',
    allowed: 'a whole number from 1 to 2147483647 (0 is refused: it belongs to the primary session and would bind its manual orders)',
    schema: z.int().min(1).max(2_147_483_647),
    fromText: asWholeNumber,
    default: 10,
  },
  account: {
    variable: 'IB_ACCOUNT',
    allowed: 'one account as IBKR writes it, such as U1234567, or empty for the only one',
    schema: z.string().toUpperCase().regex(/^(?:[A-Z](?=[A-Z0-9]*\d)[A-Z0-9]{2,19})?$/),
    fromText: asText,
    default: '',
  },
  gatewayUrl: {
    variable: 'IBKR_GATEWAY_URL',
    allowed: 'an https URL such as https://localhost:5001, without user, password, query and fragment',
    schema: z.string().refine(isGatewayUrl).transform((url) => url.replace(/\/+$/, '')),
    fromText: asText,
    default: 'https://localhost:5001',
  },
  gatewayFingerprint: {
    variable: null,
    allowed: 'the SHA-256 fingerprint of a certificate, 64 hexadecimal digits with or without colons, or null',
    schema: z.string().trim().regex(/^[0-9A-Fa-f]{2}(?::?[0-9A-Fa-f]{2}){31}$/).transform(formatFingerprint).nullable(),
    fromText: asText,
    default: null,
  },
  gatewayCompete: switchedOff,
  pollIntervalSeconds: {
    variable: 'BRIDGE_POLL_INTERVAL',
    allowed: 'seconds from 1 to 3600, such as 5 or 2.5',
    schema: z.number().min(1).max(3600).refine((seconds) => Number.isInteger(Math.round(seconds * 1e6) / 1000)),
    fromText: asSeconds,
    default: 5,
  },
  bufferPath: {
    variable: 'BRIDGE_BUFFER_PATH',
    allowed: 'the path of a file; ~ stands for the home folder',
    schema: z.string().min(1).max(4096).refine((path) => isPrintable(path) && !/^~[^/\\]/.test(path) && !/[/\\]$|^~$/.test(path)),
    fromText: asText,
    default: '~/.portfolio_bridge_buffer.sqlite',
  },
  dbHost: {
    variable: 'DB_HOST',
    allowed: 'a host name or IP address, without scheme and port, or the folder of a local socket',
    schema: z.union([host, z.string().max(4096).regex(/^\/[^\s]*$/)]).nullable(),
    fromText: asText,
    default: null,
  },
  dbPort: { variable: 'DB_PORT', allowed: PORT_ALLOWED, schema: port, fromText: asWholeNumber, default: 5432 },
  dbName: { variable: 'DB_NAME', allowed: 'the name of a database, at most 63 characters', schema: identifier, fromText: asText, default: 'portfolio_engine' },
  dbUser: { variable: 'DB_USER', allowed: 'the name of a database user, at most 63 characters', schema: identifier.nullable(), fromText: asText, default: null },
  resetWindows: {
    variable: null,
    allowed: 'a list of windows such as {"timeZone":"America/New_York","start":"23:40","resume":"00:05"}',
    schema: z.array(z.unknown().transform(toResetWindow)).max(20),
    fromText: asText,
    default: [briefWindow],
  },
  underlyingSymbol: {
    variable: null,
    allowed: 'the symbol of an underlying, such as SPX, or null',
    schema: z.string().trim().toUpperCase().min(1).max(40).nullable(),
    fromText: asText,
    default: null,
  },
  openAtLogin: switchedOff,
  menuBarTitle: switchedOff,
  keepAwake: switchedOff,
};

/** Names in the order of the table. */
export const SETTING_NAMES = Object.keys(SETTING_RULES) as readonly SettingName[];

function toResetWindow(value: unknown, context: z.RefinementCtx): ResetWindow {
  const parsed = parseResetWindow(value);
  if ('window' in parsed) return parsed.window;
  context.issues.push({ code: 'custom', message: parsed.problem, input: value });
  return z.NEVER;
}

/** As Node and openssl write it: upper case, a colon after each byte. */
function formatFingerprint(text: string): string {
  return (text.replaceAll(':', '').toUpperCase().match(/../g) ?? []).join(':');
}

function isGatewayUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.protocol === 'https:' && !/[?#@\s]/.test(text);
}

function isPrintable(text: string): boolean {
  return !/[\u0000-\u001f\u007f]/.test(text);
}
