import type { Ms } from './clock.ts';
import type { Alarm, ApiMode, BridgeState, Connection, DeliveryState, Snapshot } from './state.ts';

/** Everything that changes what a person can see. */
export type BridgeEvent =
  | { readonly type: 'started'; readonly at: Ms }
  | { readonly type: 'gateway'; readonly mode: ApiMode; readonly endpoint: string }
  | { readonly type: 'connection'; readonly connection: Connection }
  /** The sums so far may be another account's. */
  | { readonly type: 'book-changed' }
  | { readonly type: 'account-needed'; readonly accounts: readonly string[] }
  /** New sums; `live` is false while they are the last of a lost connection or the warm-up is not over. */
  | { readonly type: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly type: 'currency'; readonly currency: string | null }
  | { readonly type: 'dark' }
  | { readonly type: 'row'; readonly at: Ms; readonly latenessMs: Ms }
  | { readonly type: 'delivery'; readonly delivery: DeliveryState }
  | { readonly type: 'alarm'; readonly alarm: Alarm }
  | { readonly type: 'alarm-cleared'; readonly code: string };

/** Pure; returns the same object when nothing changes, so that nobody is woken for nothing. */
export function reduce(state: BridgeState, event: BridgeEvent): BridgeState {
  switch (event.type) {
    case 'started':
      return { ...state, startedAt: event.at };
    case 'gateway':
      return { ...state, mode: event.mode, endpoint: event.endpoint, accountChoice: [] };
    case 'connection':
      return connect(state, event.connection);
    case 'book-changed':
      return { ...state, snapshot: null, currency: null, live: false };
    case 'account-needed':
      return { ...state, accountChoice: event.accounts };
    case 'snapshot':
      return { ...state, snapshot: event.snapshot, live: true };
    case 'currency':
      return { ...state, currency: event.currency };
    case 'dark':
      return state.live ? { ...state, live: false } : state;
    case 'row':
      return { ...state, lastRow: { at: event.at, latenessMs: event.latenessMs }, rowsWritten: state.rowsWritten + 1 };
    case 'delivery':
      return { ...state, delivery: event.delivery };
    case 'alarm':
      return { ...state, alarms: [...state.alarms.filter(({ code }) => code !== event.alarm.code), event.alarm] };
    case 'alarm-cleared':
      return state.alarms.some(({ code }) => code === event.code)
        ? { ...state, alarms: state.alarms.filter(({ code }) => code !== event.code) }
        : state;
  }
}

function connect(state: BridgeState, connection: Connection): BridgeState {
  if (JSON.stringify(connection) === JSON.stringify(state.connection)) return state;
  const accountChoice = connection.kind === 'connected' ? [] : state.accountChoice;
  return { ...state, connection, accountChoice, live: state.live && connection.kind === 'connected' };
}
