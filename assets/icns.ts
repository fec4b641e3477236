/** Sides in pixels of the pictures in an .icns file, by the type under which each stands ("Icon Composer" sizes; ic11 to ic14 are the @2x ones). */
export const icnsTypes = { icp4: 16, ic11: 32, icp5: 32, ic12: 64, ic07: 128, ic13: 256, ic08: 256, ic14: 512, ic09: 512, ic10: 1024 } as const;

/**
 * An .icns file from PNG pictures by their side in pixels.
 *
 * The format: "icns", the length of the whole file, then each picture as its type, its length including these eight
 * bytes, and its PNG; lengths are big-endian.
 */
export function packIcns(pictures: ReadonlyMap<number, Buffer>): Buffer {
  const parts = Object.entries(icnsTypes).map(([type, side]) => {
    const picture = pictures.get(side);
    if (picture === undefined) throw new Error(`no picture of ${side} pixels for ${type}`);
    return chunk(type, picture);
  });
  return chunk('icns', Buffer.concat(parts));
}

function chunk(type: string, content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.write(type, 'ascii');
  header.writeUInt32BE(content.length + 8, 4);
  return Buffer.concat([header, content]);
}
