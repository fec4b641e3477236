import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedServer } from '../../support/postgres.ts';
import { killAt, killPoints } from './kill-at-points.ts';

for (const [point, most] of killPoints) {
  test(`killed ${point.replaceAll('-', ' ')}, again and again in mid-drain: nothing lost, nothing twice, in order`, async () => {
    assert.equal(await killAt(await sharedServer(), point, [most, 0]), null);
  });
}
