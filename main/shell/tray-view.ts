import { assertNever } from '../engine/assert-never.ts';
import { count, durationInWords } from '../engine/log/words.ts';
import type { Ms } from '../engine/clock.ts';
import type { BridgeState, Cause, Connection, DeliveryState, Snapshot } from '../engine/state.ts';
import type { SettingsView } from '../../preload/contract.ts';
import { clockTime, sentence, signedNumber } from './tray-words.ts';

/** The three silhouettes of the menu bar; words tell apart what shares one. */
export type TrayImage = 'connected' | 'reconnecting' | 'reset-window';

/** What a click on a line of the menu asks for. */
export type TrayAction = 'reconnect' | 'pause' | 'resume' | 'open-login' | 'open-window' | 'open-settings' | 'open-login-items' | 'open-at-login' | 'quit';

export type TrayLine =
  | { readonly kind: 'words'; readonly label: string }
  | { readonly kind: 'separator' }
  | { readonly kind: 'action'; readonly label: string; readonly action: TrayAction; readonly enabled: boolean; readonly checked?: boolean };

/** Everything of the tray that a person can see. */
export interface TrayView {
  readonly image: TrayImage;
  readonly tooltip: string;
  /** Text beside the image; empty: none. */
  readonly title: string;
  readonly menu: readonly TrayLine[];
}

export interface TrayFacts {
  readonly state: BridgeState;
  /** As they are now; only while the state is live they are the book's. */
  readonly sums: Snapshot | null;
  readonly now: Ms;
  /** IANA zone in which instants are shown. */
  readonly timeZone: string;
  /** The setting: net delta beside the image. */
  readonly showTitle: boolean;
  readonly loginItem: SettingsView['loginItem'];
  /** The demo's world: its numbers are nobody's portfolio. */
  readonly demo: boolean;
}

/** The tray as a pure function of what is so. */
export function viewTray(facts: TrayFacts): TrayView {
  const { state, sums, timeZone } = facts;
  return {
    image: imageOf(state.connection),
    tooltip: `IBKR Trading Bridge${facts.demo ? ' (demo)' : ''}: ${lowerFirst(stateWords(state.connection, timeZone))}`,
    title: facts.showTitle ? `\u0394 ${signedNumber(state.live ? (sums?.delta ?? null) : null)}` : '',
    menu: [...stateLines(facts), separator, ...greekLines(facts), separator, ...deliveryLines(state.delivery), separator, ...commandLines(facts)],
  };
}

function imageOf({ kind }: Connection): TrayImage {
  switch (kind) {
    case 'connected':
      return 'connected';
    case 'reset-window':
      return 'reset-window';
    case 'connecting':
    case 'degraded':
    case 'reconnecting':
    case 'needs-login':
    case 'paused':
    case 'stopped':
      return 'reconnecting';
    default:
      return assertNever(kind);
  }
}

/** The state in one line, with the instant that is waited for. */
function stateWords(connection: Connection, timeZone: string): string {
  switch (connection.kind) {
    case 'stopped':
      return 'Stopped';
    case 'connecting':
      return connection.attempt > 1 ? `Connecting, attempt ${connection.attempt}` : 'Connecting';
    case 'connected':
      return `Connected since ${clockTime(connection.since, timeZone)}, ${marketDataWords(connection.marketData)}`;
    case 'degraded':
      return `Degraded since ${clockTime(connection.since, timeZone)}`;
    case 'reconnecting':
      return `Reconnecting, next attempt at ${clockTime(connection.retryAt, timeZone)}`;
    case 'reset-window':
      return `Reset window until ${clockTime(connection.until, timeZone)}`;
    case 'needs-login':
      return `Needs login since ${clockTime(connection.since, timeZone)}`;
    case 'paused':
      return connection.by === 'user' ? 'Paused' : 'Asleep';
    default:
      return assertNever(connection);
  }
}

function marketDataWords(marketData: Extract<Connection, { kind: 'connected' }>['marketData']): string {
  return marketData === 'unknown' ? 'kind of data not known yet' : `${marketData} data`;
}

