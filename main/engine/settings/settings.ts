import type { Ms } from '../clock.ts';
import type { DatabaseTarget } from '../delivery/delivery.ts';
import type { ApiMode } from '../state.ts';
import type { ResetWindow } from '../supervision/reset-window.ts';

/** Everything that the engine is told, parsed and complete; design.md section 8. */
export interface Settings {
  readonly apiMode: ApiMode;
  /** IB_SOCKET_HOST, IB_SOCKET_PORT, IB_CLIENT_ID (never 0: that id belongs to the primary session). */
  readonly socket: { readonly host: string; readonly port: number; readonly clientId: number };
  readonly portal: {
    /** IBKR_GATEWAY_URL. */
    readonly url: string;
    /** SHA-256 fingerprint that its certificate must have, as `AB:CD:...`; null: verified, or self-signed on loopback. */
    readonly certificateFingerprint: string | null;
    /** Whether the bridge may end another session of the same user (TWS, mobile). */
    readonly compete: boolean;
  };
  /** IB_ACCOUNT; empty: the only managed account. */
  readonly account: string;
  readonly pollIntervalMs: Ms;
  /** BRIDGE_BUFFER_PATH, with `~` resolved: the outbox. */
  readonly bufferPath: string;
  /** null: no DB_HOST, local history only. */
  readonly database: DatabaseTarget | null;
  /** New York's nightly window by default; several where a region has several; empty: none. */
  readonly resetWindows: readonly ResetWindow[];
  /** Symbol whose price goes into underlying_price; null: SPX, else ES, else the only one. */
  readonly underlyingSymbol: string | null;
}
