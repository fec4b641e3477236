import type Electron from 'electron';

/** What the application did to the system around it, for the test to look at. */
export const recorded = {
  opened: [] as string[],
  relaunches: [] as (readonly string[])[],
  /** Requests of pages that were neither answered by the application nor cancelled by it. */
  strayRequests: [] as string[],
  /** Windows that a page wanted to open and did not get. */
  deniedWindows: [] as string[],
  applicationMenu: [] as Electron.MenuItemConstructorOptions[],
};
