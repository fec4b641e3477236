import type Electron from 'electron';
import { EventEmitter } from 'node:events';
import type { Menu } from './menu.ts';
import type { StandInImage } from './native-image.ts';

type Part = Pick<Electron.Tray, 'setIgnoreDoubleClickEvents' | 'setToolTip' | 'setTitle' | 'destroy' | 'isDestroyed'>;

/** The icon that there is; one application has one. */
export const trays = new Set<Tray>();

export class Tray extends EventEmitter implements Part {
  image: StandInImage;
  tooltip = '';
  title = '';
  openMenu: Menu | undefined;
  #ignoresDoubleClicks = false;
  #destroyed = false;

  constructor(image: StandInImage) {
    super();
    this.image = image;
    this.setImage(image);
    trays.add(this);
  }

  setImage(image: StandInImage): void {
    this.#check();
    if (image.isEmpty()) throw new Error(`there is no image ${image.name}`);
    this.image = image;
  }

  setToolTip(text: string): void {
    this.#check();
    this.tooltip = text;
  }

  setTitle(text: string): void {
    this.#check();
    this.title = text;
  }

  setIgnoreDoubleClickEvents(ignore: boolean): void {
    this.#check();
    this.#ignoresDoubleClicks = ignore;
  }

  /** As macOS tells of two clicks in quick succession. */
  clickTwice(): void {
    this.emit('click', {});
    this.emit(this.#ignoresDoubleClicks ? 'click' : 'double-click', {});
  }

  popUpContextMenu(menu: Menu): void {
    this.#check();
    this.openMenu = menu;
  }

  destroy(): void {
    this.#destroyed = true;
    trays.delete(this);
  }

  isDestroyed(): boolean {
    return this.#destroyed;
  }

  #check(): void {
    if (this.#destroyed) throw new Error('Tray is destroyed');
  }
}
