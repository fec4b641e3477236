import { sleep, type Clock, type Ms } from '../../clock.ts';
import type { Cause, Severity } from '../../state.ts';
import type { PortalAddress } from './address.ts';
import type { Endpoints } from './endpoints.ts';
import { PortalError } from './portal-error.ts';
import { standingOf, standingOfError, type Standing } from './standing.ts';

/** How often the login is looked at while it is not well: within one poll of 5 s, with time to load what follows. */
export const WATCH_MS: Ms = 3_000;
const STARTING_MS: Ms = 1_000;
/** The brokerage session is opened again at most this often, the user's other session ended at most this often. */
const REOPEN_MS: Ms = 30_000;
const COMPETE_MS: Ms = 60_000;

interface LoginParts {
  readonly clock: Clock;
  readonly address: PortalAddress;
  readonly endpoints: Endpoints;
  /** Whether the user's other session may be ended; only as Settings say. */
  readonly compete: boolean;
  readonly signal: AbortSignal;
  readonly needsLogin: (cause: Cause) => void;
  readonly isDown: (cause: Cause) => void;
  /** Logged in, and not through yet. */
  readonly isStarting: () => void;
  readonly notice: (severity: Severity, message: string, foldKey: string) => void;
}

/** Watches over the login and the brokerage session, and opens the latter again where that needs no person. */
export class Login {
  readonly #parts: LoginParts;
  #reopenedAt: Ms = -Infinity;
  #competedAt: Ms = -Infinity;
  #lastKind: Standing['kind'] | undefined;

  constructor(parts: LoginParts) {
    this.#parts = parts;
  }

  /**
   * Returns once the brokerage session serves requests; tells what stands in the way meanwhile.
   *
   * @throws PortalError for what no login mends: unreachable, 429, another server.
   */
  async wait(): Promise<void> {
    for (;;) {
      const standing = await this.look();
      const mayRetryAtOnce = standing.kind !== this.#lastKind;
      this.#lastKind = standing.kind;
      if (standing.kind === 'ready') return;
      if (standing.kind === 'starting') {
        this.#parts.isStarting();
        await this.#pause(STARTING_MS);
      } else if (!(await this.#mend(standing, mayRetryAtOnce))) await this.#pause(WATCH_MS);
    }
  }

  /** How the login stands now. */
  async look(): Promise<Standing> {
    const { endpoints, signal, address } = this.#parts;
    try {
      return standingOf(await endpoints.authStatus(signal), address);
    } catch (error) {
      return standingOfError(error);
    }
  }

  /** @throws PortalError 'unauthorized' unless the login is well; `wait` finds out what is the matter. */
  insist(standing: Standing): void {
    if (standing.kind === 'ready') return;
    throw new PortalError('unauthorized', 'cause' in standing ? standing.cause : { code: 'login-starting', text: 'the login is not through yet' });
  }

  /** @returns whether something was done, so that looking again at once is worth it. */
  async #mend(standing: Exclude<Standing, { kind: 'ready' | 'starting' }>, mayRetryAtOnce: boolean): Promise<boolean> {
    const now = this.#parts.clock.monotonic();
    if (standing.kind === 'brokerage-closed' && (mayRetryAtOnce || now - this.#reopenedAt >= REOPEN_MS)) {
      this.#reopenedAt = now;
      if (await this.#open(false)) return true;
    }
    if (standing.kind === 'competing' && this.#parts.compete && now - this.#competedAt >= COMPETE_MS) {
      this.#competedAt = now;
      if (await this.#open(true)) return true;
    }
    if (standing.kind === 'down') this.#parts.isDown(standing.cause);
    else this.#parts.needsLogin(standing.cause);
    return false;
  }

  async #open(compete: boolean): Promise<boolean> {
    const { endpoints, signal, notice } = this.#parts;
    const what = compete ? 'opening the brokerage session, which ends the other session of this user, as Settings say' : 'the brokerage session was closed: opening it again';
    notice('info', what, 'portal-reopen');
    try {
      await endpoints.openBrokerageSession(compete, signal);
      return true;
    } catch (error) {
      // A refusal shows in the next look; what tells nothing about the login is thrown on.
      standingOfError(error);
      return false;
    }
  }

  #pause(delayMs: Ms): Promise<void> {
    return sleep(this.#parts.clock, delayMs, this.#parts.signal);
  }
}
