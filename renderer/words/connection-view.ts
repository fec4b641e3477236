import type { BridgeState, Cause, Command, Connection, MarketData, Ms } from '../../preload/contract.ts';
import { advice, causeSentence, type Advice } from './sentences.ts';

/** Colour of a state; never alone, always with its word and its shape. */
export type Tone = 'good' | 'calm' | 'attention' | 'problem' | 'quiet';
export type Shape = 'full' | 'arc' | 'crescent' | 'triangle' | 'bars' | 'ring' | 'square';

export interface CommandButton {
  readonly label: string;
  readonly command: Command;
  /** The one that helps most. */
  readonly primary?: true;
}

/** The connection as the window shows it. */
export interface ConnectionView {
  /** First thing that the eye meets. */
  readonly word: string;
  readonly tone: Tone;
  readonly shape: Shape;
  readonly since: Ms | null;
  /** What happened; null where there is nothing to explain. */
  readonly sentence: string | null;
  readonly next: Advice | null;
  /** What is waited for, with the instant at which it comes. */
  readonly countdown: { readonly label: string; readonly until: Ms } | null;
  readonly buttons: readonly CommandButton[];
}

const pause: CommandButton = { label: 'Pause', command: 'pause' };
const reconnectNow: CommandButton = { label: 'Reconnect now', command: 'reconnect', primary: true };
const nothing = { since: null, sentence: null, next: null, countdown: null, buttons: [] } as const;

/** The connection in words, with what a person can do about it; total over every kind of connection. */
export function viewConnection(state: Pick<BridgeState, 'connection' | 'accountChoice' | 'mode'>): ConnectionView {
  const { connection, accountChoice } = state;
  if (waitsForAccount(state)) return viewAccountChoice(connection, accountChoice.length);
  switch (connection.kind) {
    case 'stopped':
      return {
        ...nothing,
        word: 'Stopped',
        tone: 'quiet',
        shape: 'square',
        // No command starts a stopped engine: the program has to be started again, or its settings mended.
        sentence: 'The bridge is not running: it watches nothing and writes no rows. Check Settings, or start the program again.',
      };
    case 'connecting':
      return {
        ...nothing,
        word: 'Connecting',
        tone: 'attention',
        shape: 'arc',
        since: connection.since,
        sentence: connection.attempt > 1 ? `Attempt ${connection.attempt}.` : null,
        buttons: [pause],
      };
    case 'connected':
      return { ...nothing, word: 'Connected', tone: 'good', shape: 'full', since: connection.since, buttons: [pause] };
    case 'degraded':
      return {
        ...explained(connection.cause),
        word: 'Degraded',
        tone: 'attention',
        shape: 'triangle',
        since: connection.since,
        buttons: [reconnectNow, pause],
      };
    case 'reconnecting':
      return {
        ...explained(connection.cause),
        word: 'Reconnecting',
        tone: 'attention',
        shape: 'arc',
        countdown: { label: `Attempt ${connection.attempt} in`, until: connection.retryAt },
        buttons: [reconnectNow, pause],
      };
    case 'reset-window':
      return {
        ...explained(connection.cause),
        word: 'Reset window',
        tone: 'calm',
        shape: 'crescent',
        countdown: { label: 'It ends in', until: connection.until },
        buttons: [{ label: 'Try now', command: 'reconnect' }, pause],
      };
    case 'needs-login':
      return {
        ...explained(connection.cause),
        word: 'Needs login',
        tone: 'problem',
        shape: 'triangle',
        since: connection.since,
        buttons: state.mode === 'PORTAL' ? [{ label: 'Log in', command: 'open-login', primary: true }, pause] : [reconnectNow, pause],
      };
    case 'paused':
      return connection.by === 'user' ? pausedByUser : asleep;
  }
}

/** True while the gateway manages several accounts and the bridge cannot go on before one is chosen. */
export function waitsForAccount({ connection, accountChoice }: Pick<BridgeState, 'connection' | 'accountChoice'>): boolean {
  return accountChoice.length > 0 && ['needs-login', 'connecting', 'reconnecting'].includes(connection.kind);
}

const pausedByUser: ConnectionView = {
  ...nothing,
  word: 'Paused',
  tone: 'quiet',
  shape: 'bars',
  sentence: 'You paused the bridge: it writes no rows until you resume.',
  buttons: [{ label: 'Resume', command: 'resume', primary: true }],
};

const asleep: ConnectionView = {
  ...nothing,
  word: 'Asleep',
  tone: 'quiet',
  shape: 'bars',
  sentence: 'This computer was asleep. The bridge reconnects by itself on waking.',
  buttons: [reconnectNow],
};

function explained(cause: Cause): Pick<ConnectionView, 'since' | 'sentence' | 'next' | 'countdown' | 'buttons'> {
  return { ...nothing, sentence: causeSentence(cause), next: advice(cause.action) };
}

/** The advice of the cause names an environment variable; here the accounts stand as buttons beside the sentence. */
function viewAccountChoice(connection: Connection, accounts: number): ConnectionView {
  return {
    ...nothing,
    word: 'Choose account',
    tone: 'attention',
    shape: 'triangle',
    since: connection.kind === 'needs-login' ? connection.since : null,
    sentence: `This login manages ${accounts} accounts. Which one does the bridge watch?`,
  };
}

/** What kind of market data comes, in a word, and whether a trader must know that it is not live. */
export function viewMarketData(marketData: MarketData): { readonly word: string; readonly attention: boolean; readonly meaning: string } {
  switch (marketData) {
    case 'live':
      return { word: 'live', attention: false, meaning: 'Market data arrives in real time.' };
    case 'frozen':
      return { word: 'frozen', attention: true, meaning: 'The market is closed: prices are the last ones before the close.' };
    case 'delayed':
      return { word: 'delayed', attention: true, meaning: 'Prices are 15 to 20 minutes old: the account has no real-time subscription.' };
    case 'delayed-frozen':
      return { word: 'delayed, frozen', attention: true, meaning: 'The market is closed, and prices were delayed: the account has no real-time subscription.' };
    case 'unknown':
      return { word: 'not known yet', attention: false, meaning: 'The gateway has not said what kind of market data it delivers.' };
  }
}

/** "U···408": enough to tell accounts apart, and nothing to read over a shoulder. */
export function maskAccount(account: string): string {
  return account.length <= 5 ? account : `${account.slice(0, 1)}···${account.slice(-3)}`;
}
