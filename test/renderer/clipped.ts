import type { Page } from 'playwright';

/**
 * Texts of the page that cannot be read whole: cut by an ancestor that hides its overflow, pushed out of the window, or
 * larger than an element that shows an ellipsis. What lies in a panel that scrolls is reachable, so it is not clipped.
 *
 * Allowed: an ellipsis on an element with a `title` (or inside one), which tells the whole.
 */
export function findClipped(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const scrolls = (style: CSSStyleDeclaration, axis: 'x' | 'y'): boolean => /auto|scroll/.test(axis === 'x' ? style.overflowX : style.overflowY);
    const hides = (style: CSSStyleDeclaration): boolean => /hidden|clip/.test(style.overflow) || /paint|strict|content/.test(style.contain);
    const dialog = document.querySelector('dialog[open]');
    const walker = document.createTreeWalker(dialog ?? document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const text = node.textContent?.trim() ?? '';
      const parent = node.parentElement;
      if (text === '' || parent === null || parent.closest('.off-screen, option, [aria-hidden="true"]') !== null || !parent.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const box = range.getBoundingClientRect();
      if (box.width === 0 || box.height === 0) continue;
      let reachableX = false;
      let reachableY = false;
      for (let element: Element | null = parent; element !== null; element = element.parentElement) {
        const style = getComputedStyle(element);
        const outer = element.getBoundingClientRect();
        // SVG text is not laid out in boxes.
        if (element instanceof SVGElement && !(element instanceof SVGSVGElement)) continue;
        if (hides(style) && !scrolls(style, 'x') && !scrolls(style, 'y')) {
          const overX = !reachableX && (box.left < outer.left - 1 || box.right > outer.right + 1);
          const overY = !reachableY && (box.top < outer.top - 2 || box.bottom > outer.bottom + 2);
          const told = style.textOverflow === 'ellipsis' && element.closest('[title]') !== null;
          if ((overX || overY) && !told) found.push(`"${text.slice(0, 60)}" is cut by .${element.className} (${element.tagName.toLowerCase()})`);
          if (overX || overY) break;
        }
        reachableX ||= scrolls(style, 'x');
        reachableY ||= scrolls(style, 'y');
      }
      if (!reachableX && (box.left < -1 || box.right > innerWidth + 1)) found.push(`"${text.slice(0, 60)}" leaves the window sideways`);
      if (!reachableY && (box.top < -1 || box.bottom > innerHeight + 1)) found.push(`"${text.slice(0, 60)}" leaves the window`);
    }
    if (document.documentElement.scrollHeight > innerHeight + 1 || document.documentElement.scrollWidth > innerWidth + 1) found.push('the page itself scrolls');
    for (const element of document.querySelectorAll('.panel, .tile, .strip, .button, .delivery-line')) {
      const box = element.getBoundingClientRect();
      if (element.checkVisibility() && element.closest('.scroll, .dialog-body, .alarms, .first-run') === null && (box.right > innerWidth + 1 || box.bottom > innerHeight + 1)) found.push(`.${element.className} leaves the window`);
    }
    return found;
  });
}
