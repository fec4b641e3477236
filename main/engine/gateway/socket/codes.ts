import type { Ms } from '../../clock.ts';
import type { Severity } from '../../state.ts';

/** What one of IBKR's message codes means to this bridge (ibkr-facts.md 2.3 and 2.6). */
export type CodeMeaning =
  /** Data follows nevertheless (delayed, or in part): the request stays as it is. */
  | { readonly kind: 'advisory'; readonly text: string }
  /** The request is dead. `retryAfterMs` undefined: only a changed contract or a new session helps. */
  | { readonly kind: 'refusal'; readonly text: string; readonly retryAfterMs: Ms | undefined; readonly holdsLine: boolean }
  /** Gateway <-> IBKR broke; the socket is fine and stays. */
  | { readonly kind: 'upstream-lost'; readonly text: string }
  | { readonly kind: 'upstream-restored'; readonly dataLost: boolean }
  /** A market data farm; the farms for history and contract definitions do not make a Greek wrong. */
  | { readonly kind: 'farm-broken' }
  | { readonly kind: 'farm-well' }
  /** The gateway is about to close the socket, or has. */
  | { readonly kind: 'session-over'; readonly causeCode: string; readonly text: string; readonly action?: string; readonly retryAfterMs?: Ms }
  /** Expected in the ordinary course. */
  | { readonly kind: 'harmless' }
  | { readonly kind: 'notice'; readonly severity: Severity; readonly text?: string };

const SECOND: Ms = 1_000;
const MINUTE: Ms = 60 * SECOND;

const subscribeAdvice = 'buy the data in IBKR Client Portal under Settings, Market Data Subscriptions';

function refusal(text: string, retryAfterMs: Ms | undefined, holdsLine: boolean): CodeMeaning {
  return { kind: 'refusal', text, retryAfterMs, holdsLine };
}

const meanings: ReadonlyMap<number, CodeMeaning> = new Map<number, CodeMeaning>([
  // Per request. 10089 and 10091 look fatal and are not: the delayed model tick 83 follows (rust-ibapi PR 804).
  [10089, { kind: 'advisory', text: 'live data needs a subscription for the API; waiting for delayed data' }],
  [10090, { kind: 'advisory', text: 'part of the data is not subscribed (often the underlying); waiting for what there is' }],
  [10091, { kind: 'advisory', text: 'part of the data needs a subscription for the API; waiting for delayed data' }],
  [10167, { kind: 'advisory', text: 'not subscribed; waiting for delayed data' }],
  [354, refusal(`not subscribed to its market data; ${subscribeAdvice}`, 15 * MINUTE, true)],
  [10168, refusal(`not subscribed to its market data, and delayed data is not enabled; ${subscribeAdvice}`, 15 * MINUTE, true)],
  [10186, refusal(`not subscribed to its market data, and delayed data is not enabled; ${subscribeAdvice}`, 15 * MINUTE, true)],
  [10197, refusal('the same IBKR user is logged in elsewhere and has the market data; log out there, or give the bridge a second username', MINUTE, true)],
  [101, refusal('the limit of market data lines is reached; close watch lists in TWS or buy a quote booster', 5 * MINUTE, false)],
  [200, refusal('IBKR knows no such contract', undefined, false)],
  [321, refusal('the gateway found the request invalid', undefined, false)],
  [322, refusal('the gateway failed to process the request', 5 * MINUTE, false)],
  [300, { kind: 'harmless' }],

  // Gateway <-> IBKR.
  [1100, { kind: 'upstream-lost', text: 'the gateway has lost its connection to IBKR' }],
  [2110, { kind: 'upstream-lost', text: 'TWS has lost its connection to its server' }],
  [1101, { kind: 'upstream-restored', dataLost: true }],
  [1102, { kind: 'upstream-restored', dataLost: false }],
  [2103, { kind: 'farm-broken' }],
  [2104, { kind: 'farm-well' }],
  // Inactive is asleep, not broken: available upon demand.
  [2108, { kind: 'farm-well' }],
  // History and contract definitions: told, but rows go on.
  [2105, { kind: 'notice', severity: 'warning' }],
  [2157, { kind: 'notice', severity: 'warning' }],
  [2106, { kind: 'harmless' }],
  [2107, { kind: 'harmless' }],
  [2158, { kind: 'harmless' }],
  [2119, { kind: 'harmless' }],

  // Socket.
  [326, {
    kind: 'session-over',
    causeCode: 'client-id-in-use',
    text: 'the client id is in use by another program',
    action: 'Close the other program that connects with this client id (perhaps a second bridge), or set IB_CLIENT_ID to another number',
    // Mostly it is our own dead session that the gateway still believes in: a minute would lose more rows than it takes.
    retryAfterMs: 20_000,
  }],
  [1300, { kind: 'session-over', causeCode: 'gateway-port-changed', text: 'the gateway moved to another port', action: 'Set IB_SOCKET_PORT to the port that TWS or IB Gateway shows in its API settings' }],
  [501, { kind: 'harmless' }],
  [502, { kind: 'session-over', causeCode: 'gateway-unreachable', text: 'the connection to the gateway failed' }],
  [503, { kind: 'session-over', causeCode: 'gateway-too-old', text: 'this TWS or IB Gateway is too old', action: 'Update TWS or IB Gateway' }],
  [504, { kind: 'session-over', causeCode: 'gateway-closed', text: 'the gateway is not connected' }],
  [506, { kind: 'session-over', causeCode: 'gateway-version', text: 'the gateway answered with a protocol version that this bridge does not speak', action: 'Check that IB_SOCKET_PORT is the API port of TWS or IB Gateway' }],
  [507, { kind: 'session-over', causeCode: 'gateway-closed', text: 'the gateway closed the connection' }],

  // Worth telling.
  [100, { kind: 'notice', severity: 'error', text: 'the gateway counted too many messages a second' }],
  [505, { kind: 'notice', severity: 'warning', text: 'a message of the gateway was not understood and skipped' }],
  [2100, { kind: 'notice', severity: 'info' }],
  [2101, { kind: 'notice', severity: 'warning' }],
]);

/** What a code means; a code that is not in the table is worth a warning and changes nothing. */
export function meaningOf(code: number): CodeMeaning {
  return meanings.get(code) ?? { kind: 'notice', severity: code >= 2100 && code < 2200 ? 'info' : 'warning' };
}

/**
 * A sentence for people: our own where we have one, with the gateway's words where they add something, and the code.
 *
 * @param said what the gateway wrote; may hold markup and line breaks, and is cut at 300 characters.
 */
export function describeCode(code: number, said: string): string {
  const meaning = meaningOf(code);
  const own = 'text' in meaning ? meaning.text : undefined;
  const words = said.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').trim().slice(0, 300);
  if (own === undefined) return `${words || 'no text'} (${code})`;
  return quotesGateway.has(code) && words !== '' ? `${own}: ${words} (${code})` : `${own} (${code})`;
}

/** Codes whose own text from the gateway tells something that ours cannot know. */
const quotesGateway: ReadonlySet<number> = new Set([200, 321, 322, 100, 1300, 502, 503, 505, 506]);
