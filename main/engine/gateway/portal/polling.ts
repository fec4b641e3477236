import { sleep, type Clock, type Ms } from '../../clock.ts';
import type { Severity } from '../../state.ts';
import type { PortalAddress } from './address.ts';
import { SNAPSHOT_SIZE, type Endpoints } from './endpoints.ts';
import type { Login } from './login.ts';
import { isPassing, PortalError } from './portal-error.ts';
import type { Quotes } from './quotes.ts';
import { standingOf } from './standing.ts';

/** Market data is asked for this often: half of the default interval between rows, and a little, so that a timer's jitter never puts three rounds into 5 s. */
const ROUND_MS: Ms = 2_550;
/** Before every leg has its Greeks; they come only after several requests (ibkr-facts.md 1.2). */
const WARM_UP_ROUND_MS: Ms = 1_000;
const WARM_UP_MS: Ms = 15_000;
/** A book of any size asks at most four times a second, which is less than half of the limit. */
const MS_PER_REQUEST: Ms = 250;
/** One request that is no market data in each of these, so that a book of up to 100 instruments needs at most 3 requests in 5 s. */
const SLOT_MS: Ms = 5_000;
const TICKLE_MS: Ms = 60_000;

interface PollingParts {
  readonly clock: Clock;
  readonly address: PortalAddress;
  readonly endpoints: Endpoints;
  readonly login: Login;
  readonly quotes: Quotes;
  /** Asks for all market data once. */
  readonly round: (signal: AbortSignal) => Promise<void>;
  /** Makes the gateway forget the positions that it keeps, so that the next reading is fresh. */
  readonly forgetPositions: (signal: AbortSignal) => Promise<void>;
  /** @returns whether they must be read again soon. */
  readonly readPositions: (signal: AbortSignal) => Promise<boolean>;
  readonly notice: (severity: Severity, message: string, foldKey: string) => void;
}

/** The requests of a session that runs, by the clock: market data in rounds, everything else one by one in slots between. */
export class Polling {
  readonly #parts: PollingParts;
  #failedRounds = 0;
  #tickledAt: Ms;
  #slot = 0;
  #mustReadPositions = false;

  constructor(parts: PollingParts) {
    this.#parts = parts;
    this.#tickledAt = parts.clock.monotonic();
  }

  /** Positions are read in the next slot. */
  readPositionsSoon(): void {
    this.#mustReadPositions = true;
  }

  /** Runs until something fails, and throws that; returns when `life` is aborted. */
  async run(life: AbortSignal): Promise<void> {
    if (life.aborted) return;
    const stretch = new AbortController();
    const stop = (): void => stretch.abort();
    life.addEventListener('abort', stop, { once: true });
    this.#failedRounds = 0;
    const loops = [this.#pollQuotes(stretch.signal), this.#useSlots(stretch.signal)];
    try {
      await Promise.race(loops);
    } finally {
      stop();
      life.removeEventListener('abort', stop);
      await Promise.allSettled(loops);
    }
  }

  async #pollQuotes(signal: AbortSignal): Promise<void> {
    const { clock, quotes } = this.#parts;
    const warmUpUntil = clock.monotonic() + WARM_UP_MS;
    while (!signal.aborted) {
      const startedAt = clock.monotonic();
      await this.#tryRound(signal);
      const isCold = !quotes.isWarm && clock.monotonic() < warmUpUntil;
      const requests = Math.ceil(quotes.conIds().length / SNAPSHOT_SIZE);
      const everyMs = Math.max(isCold ? WARM_UP_ROUND_MS : ROUND_MS, requests * MS_PER_REQUEST);
      await sleep(clock, Math.max(0, startedAt + everyMs - clock.monotonic()), signal);
    }
  }

  /** One failed round is a moment's trouble, a second in a row an outage; whatever says that the login has ended counts at once. */
  async #tryRound(signal: AbortSignal): Promise<void> {
    try {
      await this.#parts.round(signal);
      this.#failedRounds = 0;
    } catch (error) {
      if (!isPassing(error)) throw error;
      this.#failedRounds += 1;
      if (this.#failedRounds >= 2) throw error;
      this.#parts.notice('warning', `market data could not be read: ${error.why.text}`, `portal-round-${error.kind}`);
    }
  }

  async #useSlots(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#parts.clock, SLOT_MS, signal);
      if (signal.aborted) return;
      try {
        await this.#useSlot(signal);
      } catch (error) {
        // No outage: that would show in the market data, and the slot comes again.
        if (!isPassing(error)) throw error;
        this.#parts.notice('warning', error.why.text, `portal-slot-${error.kind}`);
      }
    }
  }

  /** In turn: status, positions made fresh, status, positions read; once a minute a tickle in the place of a status. */
  async #useSlot(signal: AbortSignal): Promise<void> {
    const { clock, address, endpoints, login, forgetPositions, readPositions } = this.#parts;
    const turn = this.#slot++ % 4;
    if (this.#mustReadPositions || turn === 3) {
      this.#mustReadPositions = await readPositions(signal);
    } else if (turn === 1) {
      await forgetPositions(signal);
    } else if (clock.monotonic() - this.#tickledAt >= TICKLE_MS) {
      this.#tickledAt = clock.monotonic();
      const status = await endpoints.tickle(signal);
      if (status !== undefined) login.insist(standingOf(status, address));
    } else {
      // Market data may go on for a while, unmoved, after the brokerage session has ended.
      login.insist(await login.look());
    }
  }
}

/** @throws PortalError 'unauthorized' when what looked like a refusal is the end of the login. */
export async function withoutRefusedInstruments(login: Login, run: (mayLeaveOut: boolean) => Promise<void>): Promise<void> {
  try {
    await run(false);
  } catch (error) {
    if (!(error instanceof PortalError) || error.kind !== 'refused') throw error;
    login.insist(await login.look());
    await run(true);
  }
}
