import type { MenuItemConstructorOptions } from 'electron';

/**
 * The application menu. An application without a Dock icon never shows it, yet copy, paste and select all only work in
 * text fields because it is there.
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
    { role: 'editMenu' },
    { role: 'windowMenu' },
  ];
}
