/** A daily window in which IBKR (or the Gateway itself) restarts; a hint, never a trigger. Local wall-clock times. */
export interface ResetWindow {
  /** IANA zone, "America/New_York". */
  readonly timeZone: string;
  /** First minute of the window, "HH:MM"; the window may cross midnight. */
  readonly start: string;
  /** When attempts resume, "HH:MM" (exclusive end). */
  readonly resume: string;
}
