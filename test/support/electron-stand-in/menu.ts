import type Electron from 'electron';
import { recorded } from './recorded.ts';

type Template = (Electron.MenuItemConstructorOptions | Electron.MenuItem)[];

/** A menu is what it was built from. */
export class Menu {
  readonly template: Template;

  private constructor(template: Template) {
    this.template = template;
  }

  static buildFromTemplate(template: Template): Menu {
    return new Menu(template);
  }

  static setApplicationMenu(menu: Menu | null): void {
    recorded.applicationMenu = (menu?.template ?? []) as Electron.MenuItemConstructorOptions[];
  }
}
