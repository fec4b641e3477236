import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';

import { systemClock } from '../../../main/engine/clock.ts';
import { readAddress } from '../../../main/engine/gateway/portal/address.ts';
import { PortalClient, type PortalRequest } from '../../../main/engine/gateway/portal/client.ts';
import { Pace } from '../../../main/engine/gateway/portal/pace.ts';
import { readFixture, readRecording, skipWithoutFixtures } from '../../support/fixtures.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { createDemoBook } from '../demo-book.ts';
import { aaplStock } from '../instruments.ts';
import { PortalSimulator } from './simulator.ts';

const options = { skip: skipWithoutFixtures };

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly nullable?: boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
}

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** One endpoint: how to ask, where it stands in the document, what was recorded of it. */
interface Endpoint {
  readonly request: PortalRequest;
  readonly documented: string;
  readonly recorded?: string;
}

const conIds = `conids=${aaplStock.conId}`;
const endpoints: readonly Endpoint[] = [
  { request: { method: 'POST', path: '/iserver/auth/status' }, documented: '/iserver/auth/status', recorded: 'Session/GET-auth-status.json' },
  { request: { method: 'POST', path: '/iserver/auth/ssodh/init', body: { publish: true, compete: false } }, documented: '/iserver/auth/ssodh/init', recorded: 'Session/POST-ssodh-init.json' },
  { request: { method: 'POST', path: '/tickle' }, documented: '/tickle', recorded: 'Session/POST-tickle.json' },
  { request: { method: 'GET', path: '/iserver/accounts' }, documented: '/iserver/accounts', recorded: 'Accounts/GET-iserver-accounts.json' },
  { request: { method: 'GET', path: '/portfolio/accounts' }, documented: '/portfolio/accounts', recorded: 'Portfolio/GET-portfolio-accounts.json' },
  { request: { method: 'GET', path: '/portfolio/DU2/positions/0' }, documented: '/portfolio/{accountId}/positions/{pageId}', recorded: 'Portfolio/GET-portfolio-positions-page0.json' },
  { request: { method: 'POST', path: '/portfolio/DU2/positions/invalidate' }, documented: '/portfolio/{accountId}/positions/invalidate', recorded: 'Portfolio/POST-portfolio-invalidate.json' },
  { request: { method: 'GET', path: '/portfolio/DU2/positions/0', query: 'waitForSecDef=true' }, documented: '/portfolio/{accountId}/positions/{pageId}' },
  { request: { method: 'GET', path: '/portfolio/DU1/positions/0', query: 'waitForSecDef=true' }, documented: '/portfolio/{accountId}/positions/{pageId}' },
  { request: { method: 'GET', path: '/portfolio/DU2/positions/9' }, documented: '/portfolio/{accountId}/positions/{pageId}', recorded: 'Portfolio/GET-portfolio-positions-empty.json' },
  { request: { method: 'GET', path: '/trsrv/secdef', query: conIds }, documented: '/trsrv/secdef', recorded: 'Contracts/GET-trsrv-secdef.json' },
  { request: { method: 'GET', path: '/iserver/secdef/search', query: 'symbol=AAPL' }, documented: '/iserver/secdef/search', recorded: 'Contracts/GET-secdef-search.json' },
  { request: { method: 'GET', path: '/iserver/marketdata/snapshot', query: `${conIds}&fields=31` }, documented: '/iserver/marketdata/snapshot' },
  { request: { method: 'GET', path: '/iserver/marketdata/snapshot', query: `${conIds}&fields=31,84,86,85,88,87,6509` }, documented: '/iserver/marketdata/snapshot' },
  { request: { method: 'POST', path: '/iserver/marketdata/unsubscribe', body: { conid: aaplStock.conId } }, documented: '/iserver/marketdata/unsubscribe', recorded: 'MarketData/POST-unsubscribe.json' },
  { request: { method: 'GET', path: '/iserver/marketdata/unsubscribeall' }, documented: '/iserver/marketdata/unsubscribeall', recorded: 'MarketData/GET-unsubscribeall.json' },
];

async function startClient(test: TestContext) {
  const clock = new ManualClock();
  const simulator = new PortalSimulator({ book: createDemoBook({ today: '20260304', accounts: ['DU1', 'DU2'] }), clock, requestsPerSecond: Infinity });
  await simulator.listen();
  const client = new PortalClient({ address: readAddress(simulator.url), rule: { kind: 'loopback' }, clock: systemClock, pace: new Pace(clock) });
  test.after(() => {
    client.close();
    return simulator.close();
  });
  const { signal } = new AbortController();
  const ask = async (request: PortalRequest): Promise<unknown> => {
    // IBKR's limits are tested elsewhere.
    await clock.advance(6_000);
    return client.request(request, signal);
  };
  return { simulator, ask };
}

