import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MenuItemConstructorOptions } from 'electron';
import { applicationMenu } from '../../main/shell/application-menu.ts';

function itemsOf(menu: readonly MenuItemConstructorOptions[]): readonly MenuItemConstructorOptions[] {
  return menu.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? itemsOf(item.submenu) : [])]);
}

test('the keys of a Mac work: hide, quit, close the window, those of text fields and of windows', () => {
  const roles = new Set(itemsOf(applicationMenu(() => undefined)).map(({ role }) => role));
  for (const role of ['hide', 'quit', 'close', 'editMenu', 'windowMenu'] as const) assert.ok(roles.has(role), role);
});

test('Settings has its usual key and opens Settings', () => {
  let opened = 0;
  const settings = itemsOf(applicationMenu(() => (opened += 1))).find(({ accelerator }) => accelerator === 'CommandOrControl+,');
  settings?.click?.({} as Electron.MenuItem, undefined, {} as Electron.KeyboardEvent);
  assert.equal(opened, 1);
});
