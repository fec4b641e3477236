import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogEntry, LogQuery, Result } from '../../preload/contract.ts';
import { createLogBook } from '../../renderer/log/log-book.ts';

const pageSize = 200;

/** A bridge whose log has grown to `newest`; answers wait until they are let go. */
class Log {
  newest = 0;
  readonly asked: (number | undefined)[] = [];
  readonly #waiting: (() => void)[] = [];

  async log({ before = Infinity, limit }: LogQuery): Promise<Result<readonly LogEntry[]>> {
    this.asked.push(Number.isFinite(before) ? before : undefined);
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const first = Math.min(this.newest, before - 1);
    return { ok: true, value: Array.from({ length: Math.min(limit, first) }, (_, index) => ({ id: first - index, at: first - index, status: 'info', message: `entry ${first - index}` })) };
  }

  async answer(): Promise<void> {
    for (const resolve of this.#waiting.splice(0)) resolve();
    await new Promise(setImmediate);
  }
}

function isContiguous(entries: readonly LogEntry[]): boolean {
  return entries.every(({ id }, index) => index === 0 || (entries[index - 1]?.id ?? 0) === id + 1);
}

test('after many entries were missed, what is shown has no hole, and the rest comes page by page', async () => {
  const log = new Log();
  log.newest = 300;
  const book = createLogBook(log, { statuses: null, search: '' });
  await log.answer();
  log.newest = 1000;
  book.restart();
  // What comes by itself may come before the answer.
  book.take([{ id: 1001, at: 1001, status: 'info', message: 'entry 1001' }]);
  await log.answer();
  const { entries } = book.state.get();
  assert.deepEqual([entries[0]?.id, entries.at(-1)?.id], [1001, 1001 - pageSize]);
  assert.ok(isContiguous(entries));
  book.loadOlder();
  await log.answer();
  assert.equal(book.state.get().entries.at(-1)?.id, 1001 - 2 * pageSize);
  assert.ok(isContiguous(book.state.get().entries));
});

test('a restart while a page loads is not forgotten', async () => {
  const log = new Log();
  log.newest = 300;
  const book = createLogBook(log, { statuses: null, search: '' });
  await log.answer();
  book.loadOlder();
  log.newest = 310;
  book.restart();
  await log.answer();
  await log.answer();
  assert.deepEqual(log.asked, [undefined, 101, undefined]);
  assert.equal(book.state.get().entries[0]?.id, 310);
  assert.ok(isContiguous(book.state.get().entries));
});
