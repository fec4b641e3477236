import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyError } from '../../../main/engine/delivery/postgres-errors.ts';

const target = { host: 'db.example', port: 5432, database: 'portfolio_engine', user: 'bridge', password: 'hunter2' };

function failed(code: string, message = 'it failed'): Error {
  return Object.assign(new Error(message), { code });
}

const classes: Readonly<Record<string, readonly string[]>> = {
  transient: ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', '08006', '57P01', '57P03', '53100', '53300', '40001', '40P01', '55P03', '57014', '25006', ''],
  configuration: ['28000', '28P01', '3D000', '42P01', '42703', '42501', '3F000'],
  data: ['22021', '22008', '23502', '23505', '23514'],
};

for (const [kind, codes] of Object.entries(classes)) {
  test(`${codes.join(', ')} are ${kind} failures`, () => {
    for (const code of codes) assert.equal(classifyError(failed(code), target).kind, kind, code);
  });
}

test('missing rights come with the exact statements that give them', () => {
  const { cause } = classifyError(failed('42501', 'permission denied for table portfolio_greeks'), target);
  assert.match(cause.action ?? '', /GRANT INSERT ON portfolio_greeks, api_logs TO "bridge";/);
  const { cause: schema } = classifyError(failed('42501', 'permission denied for schema public'), target);
  assert.match(schema.action ?? '', /CREATE TABLE IF NOT EXISTS bridge_outbox_watermark/);
});

test('nothing listening is said in words, also where a name stands for two addresses', () => {
  const refused = new AggregateError([failed('ECONNREFUSED'), failed('ECONNREFUSED')]);
  assert.match(classifyError(refused, target).cause.text, /db\.example:5432 cannot be reached: nothing listens there/);
});
