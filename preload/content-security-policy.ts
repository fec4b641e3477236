/**
 * The window's content-security policy, sent as a header by both hosts (the application's protocol and the dashboard's server).
 *
 * It has no exceptions: own files only, no inline script or style, no eval. React sets style through the CSSOM, which the
 * policy does not govern.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