function stateLines({ state, timeZone, demo }: TrayFacts): readonly TrayLine[] {
  const cause = causeOf(state.connection);
  return [
    ...(demo ? [words('Demo book: not your account')] : []),
    words(stateWords(state.connection, timeZone)),
    words(`${state.mode} ${state.endpoint}`),
    ...(cause === null ? [] : [words(sentence(cause.text))]),
    ...(cause?.action === undefined ? [] : [words(sentence(firstLine(cause.action)))]),
  ];
}

function causeOf(connection: Connection): Cause | null {
  return 'cause' in connection ? connection.cause : null;
}

/** Numbers that are no longer live come with their age. */
function greekLines({ state, sums, now }: TrayFacts): readonly TrayLine[] {
  // Sums that warm up cover a part of the book: until they are live, the last ones that were.
  const shown = state.live ? sums : state.snapshot;
  if (shown === null) return [words('No Greeks yet')];
  const { delta, gamma, vega, theta, coverage } = shown;
  const age = state.live ? [] : [words(`These are ${durationInWords(Math.max(0, Math.round((now - shown.at) / 1_000) * 1_000))} old`)];
  const missing = coverage.priced < coverage.legs ? [words(`${coverage.priced} of ${coverage.legs} legs priced`)] : [];
  return [
    words(`Delta ${signedNumber(delta)}`),
    words(`Gamma ${signedNumber(gamma)}`),
    words(`Vega ${signedNumber(vega)}`),
    words(`Theta ${signedNumber(theta)}`),
    ...missing,
    ...age,
  ];
}

function deliveryLines(delivery: DeliveryState): readonly TrayLine[] {
  const lines = [words(databaseWords(delivery))];
  if (delivery.dead > 0) lines.push(words(`${count(delivery.dead, 'refused row')} kept aside`));
  if (!delivery.durable) lines.push(words('Rows are in memory only: the disk is full'));
  return lines;
}

function databaseWords({ database, waiting, drain }: DeliveryState): string {
  if (database === 'none') return 'No database set: rows are kept on this computer';
  if (drain !== null) return `Delivering ${drain.done.toLocaleString('en-US')} of ${count(drain.total, 'row')}`;
  const rows = waiting === 0 ? 'no rows waiting' : `${count(waiting, 'row')} waiting`;
  return database === 'failing' ? `Database not reached, ${rows}` : sentence(rows);
}

function commandLines({ state, loginItem }: TrayFacts): readonly TrayLine[] {
  const { connection, mode } = state;
  const login: readonly TrayLine[] = connection.kind === 'needs-login' && mode === 'PORTAL' ? [action('Log in', 'open-login')] : [];
  return [
    ...login,
    action('Reconnect now', 'reconnect', canReconnect(connection)),
    isPausedByUser(connection) ? action('Resume', 'resume') : action('Pause', 'pause', connection.kind !== 'stopped'),
    separator,
    action('Open', 'open-window'),
    action('Settings\u2026', 'open-settings'),
    ...loginItemLines(loginItem),
    separator,
    action('Quit', 'quit'),
  ];
}

/** While dialling, or stopped, there is nothing to hurry; who paused by hand resumes. */
function canReconnect(connection: Connection): boolean {
  return connection.kind !== 'stopped' && connection.kind !== 'connecting' && !isPausedByUser(connection);
}

function isPausedByUser(connection: Connection): boolean {
  return connection.kind === 'paused' && connection.by === 'user';
}

function loginItemLines(status: TrayFacts['loginItem']): readonly TrayLine[] {
  switch (status) {
    case 'unsupported':
      return [];
    case 'requires-approval':
      return [action('Open at login: approve in System Settings\u2026', 'open-login-items')];
    case 'enabled':
    case 'not-registered':
    case 'not-found':
      return [{ ...action('Open at login', 'open-at-login'), checked: status === 'enabled' }];
    default:
      return assertNever(status);
  }
}

const separator: TrayLine = { kind: 'separator' };

function words(label: string): TrayLine {
  return { kind: 'words', label };
}

function action(label: string, what: TrayAction, enabled = true): Extract<TrayLine, { kind: 'action' }> {
  return { kind: 'action', label, action: what, enabled };
}

/** The rest of an advice, such as the DDL to run, is for the window. */
function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}

function lowerFirst(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
