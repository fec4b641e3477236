import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';

const assets = join(import.meta.dirname, '..', '..', 'assets');
const names = ['connected', 'reconnecting', 'reset-window'] as const;

interface Picture {
  readonly side: number;
  /** 0 to 255 a pixel, row by row. */
  readonly alpha: readonly number[];
  /** Colours of the pixels that can be seen. */
  readonly colours: ReadonlySet<string>;
}

/** Decodes an 8-bit RGBA PNG without interlacing (PNG specification, sections 5, 9 and 11). */
function readPng(path: string): Picture {
  const file = readFileSync(path);
  const side = file.readUInt32BE(16);
  assert.deepEqual([file.readUInt32BE(20), file[24], file[25], file[28]], [side, 8, 6, 0], `${path}: square, 8 bits, RGBA, not interlaced`);
  const parts: Buffer[] = [];
  for (let at = 8; at < file.length; at += 12 + file.readUInt32BE(at)) {
    if (file.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(file.subarray(at + 8, at + 8 + file.readUInt32BE(at)));
  }
  const raw = inflateSync(Buffer.concat(parts));
  const stride = side * 4;
  const pixels = Buffer.alloc(side * stride);
  for (let row = 0; row < side; row++) unfilter(raw.subarray(row * (stride + 1), (row + 1) * (stride + 1)), pixels, row * stride, stride);
  const alpha = Array.from({ length: side * side }, (_, index) => pixels[index * 4 + 3] ?? 0);
  const colours = new Set(alpha.flatMap((seen, index) => (seen === 0 ? [] : [pixels.toString('hex', index * 4, index * 4 + 3)])));
  return { side, alpha, colours };
}

function unfilter(line: Buffer, pixels: Buffer, start: number, stride: number): void {
  for (let index = 0; index < stride; index++) {
    const left = index >= 4 ? (pixels[start + index - 4] ?? 0) : 0;
    const up = start > 0 ? (pixels[start - stride + index] ?? 0) : 0;
    const upLeft = start > 0 && index >= 4 ? (pixels[start - stride + index - 4] ?? 0) : 0;
    const predicted = [0, left, up, Math.floor((left + up) / 2), paeth(left, up, upLeft)][line[0] ?? 0] ?? 0;
    pixels[start + index] = ((line[index + 1] ?? 0) + predicted) & 0xff;
  }
}

function paeth(left: number, up: number, upLeft: number): number {
  const guess = left + up - upLeft;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - upLeft)];
  return a <= b && a <= c ? left : b <= c ? up : upLeft;
}

test('the three looks are template images at both resolutions: black and alpha only', () => {
  for (const name of names) {
    for (const [suffix, side] of [['', 16], ['@2x', 32]] as const) {
      const picture = readPng(join(assets, 'tray', `${name}Template${suffix}.png`));
      assert.equal(picture.side, side);
      assert.deepEqual([...picture.colours], ['000000'], `${name}${suffix}`);
    }
  }
});

test('their shapes differ at 16 pixels by far more than an edge', () => {
  const pictures = names.map((name) => readPng(join(assets, 'tray', `${name}Template.png`)).alpha.map((value) => value > 127));
  for (const [index, one] of pictures.entries()) {
    for (const other of pictures.slice(index + 1)) {
      const different = one.filter((on, pixel) => on !== other[pixel]).length;
      assert.ok(different >= 50, `${different} of 256 pixels differ`);
    }
  }
});

test('the application icon holds every size that macOS asks for', () => {
  const file = readFileSync(join(assets, 'icon', 'icon.icns'));
  assert.equal(file.toString('ascii', 0, 4), 'icns');
  assert.equal(file.readUInt32BE(4), file.length);
  const sides: Record<string, number> = {};
  for (let at = 8; at < file.length; at += file.readUInt32BE(at + 4)) sides[file.toString('ascii', at, at + 4)] = file.readUInt32BE(at + 8 + 16);
  assert.deepEqual(sides, { icp4: 16, ic11: 32, icp5: 32, ic12: 64, ic07: 128, ic13: 256, ic08: 256, ic14: 512, ic09: 512, ic10: 1024 });
});
