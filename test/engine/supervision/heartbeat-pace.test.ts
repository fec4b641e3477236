import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineStand } from '../../support/engine-stand.ts';

test('a gateway that hangs is given up within 20 s, whenever between two ticks it was last heard', async () => {
  for (let offsetMs = 0; offsetMs < 1_000; offsetMs += 110) {
    const stand = new EngineStand();
    await stand.connect();
    await stand.clock.advance(3_000 + offsetMs);
    const session = stand.gateway.current;
    session.price(1, { delta: 1, gamma: 0, vega: 0, theta: 0 });
    session.answers = false;
    await stand.clock.advance(20_000);
    assert.equal(session.closed, true, `heard ${offsetMs} ms after a tick`);
    await stand.engine.stop(0);
  }
});
