import type { Shape, Tone } from '../words/connection-view.ts';

/** The silhouette of a state, so that it is told without colour; decorative, since its word stands beside it. */
export function StateShape({ shape, tone, size = 14 }: { readonly shape: Shape; readonly tone: Tone; readonly size?: number }) {
  return (
    <svg className={`shape tone-${tone}`} width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      {drawings[shape]}
    </svg>
  );
}

const drawings = {
  full: <circle cx="8" cy="8" r="6" fill="currentColor" />,
  arc: <path d="M13.2 5A6 6 0 1 0 14 8" fill="none" stroke="currentColor" strokeWidth="2.4" strokeLinecap="round" />,
  crescent: <path d="M10 2a6.2 6.2 0 1 0 4 8.6A5.4 5.4 0 0 1 10 2Z" fill="currentColor" />,
  triangle: <path d="M8 1.8 15 14H1Z M8 6v4 M8 11.6v.8" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinejoin="round" strokeLinecap="round" />,
  bars: <path d="M5 3v10 M11 3v10" stroke="currentColor" strokeWidth="3" strokeLinecap="round" />,
  ring: <circle cx="8" cy="8" r="5.2" fill="none" stroke="currentColor" strokeWidth="2" />,
  square: <rect x="3" y="3" width="10" height="10" rx="2" fill="currentColor" />,
} as const;
