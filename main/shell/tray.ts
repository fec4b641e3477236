import type { Menu, MenuItemConstructorOptions, NativeImage, Tray } from 'electron';
import { assertNever } from '../engine/assert-never.ts';
import type { TrayAction, TrayImage, TrayLine, TrayView } from './tray-view.ts';

export interface TrayParts {
  readonly tray: Pick<Tray, 'on' | 'setImage' | 'setToolTip' | 'setTitle' | 'popUpContextMenu' | 'destroy'>;
  readonly images: Readonly<Record<TrayImage, NativeImage>>;
  readonly buildMenu: (template: MenuItemConstructorOptions[]) => Menu;
  /** The tray as it is now, for a menu that is about to open. */
  readonly view: () => TrayView;
  readonly toggleWindow: () => void;
  readonly act: (action: TrayAction) => void;
}

/** The icon in the menu bar: shows a view and changes only what differs from the one before. */
export class TrayIcon {
  readonly #parts: TrayParts;
  #shown: Partial<TrayView> = {};
  #removed = false;

  constructor(parts: TrayParts) {
    this.#parts = parts;
    parts.tray.on('click', () => parts.toggleWindow());
    // Built on click and never set: with setContextMenu a left click on macOS would open it too, and an open menu cannot change.
    parts.tray.on('right-click', () => this.#openMenu());
  }

  show(view: TrayView): void {
    const { tray, images } = this.#parts;
    if (this.#removed) return;
    if (view.image !== this.#shown.image) tray.setImage(images[view.image]);
    if (view.tooltip !== this.#shown.tooltip) tray.setToolTip(view.tooltip);
    // Digits of one width: the icons to the left must not move with each number.
    if (view.title !== this.#shown.title) tray.setTitle(view.title, { fontType: 'monospacedDigit' });
    this.#shown = view;
  }

  remove(): void {
    this.#removed = true;
    this.#parts.tray.destroy();
  }

  #openMenu(): void {
    const { tray, buildMenu, view, act } = this.#parts;
    tray.popUpContextMenu(buildMenu(view().menu.map((line) => menuItem(line, act))));
  }
}

function menuItem(line: TrayLine, act: TrayParts['act']): MenuItemConstructorOptions {
  switch (line.kind) {
    case 'separator':
      return { type: 'separator' };
    case 'words':
      return { label: line.label, enabled: false };
    case 'action': {
      const { label, enabled, checked, action } = line;
      return { label, enabled, click: () => act(action), ...(checked === undefined ? {} : { type: 'checkbox', checked }) };
    }
    default:
      return assertNever(line);
  }
}
