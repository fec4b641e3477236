import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readAddress } from '../../main/engine/gateway/portal/address.ts';
import { readAnswer } from '../../main/engine/gateway/portal/answer.ts';
import { readAvailability, readNumber, readPlainNumber } from '../../main/engine/gateway/portal/fields.ts';
import { PortalError } from '../../main/engine/gateway/portal/portal-error.ts';
import { readHoldings } from '../../main/engine/gateway/portal/positions.ts';
import { authStatusSchema, positionsSchema, secdefSchema, snapshotSchema } from '../../main/engine/gateway/portal/schemas.ts';
import { loadSettings } from '../../main/engine/settings/load-settings.ts';
import { SettingsError } from '../../main/engine/settings/settings-error.ts';
import { parseSettingsFile } from '../../main/engine/settings/settings-file.ts';
import { anyText, anyValue, spoilt } from './hostile-values.ts';

const position = { conid: 1, acctId: 'DU1', position: 2, contractDesc: 'SPX 6000 C', assetClass: 'OPT', currency: 'USD', ticker: 'SPX', multiplier: 100, strike: '6000', putOrCall: 'C', expiry: '20270115', undConid: 416904 };
const snapshot = { conid: 1, '31': 'C6,001.25', '84': '12.5', '6509': 'RpB', '7308': '0.5', '7309': '0.01', '7310': '-1.2', '7311': '3.4', '7633': '20%', _updated: 1 };
const status = { authenticated: true, connected: true, competing: false, message: '' };

/** JSON as it arrives: what survives being written and read. */
const wire = (value: unknown): unknown => {
  try {
    return JSON.parse(JSON.stringify(value)) as unknown;
  } catch {
    return null; // bigint, cycles: JSON has none
  }
};

/** The Client Portal's answers: a number is finite or not there, an identity is a positive whole number, nothing else is thrown. */
export function spoilPortal(runs: number, seed: number): void {
  const options = { numRuns: runs, seed };
  fc.assert(
    fc.property(fc.array(spoilt(position), { maxLength: 4 }), (records) => {
      const parsed = positionsSchema.safeParse(wire(records));
      if (!parsed.success) return;
      for (const { leg } of readHoldings(parsed.data, new Map())) {
        assert.ok(Number.isSafeInteger(leg.conId) && leg.conId > 0, `conid ${leg.conId}`);
        // NaN: a position that is not known, which no sum takes and which coverage names.
        assert.ok(Number.isFinite(leg.position) || Number.isNaN(leg.position));
        for (const number of [leg.multiplier, leg.strike]) assert.ok(number === undefined || Number.isFinite(number));
      }
    }),
    options,
  );
  fc.assert(
    fc.property(fc.array(spoilt(snapshot), { maxLength: 4 }), (records) => {
      const parsed = snapshotSchema.safeParse(wire(records));
      for (const record of parsed.success ? parsed.data : []) {
        assert.ok(Number.isSafeInteger(record.conid), `conid ${record.conid}`);
        for (const field of Object.values(record)) {
          const number = readNumber(field)?.value;
          assert.ok(number === undefined || Number.isFinite(number));
          assert.ok(readPlainNumber(field) === undefined || Number.isFinite(readPlainNumber(field)));
          readAvailability(field);
        }
      }
    }),
    options,
  );
  fc.assert(
    fc.property(spoilt(status), anyValue, (answer, other) => {
      authStatusSchema.safeParse(wire(answer));
      secdefSchema.safeParse(wire({ secdef: [other, position] }));
    }),
    options,
  );
  const body = fc.oneof(anyText, anyValue.map((value) => JSON.stringify(wire(value))), spoilt({ error: 'no session', statusCode: 401 }).map((value) => JSON.stringify(wire(value))));
  fc.assert(
    fc.property(body, fc.constantFrom(200, 204, 301, 302, 400, 401, 403, 404, 429, 500, 503, 999), fc.constantFrom('application/json', 'text/html', ''), anyText, fc.double(), (text, code, contentType, server, retryAfterSeconds) => {
      try {
        readAnswer({ status: code, contentType, server, location: server, retryAfterSeconds, body: text }, readAddress('https://localhost:5001'));
      } catch (error) {
        if (!(error instanceof PortalError)) throw error;
      }
    }),
    options,
  );
}

const settings = { version: 1, apiMode: 'SOCKET', socketHost: '127.0.0.1', socketPort: 4001, clientId: 10, pollIntervalSeconds: 5, dbHost: 'localhost', dbPort: 5432, resetWindows: [{ timeZone: 'America/New_York', start: '23:40', resume: '00:05' }] };

/** Settings files: settings that hold what the rules allow, or SettingsError. */
export function spoilSettingsFile(runs: number, seed: number): void {
  const text = fc.oneof(anyText, spoilt(settings).map((value) => JSON.stringify(wire(value))), spoilt(settings).chain((value) => fc.nat(400).map((cut) => (JSON.stringify(wire(value)) ?? '').slice(0, cut))));
  fc.assert(
    fc.property(text, (file) => {
      try {
        parseSettingsFile(file, '/settings.json');
      } catch (error) {
        if (!(error instanceof SettingsError)) throw error;
      }
    }),
    { numRuns: runs, seed },
  );
}

const variables = ['IB_API_MODE', 'IB_SOCKET_HOST', 'IB_SOCKET_PORT', 'IB_CLIENT_ID', 'IB_ACCOUNT', 'IBKR_GATEWAY_URL', 'BRIDGE_POLL_INTERVAL', 'BRIDGE_BUFFER_PATH', 'DB_HOST', 'DB_PORT', 'DB_NAME', 'DB_USER', 'DB_PASS', 'DB_PASS_FILE'];

/** .env files and environments: settings within their bounds, or SettingsError. */
export function spoilEnvironment(runs: number, seed: number): void {
  const value = fc.oneof(anyText, fc.constantFrom('0', '-1', '65536', '7496', '1e3', '5', 'portal', ' SOCKET ', 'https://localhost:5001'));
  const env = fc.dictionary(fc.constantFrom(...variables), value, { maxKeys: 5 });
  const dotEnv = fc.oneof(anyText, fc.array(fc.tuple(fc.oneof(fc.constantFrom(...variables), anyText), value), { maxLength: 6 }).map((lines) => lines.map(([name, text]) => `${name}=${text}`).join('\n')));
  fc.assert(
    fc.property(env, dotEnv, (environment, file) => {
      try {
        const { settings: loaded } = loadSettings({
          env: environment,
          workingDirectory: '/work',
          userDataFolder: null,
          homeDirectory: '/home/trader',
          userName: 'trader',
          readFile: (path) => (path.endsWith('.env') ? file : undefined),
        });
        assert.ok(loaded.pollIntervalMs >= 1_000 && loaded.pollIntervalMs <= 3_600_000);
        assert.ok(Number.isInteger(loaded.socket.port) && loaded.socket.port > 0 && loaded.socket.port <= 65_535);
        assert.ok(Number.isInteger(loaded.socket.clientId) && loaded.socket.clientId >= 1);
      } catch (error) {
        if (!(error instanceof SettingsError)) throw error;
      }
    }),
    { numRuns: runs, seed },
  );
}
