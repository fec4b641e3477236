/** What the simulator in a process of its own is asked. */
export type SimulatorQuestion =
  /** Answers with the port. */
  | { readonly kind: 'listen' }
  /** Answers when every leg is subscribed. */
  | { readonly kind: 'subscribed' }
  /** Sends model computations as fast as the socket takes them, and {@link END_CODE} behind them. */
  | { readonly kind: 'pump'; readonly ticks: number }
  /** Sends one model computation per leg and second from now on. */
  | { readonly kind: 'tick-steadily' }
  /** Answers with everything that the client sent. */
  | { readonly kind: 'received' };

/** The code of the message that ends a pump: unknown to IBKR, and so to every client. */
export const END_CODE = 2199;
