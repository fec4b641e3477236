import { useLayoutEffect, useRef, type RefObject } from 'react';
import type { Ms, Overview } from '../../preload/contract.ts';
import { overviewOf, useLive } from './live-context.tsx';

/**
 * The element whose text is what `read` says now and whenever `subscribe` calls; React never draws inside of it.
 *
 * For what changes several times a second: rendering would cost a multiple of the text. The element must have no children.
 */
export function useWrittenText<E extends HTMLElement>(subscribe: (listener: () => void) => () => void, read: () => string): RefObject<E | null> {
  const element = useRef<E>(null);
  useLayoutEffect(() => {
    if (element.current === null) return;
    const write = textWriter(element.current);
    write(read());
    return subscribe(() => write(read()));
  });
  return element;
}

/** Writes texts into an element that nobody else fills; one that stands there already touches nothing. */
export function textWriter(element: HTMLElement): (text: string) => void {
  const node = element.firstChild instanceof Text ? element.firstChild : element.appendChild(new Text());
  let shown = node.data;
  return (text) => {
    if (text === shown) return;
    shown = text;
    node.data = text;
  };
}

/** Writes an attribute that React does not know of; a value that stands there already touches nothing. */
export function attributeWriter(element: Element | null, name: string): (value: string) => void {
  let shown = element?.getAttribute(name) ?? '';
  return (value) => {
    if (value === shown) return;
    shown = value;
    element?.setAttribute(name, value);
  };
}

/** A text that follows the bridge and the time of its sender. */
export function LiveText({ text, className }: { readonly text: (now: Ms, overview: Overview) => string; readonly className?: string }) {
  const { beat, heard } = useLive();
  const element = useWrittenText<HTMLSpanElement>(beat.subscribe, () => text(beat.get().now, overviewOf(heard.get())));
  return <span ref={element} className={className} />;
}
