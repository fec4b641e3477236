/** Where the dashboard listens; always this machine only. */
export interface DashboardAddress {
  readonly host: '127.0.0.1' | '::1';
  /** 0: any free port. */
  readonly port: number;
}

/**
 * Parses "8080", "localhost:8080", "127.0.0.1:8080", "[::1]:8080"; empty: any free port of 127.0.0.1.
 *
 * @throws with a message for people for every other address: what a window may do with the bridge is for this machine only.
 */
export function parseDashboardAddress(text: string): DashboardAddress {
  if (text === '') return { host: '127.0.0.1', port: 0 };
  const [, host, port] = /^(?:(.*):)?(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) throw new Error(`--dashboard ${text}: allowed is a port from 1 to 65535, or 0 for any free one`);
  switch (host) {
    case undefined:
    case 'localhost':
    case '127.0.0.1':
      return { host: '127.0.0.1', port: Number(port) };
    case '[::1]':
    case '::1':
      return { host: '::1', port: Number(port) };
    default:
      throw new Error(`--dashboard ${text}: the dashboard listens on this machine only (127.0.0.1 or [::1]); reach it from elsewhere through ssh -L ${port}:localhost:${port}`);
  }
}

/** As it stands in a URL: "127.0.0.1:8080", "[::1]:8080". */
export function authorityOf({ host, port }: DashboardAddress): string {
  return host === '::1' ? `[::1]:${port}` : `${host}:${port}`;
}
