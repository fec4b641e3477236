/** The engine's types that cross the border; types only, so that nothing of the engine reaches the renderer. */
export type { Ms } from '../main/engine/clock.ts';
export type { Finding } from '../main/engine/gateway/gateway.ts';
export type { LegRow } from '../main/engine/greeks/leg-value.ts';
export type {
  Alarm,
  ApiMode,
  BridgeState,
  Cause,
  Connection,
  Coverage,
  DeliveryState,
  MarketData,
  Severity,
  Snapshot,
  UnpricedLeg,
} from '../main/engine/state.ts';
