import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applicationMenu } from '../../main/shell/application-menu.ts';

test('the application menu has every key that a Mac has: Settings, hide, quit, close, those of text fields and of windows', () => {
  const openSettings = (): void => undefined;
  assert.deepEqual(applicationMenu(openSettings), [
    {
      label: 'IBKR Trading Bridge',
      submenu: [
        { role: 'about' },
        { type: 'separator' },
        { label: 'Settings\u2026', accelerator: 'CommandOrControl+,', click: openSettings },
        { type: 'separator' },
        { role: 'hide' },
        { role: 'quit' },
      ],
    },
    { label: 'File', submenu: [{ role: 'close' }] },
    { role: 'editMenu' },
    { role: 'windowMenu' },
  ]);
});
