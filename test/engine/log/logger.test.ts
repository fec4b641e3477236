import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createJsonLogger } from '../../../main/engine/log/logger.ts';

function lines(write: (log: ReturnType<typeof createJsonLogger>) => void): readonly Record<string, unknown>[] {
  const written: string[] = [];
  write(createJsonLogger({ write: (line: string) => void written.push(line) }));
  return written.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('one JSON line an entry: level in words, time in UTC, fields and message', () => {
  const [info, warn, error] = lines((log) => {
    log.info({ legs: 40 }, 'connected');
    log.warn({}, 'late');
    log.error({ err: new Error('no route') }, 'lost');
  });
  assert.deepEqual([info?.['level'], info?.['legs'], info?.['msg']], ['info', 40, 'connected']);
  assert.match(String(info?.['time']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual([warn?.['level'], error?.['level']], ['warn', 'error']);
  assert.equal((error?.['err'] as { message: string }).message, 'no route');
});

test('a password in a logged object is never written, at the top or inside settings', () => {
  const database = { host: 'db', password: 'hunter2' };
  const text = JSON.stringify(lines((log) => {
    log.info(database, 'top');
    log.info({ database }, 'one level down');
    log.info({ settings: { database } }, 'two levels down');
    log.info({ env: { DB_PASS: 'hunter2', PGPASSWORD: 'hunter2' } }, 'environment');
  }));
  assert.ok(!text.includes('hunter2'), text);
  assert.equal(text.match(/\*\*\*/g)?.length, 5);
});
