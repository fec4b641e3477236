import { durationInWords } from '../engine/log/words.ts';
import type { Ms } from '../engine/clock.ts';
import type { BridgeState, Connection, DeliveryState } from '../engine/state.ts';

const minus = '\u2212';

/** The live line of the daemon on a terminal: state, four Greeks, coverage, rows waiting; no more than `columns` wide. */
export function statusLine(state: BridgeState, now: Ms, columns = 200): string {
  const parts = [connectionWords(state.connection, now), greeksWords(state, now), coverageWords(state), deliveryWords(state.delivery)];
  const line = parts.filter((part) => part !== '').join(' | ');
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}\u2026`;
}

/** The state in words, with what is waited for. */
export function connectionWords(connection: Connection, now: Ms): string {
  switch (connection.kind) {
    case 'stopped':
      return 'stopped';
    case 'connecting':
      return connection.attempt === 0 ? 'connecting' : `connecting (attempt ${connection.attempt})`;
    case 'connected':
      return connection.marketData === 'live' || connection.marketData === 'unknown'
        ? `connected ${connection.account}`
        : `connected ${connection.account} (${connection.marketData} data)`;
    case 'degraded':
      return `degraded: ${connection.cause.text}`;
    case 'reconnecting':
      return `reconnecting in ${wholeSeconds(connection.retryAt - now)}: ${connection.cause.text}`;
    case 'reset-window':
      return `reset window, ${durationInWords(Math.max(0, connection.until - now))} left`;
    case 'needs-login':
      return `needs you: ${connection.cause.action ?? connection.cause.text}`;
    case 'paused':
      return connection.by === 'user' ? 'paused' : 'asleep';
  }
}

function wholeSeconds(ms: Ms): string {
  return `${Math.max(0, Math.ceil(ms / 1000))} s`;
}

/** Sums with their sign; what is not known is a dash, and sums that are no longer live carry their age. */
function greeksWords({ snapshot, live }: BridgeState, now: Ms): string {
  if (snapshot === null) return '';
  const { delta, gamma, vega, theta, underlyingPrice, underlyingSymbol } = snapshot;
  const sums = `delta ${signed(delta, 2)}  gamma ${signed(gamma, 3)}  vega ${signed(vega, 2)}  theta ${signed(theta, 2)}`;
  const price = underlyingPrice === null ? '' : `  ${underlyingSymbol ?? ''} ${amount(underlyingPrice, 2)}`;
  const age = live ? '' : ` (${durationInWords(Math.max(0, Math.round((now - snapshot.at) / 1000) * 1000))} old)`;
  return `${sums}${price}${age}`;
}

/** "+1,234.50", "\u221246.43"; "-" when not known. */
export function signed(value: number | null, digits: number): string {
  if (value === null) return '-';
  const text = amount(Math.abs(value), digits);
  const zero = Number(text.replaceAll(',', '')) === 0;
  return zero ? text : `${value < 0 ? minus : '+'}${text}`;
}

function amount(value: number, digits: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function coverageWords({ snapshot }: BridgeState): string {
  if (snapshot === null) return '';
  const { legs, priced } = snapshot.coverage;
  return `${priced} of ${legs} legs`;
}

function deliveryWords({ database, waiting, drain, dead, durable }: DeliveryState): string {
  const parts = [
    database === 'none' ? 'no database: local history only' : '',
    database === 'failing' || database === 'connecting' ? `database ${database}` : '',
    drain === null ? '' : `draining ${drain.done.toLocaleString('en-US')} of ${drain.total.toLocaleString('en-US')}`,
    waiting > 0 && drain === null && database !== 'none' ? `${waiting.toLocaleString('en-US')} waiting` : '',
    dead > 0 ? `${dead} refused rows kept aside` : '',
    durable ? '' : 'NOT DURABLE: disk full',
  ];
  return parts.filter((part) => part !== '').join(', ');
}
