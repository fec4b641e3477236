/*
 * Daylight-saving rules written out by hand, as an oracle that shares nothing with the time-zone database: what the law
 * says from 2020 on, all instants in UTC.
 */

const hourMs = 3_600_000;

export interface ZoneRules {
  readonly timeZone: string;
  /** The two instants of a year at which the clock is set, in order of the calendar. */
  readonly transitions: (year: number) => readonly [number, number];
  readonly offset: (at: number) => number;
}

function zone(timeZone: string, standardHours: number, summerHours: number, rule: ZoneRules['transitions'], southern = false): ZoneRules {
  const known = new Map<number, readonly [number, number]>();
  const transitions = (year: number): readonly [number, number] => {
    const found = known.get(year) ?? rule(year);
    known.set(year, found);
    return found;
  };
  return {
    timeZone,
    transitions,
    offset(at) {
      const [first, second] = transitions(new Date(at).getUTCFullYear());
      const between = at >= first && at < second;
      return (between !== southern ? summerHours : standardHours) * hourMs;
    },
  };
}

/** UTC midnight of the n-th Sunday of a month (1 to 12); n = -1: of the last one. */
function sunday(year: number, month: number, n: number): number {
  const days = Array.from({ length: new Date(Date.UTC(year, month, 0)).getUTCDate() }, (_, index) => Date.UTC(year, month - 1, index + 1));
  return days.filter((day) => new Date(day).getUTCDay() === 0).at(n < 0 ? n : n - 1) as number;
}

/** Second Sunday of March 02:00 EST to first Sunday of November 02:00 EDT. */
export const newYork = zone('America/New_York', -5, -4, (year) => [sunday(year, 3, 2) + 7 * hourMs, sunday(year, 11, 1) + 6 * hourMs]);
/** Last Sundays of March and October, 01:00 UTC. */
export const zurich = zone('Europe/Zurich', 1, 2, (year) => [sunday(year, 3, -1) + hourMs, sunday(year, 10, -1) + hourMs]);
/** Half an hour of daylight saving: first Sunday of April 02:00 (+11) to first Sunday of October 02:00 (+10:30). */
export const lordHowe = zone('Australia/Lord_Howe', 10.5, 11, (year) => [sunday(year, 4, 1) - 9 * hourMs, sunday(year, 10, 1) - 8.5 * hourMs], true);
/** The same offset all year; the years' ends stand in for transitions. */
export const hongKong = zone('Asia/Hong_Kong', 8, 8, (year) => [Date.UTC(year, 5, 1), Date.UTC(year, 11, 1)]);
