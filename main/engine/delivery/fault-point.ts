/** Instants at which a test kills the process (delivery.md section 4, P3); nothing listens in production. */
export type FaultPoint =
  | 'before-append'
  | 'in-append'
  | 'after-append'
  | 'before-send'
  | 'after-send'
  | 'after-response'
  | 'after-memory-ack'
  | 'in-ack-persist'
  | 'after-ack-persist'
  | 'after-bury';

export type FaultHook = (point: FaultPoint) => void;
