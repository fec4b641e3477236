import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitBounds, minimumSize, parseBounds } from '../../main/shell/window-bounds.ts';

const laptop = { x: 0, y: 25, width: 1_440, height: 875 };
const external = { x: 1_440, y: 0, width: 2_560, height: 1_440 };

test('the first window stands in the middle of the main screen', () => {
  assert.deepEqual(fitBounds(undefined, [laptop, external]), { x: 120, y: 63, width: 1_200, height: 800 });
});

test('the window opens where it was, on whichever screen', () => {
  const saved = { x: 2_000, y: 300, width: 1_600, height: 1_000 };
  assert.deepEqual(fitBounds(saved, [laptop, external]), saved);
});

test('a screen that is gone does not take the window along', () => {
  assert.deepEqual(fitBounds({ x: 2_000, y: 300, width: 1_600, height: 1_000 }, [laptop]), { x: 120, y: 63, width: 1_200, height: 800 });
});

test('a window whose title bar cannot be reached comes back', () => {
  const home = { x: 120, y: 63, width: 1_200, height: 800 };
  assert.deepEqual(fitBounds({ x: 100, y: -400, width: 1_000, height: 700 }, [laptop]), home);
  assert.deepEqual(fitBounds({ x: 100, y: 890, width: 1_000, height: 700 }, [laptop]), home);
  assert.deepEqual(fitBounds({ x: -950, y: 100, width: 1_000, height: 700 }, [laptop]), home);
});

test('a window half off the screen stays where it was put', () => {
  const saved = { x: 1_000, y: 500, width: 1_000, height: 700 };
  assert.deepEqual(fitBounds(saved, [laptop]), saved);
});

test('it is never larger than its screen nor smaller than its contents', () => {
  assert.deepEqual(fitBounds({ x: 0, y: 25, width: 5_000, height: 3_000 }, [laptop]), laptop);
  assert.deepEqual(fitBounds({ x: 0, y: 25, width: 300, height: 200 }, [laptop]), { x: 0, y: 25, ...minimumSize });
  assert.deepEqual(fitBounds(undefined, [{ x: 0, y: 0, width: 640, height: 480 }]), { x: 0, y: 0, ...minimumSize });
});

test('what is no saved place counts as none', () => {
  for (const text of ['', 'null', '{', '{"x":1,"y":2}', '{"x":1.5,"y":0,"width":100,"height":100}', '{"x":0,"y":0,"width":-5,"height":100}', '[]']) assert.equal(parseBounds(text), undefined, text);
  assert.deepEqual(parseBounds('{"x":-3,"y":2,"width":1000,"height":700,"more":1}'), { x: -3, y: 2, width: 1_000, height: 700 });
});
