import type Electron from 'electron';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';

type Part = Pick<Electron.NativeImage, 'isEmpty' | 'setTemplateImage'>;

/** An image is the name of its file; a file that is not there is an empty image, as in Electron. */
export class StandInImage implements Part {
  readonly name: string;
  readonly #empty: boolean;

  constructor(path: string) {
    this.name = basename(path, '.png');
    this.#empty = !existsSync(path);
  }

  isEmpty(): boolean {
    return this.#empty;
  }

  setTemplateImage(): void {}
}

export const nativeImage = { createFromPath: (path: string): StandInImage => new StandInImage(path) } satisfies Record<keyof Pick<typeof Electron.nativeImage, 'createFromPath'>, unknown>;
