import type { Rectangle } from 'electron';
import { z } from 'zod';

export const minimumSize = { width: 900, height: 600 } as const;
const defaultSize = { width: 1_200, height: 800 } as const;
/** So much of the title bar must be on a screen, or the window could not be moved back. */
const grip = { width: 120, height: 40 } as const;

const rectangle = z.object({ x: z.int(), y: z.int(), width: z.int().min(1), height: z.int().min(1) });

/** Bounds from the text of their file; undefined where it is none of ours: the place of a window is not worth an error. */
export function parseBounds(text: string): Rectangle | undefined {
  try {
    return rectangle.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * Where the window opens: where it last was if a screen still shows it there, else in the middle of the first screen.
 *
 * @param screens work areas of the screens that there are now, the main one first.
 */
export function fitBounds(saved: Rectangle | undefined, screens: readonly Rectangle[]): Rectangle {
  const main = screens[0] ?? { x: 0, y: 0, ...defaultSize };
  const home = saved === undefined ? undefined : screens.find((screen) => showsGrip(saved, screen));
  if (saved === undefined || home === undefined) return centred(defaultSize, main);
  return { x: saved.x, y: saved.y, ...sizeWithin(saved, home) };
}

function showsGrip(bounds: Rectangle, screen: Rectangle): boolean {
  const across = Math.min(bounds.x + bounds.width, screen.x + screen.width) - Math.max(bounds.x, screen.x);
  return across >= grip.width && bounds.y >= screen.y && bounds.y + grip.height <= screen.y + screen.height;
}

function sizeWithin(size: Pick<Rectangle, 'width' | 'height'>, screen: Rectangle): Pick<Rectangle, 'width' | 'height'> {
  return {
    width: Math.max(minimumSize.width, Math.min(size.width, screen.width)),
    height: Math.max(minimumSize.height, Math.min(size.height, screen.height)),
  };
}

function centred(wanted: Pick<Rectangle, 'width' | 'height'>, screen: Rectangle): Rectangle {
  const { width, height } = sizeWithin(wanted, screen);
  return { x: screen.x + Math.max(0, Math.round((screen.width - width) / 2)), y: screen.y + Math.max(0, Math.round((screen.height - height) / 2)), width, height };
}