test('the simulator answers in the shapes of IBKR\'s document, or as was recorded where recordings break it', options, async (t) => {
  const { ask } = await startClient(t);
  const document = readFixture('cp/ibkr-web-api-openapi.json') as Document;
  for (const { request, documented, recorded } of endpoints) {
    const body = await ask(request);
    const operation = document.paths[documented]?.[request.method.toLowerCase()];
    const schema = operation?.responses['200']?.content?.['application/json']?.schema;
    assert.ok(schema !== undefined, `${documented} is documented`);
    const recordings = recorded === undefined ? recordingsFor(documented) : [readRecording(recorded)];
    const deviations = deviationsOf(body, schema, document, recordings, documented);
    assert.deepEqual(deviations, [], documented);
  }
});

test('whatever was recorded of an endpoint the simulator answers, too', options, async (t) => {
  const { ask } = await startClient(t);
  for (const { request, recorded } of endpoints) {
    const body = await ask(request);
    if (recorded === undefined) continue;
    assert.deepEqual(missingKeys(readRecording(recorded), body, ''), [], recorded);
  }
});

test('a snapshot has the fields of a recorded one: texts, the conid as a number, the update in milliseconds', options, async (t) => {
  const { ask } = await startClient(t);
  const [recorded] = readRecording('MarketData/GET-snapshot.json') as readonly Record<string, unknown>[];
  await ask({ method: 'GET', path: '/iserver/accounts' });
  const request: PortalRequest = { method: 'GET', path: '/iserver/marketdata/snapshot', query: `${conIds}&fields=31,84,86,85,88,87,6509` };
  await ask(request);
  const [answered] = (await ask(request)) as readonly Record<string, unknown>[];
  for (const [key, value] of Object.entries(answered ?? {})) assert.equal(typeof value, typeof recorded?.[key], key);
  assert.deepEqual(Object.keys(answered ?? {}).sort(), Object.keys(recorded ?? {}).filter((key) => !['70', '71', '82', '83'].includes(key)).sort());
});

/** What an answer without a recording of its own is held against: an enriched position is a position and its definition in one. */
function recordingsFor(documented: string): readonly unknown[] {
  if (!documented.includes('positions/{pageId}')) return [];
  const { secdef } = readRecording('Contracts/GET-trsrv-secdef.json') as { readonly secdef: unknown };
  return [readRecording('Portfolio/GET-portfolio-positions-page0.json'), secdef];
}

/** Keys of `answer` whose kind of value neither the document nor a recording allows. */
function deviationsOf(answer: unknown, schema: Schema, document: Document, recorded: readonly unknown[], at: string): readonly string[] {
  const resolved = resolve(schema, document);
  if (resolved.oneOf !== undefined) {
    const all = resolved.oneOf.map((option) => deviationsOf(answer, option, document, recorded, at));
    return all.find((deviations) => deviations.length === 0) ?? all.flat();
  }
  const allowed = new Set([...(resolved.type === undefined ? [] : [resolved.type]), ...(resolved.nullable === true ? ['null'] : []), ...recorded.map(kindOfValue)]);
  const kind = kindOfValue(answer);
  const fits = allowed.size === 0 || allowed.has(kind) || (kind === 'integer' && allowed.has('number')) || (kind === 'number' && allowed.has('integer') && recorded.length > 0);
  if (!fits) return [`${at}: ${kind}, not ${[...allowed].join(' or ')}`];
  if (Array.isArray(answer)) {
    const items = recorded.flatMap((value) => (Array.isArray(value) ? value : []));
    return answer.flatMap((item, index) => deviationsOf(item, resolved.items ?? {}, document, items, `${at}[${index}]`));
  }
  if (typeof answer !== 'object' || answer === null) return [];
  return Object.entries(answer).flatMap(([key, value]) => {
    const seen = recorded.flatMap((one) => valuesOf(one, key));
    const property = resolved.properties?.[key];
    return property === undefined && seen.length === 0 ? [] : deviationsOf(value, property ?? {}, document, seen, `${at}.${key}`);
  });
}

/** The value of a key in a recorded object, if it has one. */
function valuesOf(recorded: unknown, key: string): readonly unknown[] {
  if (typeof recorded !== 'object' || recorded === null) return [];
  const record = recorded as Record<string, unknown>;
  if (Object.hasOwn(record, key)) return [record[key]];
  return [];
}

function resolve(schema: Schema, document: Document): Schema {
  const name = schema.$ref?.split('/').at(-1);
  const found = name === undefined ? schema : document.components.schemas[name];
  assert.ok(found !== undefined, `${name} stands in the document`);
  return found.$ref === undefined ? found : resolve(found, document);
}

function kindOfValue(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** Keys of what was recorded that an answer lacks; account numbers, chart periods and features are nobody's shape. */
function missingKeys(recorded: unknown, answer: unknown, at: string): readonly string[] {
  if (Array.isArray(recorded) && Array.isArray(answer)) return recorded.length === 0 || answer.length === 0 ? [] : missingKeys(recorded[0], answer[0], `${at}[0]`);
  if (typeof recorded !== 'object' || recorded === null || typeof answer !== 'object' || answer === null) return [];
  if (/\.(allowFeatures|chartPeriods|acctProps|aliases)$/.test(at)) return [];
  return Object.entries(recorded).flatMap(([key, value]) =>
    Object.hasOwn(answer, key) ? missingKeys(value, (answer as Record<string, unknown>)[key], `${at}.${key}`) : [`${at}.${key}`],
  );
}
