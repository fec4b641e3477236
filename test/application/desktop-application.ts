import type { Page } from 'playwright';
import type { Command, Observation } from '../support/electron-stand-in/controls.ts';

/** Variables and folders of one start. */
export interface StartOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Settings, lock and password live here; the same folder twice is a second launch. */
  readonly dataFolder: string;
  readonly args?: readonly string[];
  /** Folder of the application instead of this checkout. */
  readonly root?: string;
}

/** A running desktop application as the specs see it, on the stand-in or on Electron. */
export interface DesktopApplication {
  readonly pid: number;
  /** The dashboard's page; waits until there is one. */
  window(): Promise<Page>;
  /** Does something to it and tells what there is to see afterwards. */
  act(command: Command): Promise<Observation>;
  /** Exit code once it ended. */
  readonly exited: Promise<number | null>;
  /** What it wrote, for a test that failed. */
  output(): string;
  /** Ends it however it is. */
  kill(): Promise<void>;
}
