import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DashboardAddress } from '../../main/daemon/dashboard-address.ts';
import { DashboardGuard } from '../../main/daemon/dashboard-guard.ts';

/** What is said to a request of the page that has this name. */
function refusal(address: DashboardAddress, host: string, origin = `http://${host}`): number | null {
  return new DashboardGuard(address, 'token').refuseForeign({ method: 'POST', headers: { host, origin, 'sec-fetch-site': 'same-origin' } })?.status ?? null;
}

test('on port 80 browsers leave the port away, and are answered', () => {
  for (const host of ['127.0.0.1', 'localhost', '127.0.0.1:80', 'localhost:80']) assert.equal(refusal({ host: '127.0.0.1', port: 80 }, host), null, host);
  for (const host of ['[::1]', 'localhost', '[::1]:80', 'localhost:80']) assert.equal(refusal({ host: '::1', port: 80 }, host), null, host);
});

test('on port 80 other names, ports and origins are refused as on any other', () => {
  const address = { host: '127.0.0.1', port: 80 } as const;
  for (const host of ['', 'evil.example', 'evil.example:80', '127.0.0.1:', '127.0.0.1:8080', '[::1]', 'localhost.evil.example', '127.0.0.1.evil.example']) assert.equal(refusal(address, host), 403, host);
  for (const origin of ['null', 'http://evil.example', 'http://localhost', 'https://127.0.0.1', 'http://127.0.0.1:8080']) assert.equal(refusal(address, '127.0.0.1', origin), 403, origin);
});

test('on another port a name without it is another server\u2019s', () => {
  for (const port of [8080, 800, 443]) for (const host of ['127.0.0.1', 'localhost']) assert.equal(refusal({ host: '127.0.0.1', port }, host), 403, `${host} for ${port}`);
});
