/** Where the Client Portal Gateway is, as IBKR_GATEWAY_URL says. */
export interface PortalAddress {
  /** Name or address without brackets. */
  readonly host: string;
  readonly port: number;
  /** "https://localhost:5001": what a person opens to log in, and how it is named everywhere. */
  readonly origin: string;
  /** Path before every endpoint: "/v1/api". */
  readonly basePath: string;
  /** Whether the host is this machine by its very name; a name that merely resolves to it does not count. */
  readonly isLoopback: boolean;
}

/** Reads an https URL that Settings have accepted; "/v1/api" is added unless it stands there. */
export function readAddress(url: string): PortalAddress {
  const { hostname, port, host, pathname } = new URL(url);
  const bare = hostname.replace(/^\[|\]$/g, '');
  const path = pathname.replace(/\/+$/, '');
  return {
    host: bare,
    port: port === '' ? 443 : Number(port),
    origin: `https://${host}`,
    basePath: path.endsWith('/v1/api') ? path : `${path}/v1/api`,
    isLoopback: bare === 'localhost' || bare.endsWith('.localhost') || isLoopbackAddress(bare),
  };
}

/** 127.0.0.0/8 and ::1, also written as IPv4 in IPv6. */
export function isLoopbackAddress(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/i.test(address);
}
