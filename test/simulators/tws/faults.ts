import type { Ms } from '../../../main/engine/clock.ts';

/** What stands in an option's computations instead of its values. */
export type GreeksFault =
  /** IBKR's "not yet computed": -1 for volatility and prices, -2 for the Greeks. */
  | 'sentinels'
  /** Only theta is not computed; everything else is right. */
  | 'theta-sentinel'
  | 'empty'
  | 'nan'
  | 'infinity'
  | 'max-value'
  | 'all-zero'
  /** No computation is sent at all, only prices. */
  | 'none';

export const greeksFaults: readonly GreeksFault[] = ['sentinels', 'theta-sentinel', 'empty', 'nan', 'infinity', 'max-value', 'all-zero', 'none'];

/** How contract details are answered: one row, nothing, error 200, or a second row on another exchange. */
export type ContractDetailsFault = 'normal' | 'silent' | 'unknown' | 'ambiguous';

/** Misbehaviour that lasts while it is switched on; every field may be set at any time. */
export class Faults {
  /** Bytes are taken, nothing is ever answered and no tick is sent, on old and new connections: a wedged Gateway. */
  silence = false;
  /** TCP connections that are accepted now never get an answer to their opening. */
  hangInHandshake = false;
  /** Version and accounts are answered, nextValidId never comes. */
  noNextValidId = false;
  /** Every client id is "already in use" (326). */
  clientIdInUse = false;
  /** For so long after a connection died without saying goodbye its client id stays taken. */
  holdClientIdMs: Ms = 0;
  /** Every answer and tick leaves so much later, in order. */
  answerDelayMs: Ms = 0;
  /** Output leaves in pieces: so many bytes every so often. */
  trickle: { readonly bytes: number; readonly everyMs: Ms } | undefined;
  contractDetails: ContractDetailsFault = 'normal';
  /** Contract details alone leave so much later. */
  contractDetailsDelayMs: Ms = 0;
  /** For so many ticks after subscribing an option has only sentinels, as on a cold Gateway. */
  warmUpTicks = 0;
  /** By conId. */
  readonly greeks = new Map<number, GreeksFault>();
  /** Market data of a conId is answered with this code: advisory ones with delayed data after it, others with none. */
  readonly refusals = new Map<number, number>();

  /** Behaves again. */
  clear(): void {
    this.silence = this.hangInHandshake = this.noNextValidId = this.clientIdInUse = false;
    this.holdClientIdMs = this.answerDelayMs = this.contractDetailsDelayMs = this.warmUpTicks = 0;
    this.trickle = undefined;
    this.contractDetails = 'normal';
    this.greeks.clear();
    this.refusals.clear();
  }
}
