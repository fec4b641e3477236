import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import type { LookupFunction } from 'node:net';
import { request } from 'node:https';
import { test } from 'node:test';

import { readAddress } from '../../../../main/engine/gateway/portal/address.ts';
import { createPortalGateway } from '../../../../main/engine/gateway/portal/portal-gateway.ts';
import { judgeCertificate, trustRule } from '../../../../main/engine/gateway/portal/trust.ts';
import { createCertificate } from '../../../simulators/portal/certificate.ts';
import { record, settle, startPortal, untilClosed, untilReady } from './support.ts';

/** Every name is this machine: another host without another machine. */
const toLoopback: LookupFunction = (_host, options, callback) => {
  if (options.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
};

test('a self-signed certificate is accepted on this machine', async (t) => {
  const { clock, gateway } = await startPortal(t);
  await untilReady(clock, record(t, gateway));
});

test('a host that is not loopback and has a self-signed certificate is refused before anything is asked, with what to do', async (t) => {
  const { clock, simulator } = await startPortal(t, { certificateHosts: ['gateway.example'] });
  const gateway = createPortalGateway({ url: `https://gateway.example:${simulator.port}`, account: '', clock, lookup: toLoopback });
  const { cause } = await untilClosed(clock, record(t, gateway));
  assert.equal(cause.code, 'certificate-refused');
  assert.match(cause.text, /certificate of https:\/\/gateway\.example:\d+ is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\)/);
  assert.ok(cause.action?.includes(simulator.certificate.fingerprint), cause.action);
  assert.deepEqual(simulator.received, []);
  await settle();
  assert.equal(simulator.openConnections, 0);
  const findings = await gateway.check(5_000);
  assert.deepEqual(findings.map(({ subject, ok }) => [subject, ok]), [['Gateway', true], ['Certificate', false]]);
});

test('no variable of the environment opens that door', async (t) => {
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  t.after(() => {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
  });
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  const { clock, simulator } = await startPortal(t);
  const gateway = createPortalGateway({ url: `https://gateway.example:${simulator.port}`, account: '', clock, lookup: toLoopback });
  assert.equal((await untilClosed(clock, record(t, gateway))).cause.code, 'certificate-refused');
});

test('a pinned certificate is accepted from any host, another one from none', async (t) => {
  const { clock, simulator } = await startPortal(t);
  const url = `https://gateway.example:${simulator.port}`;
  const pinned = createPortalGateway({ url, account: '', clock, lookup: toLoopback, certificateFingerprint: simulator.certificate.fingerprint });
  await untilReady(clock, record(t, pinned));
  for (const host of ['gateway.example', 'localhost']) {
    const other = createPortalGateway({ url: `https://${host}:${simulator.port}`, account: '', clock, lookup: toLoopback, certificateFingerprint: createCertificate(['localhost']).fingerprint });
    const { cause } = await untilClosed(clock, record(t, other));
    assert.equal(cause.code, 'certificate-refused', host);
    assert.match(cause.text, /not the one that Settings pin/);
  }
});

test('the leave is this client\'s alone: everything else in the process still verifies', async (t) => {
  const { clock, simulator, gateway } = await startPortal(t);
  await untilReady(clock, record(t, gateway));
  const code = await new Promise((resolve) => {
    request(`${simulator.url}/v1/api/tickle`, { lookup: toLoopback })
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
      .on('response', () => resolve('answered'))
      .end();
  });
  assert.equal(code, 'DEPTH_ZERO_SELF_SIGNED_CERT');
});

test('what counts for localhost is where the connection went', () => {
  const address = readAddress('https://localhost:5001');
  const presented = { authorized: false, problem: 'DEPTH_ZERO_SELF_SIGNED_CERT', fingerprint: 'AB', remoteAddress: '192.168.1.20' };
  assert.equal(judgeCertificate(trustRule(address, null), address, presented)?.code, 'certificate-refused');
  assert.equal(judgeCertificate(trustRule(address, null), address, { ...presented, remoteAddress: '::1' }), undefined);
});

test('loopback by name, as text says it and not as it may resolve', () => {
  for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.8.9.1', '[::1]', 'gateway.localhost']) assert.ok(readAddress(`https://${host}:5001`).isLoopback, host);
  for (const host of ['gateway', 'localhost.example', '192.168.1.2', '128.0.0.1', '[fe80::1]', '127.0.0.1.example']) assert.ok(!readAddress(`https://${host}:5001`).isLoopback, host);
  assert.deepEqual(readAddress('https://[::1]:5001'), { host: '::1', port: 5001, origin: 'https://[::1]:5001', basePath: '/v1/api', isLoopback: true });
  assert.equal(readAddress('https://gateway.example/v1/api').basePath, '/v1/api');
  assert.equal(readAddress('https://gateway.example/ibkr').basePath, '/ibkr/v1/api');
  assert.equal(readAddress('https://gateway.example').port, 443);
});

test('the simulator\'s certificate is one that verifies against itself', () => {
  const { cert } = createCertificate(['localhost', 'gateway.example']);
  const certificate = new X509Certificate(cert);
  assert.ok(certificate.verify(certificate.publicKey));
  assert.equal(certificate.checkHost('gateway.example'), 'gateway.example');
});
