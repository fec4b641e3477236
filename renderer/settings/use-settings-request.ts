import { useEffect } from 'react';

const request = '#settings';

/** Calls `open` when the window is asked for Settings from outside: the desktop's menus load the page's address with "#settings". */
export function useSettingsRequest(open: () => void): void {
  useEffect(() => {
    const hear = (): void => {
      if (location.hash !== request) return;
      // Taken away, so that the same request can come again.
      history.replaceState(null, '', location.pathname + location.search);
      open();
    };
    hear();
    addEventListener('hashchange', hear);
    return () => removeEventListener('hashchange', hear);
  }, [open]);
}
