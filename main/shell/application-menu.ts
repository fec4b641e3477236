import type { MenuItemConstructorOptions } from 'electron';

/**
 * The application menu. An application without a Dock icon never shows it, yet its keys only work because it is there:
 * copy, paste and select all in text fields, closing the window.
 */
export function applicationMenu(openSettings: () => void): MenuItemConstructorOptions[] {
  return [
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
    // Cmd-W: on a Mac the window menu has no item for it.
    { label: 'File', submenu: [{ role: 'close' }] },
    { role: 'editMenu' },
    { role: 'windowMenu' },
  ];
}
