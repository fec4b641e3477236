import { memo, useLayoutEffect, useRef, useSyncExternalStore, type RefObject } from 'react';
import type { LegRow, Ms } from '../../preload/contract.ts';
import { useClock, useLive } from '../live/live-context.tsx';
import type { Reading } from '../live/store.ts';
import { textWriter, useWrittenText } from '../live/written-text.tsx';
import { StateShape } from '../parts/shape.tsx';
import { greekNames } from '../words/greek-words.ts';
import { greekDigits, plain, position, price, signed, unknown } from '../words/numbers.ts';
import { duration } from '../words/times.ts';
import type { LegColumn, ShownLegs } from './legs-view.ts';

interface Place {
  readonly shown: Reading<ShownLegs>;
  /** Index among the shown legs. */
  readonly place: number;
}

/** One leg; where it is not priced, the reason stands where its Greeks would stand. */
export const LegLine = memo(function LegLine({ shown, place }: Place) {
  const leg = useFace({ shown, place });
  const row = useWrittenNumbers({ shown, place });
  if (leg === null) return null;
  const rest = leg.description.startsWith(leg.symbol) ? leg.description.slice(leg.symbol.length).trim() : leg.description;
  return (
    <tr role="row" aria-rowindex={place + 2} ref={row}>
      <th scope="row" role="rowheader" className="col-contract" title={`${leg.description}, ${leg.kind}${leg.multiplier === null ? '' : `, multiplier ${leg.multiplier}`}`}>
        <strong>{leg.symbol}</strong> {rest === '' ? <span className="secondary">{kindWords[leg.kind]}</span> : rest}
      </th>
      {numbersOf(leg).map(({ column }) => (
        <td key={column} role="cell" className={`col-${column}`} />
      ))}
      {leg.reason !== null && (
        <td role="cell" aria-colspan={greekNames.length} className="leg-reason" title={leg.reason}>
          <StateShape shape="triangle" tone="attention" size={12} /> {leg.reason}
        </td>
      )}
      <td role="cell" className="col-quotedAt">
        {leg.quotedAt === null ? <span className="secondary">none</span> : <QuoteAge shown={shown} place={place} />}
      </td>
    </tr>
  );
});

const kindWords: Readonly<Record<LegRow['kind'], string>> = { OPT: 'option', FOP: 'futures option', STK: 'stock', FUT: 'future', other: 'other' };

/** The leg, again only when something of it has changed that is not one of its numbers. */
function useFace({ shown, place }: Place): LegRow | null {
  const last = useRef<LegRow | null>(null);
  return useSyncExternalStore(shown.subscribe, () => {
    const leg = shown.get().legs[place];
    if (leg !== undefined && (last.current === null || faceOf(leg) !== faceOf(last.current))) last.current = leg;
    return last.current;
  });
}

function faceOf({ conId, kind, description, multiplier, reason, quotedAt }: LegRow): string {
  return `${conId} ${kind} ${description} ${multiplier} ${quotedAt === null} ${reason}`;
}

interface NumberCell {
  readonly column: LegColumn;
  readonly text: (leg: LegRow) => string;
  /** Zero: there, but nothing to look at. */
  readonly isDim: (leg: LegRow) => boolean;
}

const ownNumbers: readonly NumberCell[] = [
  { column: 'position', text: (leg) => position(leg.position), isDim: () => false },
  { column: 'price', text: (leg) => (leg.price === null ? unknown : price(leg.price, leg.kind === 'OPT' || leg.kind === 'FOP')), isDim: () => false },
  { column: 'impliedVolatility', text: volatility, isDim: () => false },
  { column: 'unitDelta', text: (leg) => signed(leg.unitDelta, 4), isDim: () => false },
];

const allNumbers: readonly NumberCell[] = [
  ...ownNumbers,
  ...greekNames.map((greek): NumberCell => ({ column: greek, text: (leg) => signed(leg[greek], greekDigits[greek]), isDim: (leg) => leg[greek] === 0 })),
];

function numbersOf({ reason }: LegRow): readonly NumberCell[] {
  return reason === null ? allNumbers : ownNumbers;
}

function volatility({ impliedVolatility, kind }: LegRow): string {
  if (impliedVolatility !== null) return plain(impliedVolatility * 100, 1);
  // A share has no volatility to imply: nothing is missing there.
  return kind === 'STK' || kind === 'FUT' ? '' : unknown;
}

/**
 * Writes the numbers into the cells of the row; most of them are others each second.
 *
 * Every other row waits for the next update, 250 ms later, so that no frame has to write them all. A row whose contract has
 * changed is rendered and written at once, by the effect.
 */
function useWrittenNumbers({ shown, place }: Place): RefObject<HTMLTableRowElement | null> {
  const { beat } = useLive();
  const row = useRef<HTMLTableRowElement>(null);
  useLayoutEffect(() => {
    const leg = shown.get().legs[place];
    if (row.current === null || leg === undefined) return;
    const cells = [...row.current.cells].slice(1);
    const writers = numbersOf(leg).map((number, index) => cellWriter(cells[index], number));
    let written: LegRow | undefined;
    const write = (): void => {
      const next = shown.get().legs[place];
      if (next === undefined || next === written) return;
      written = next;
      for (const writer of writers) writer(next);
    };
    write();
    return (place % 2 === 0 ? shown : beat).subscribe(write);
  });
  return row;
}

function cellWriter(cell: HTMLTableCellElement | undefined, { text, isDim }: NumberCell): (leg: LegRow) => void {
  if (cell === undefined) return () => undefined;
  const write = textWriter(cell);
  let dim = cell.classList.contains('dim');
  return (leg) => {
    write(text(leg));
    if (isDim(leg) !== dim) dim = cell.classList.toggle('dim');
  };
}

/** From second to second, so that all rows tick together, and with another update than the legs, a row or its history. */
function wholeSeconds(at: Ms): Ms {
  return Math.floor((at - 750) / 1000) * 1000;
}

/** Up to a minute in seconds, above it without them: what is read at a glance need not tick. */
function ageInWords(age: Ms): string {
  return age < 60_000 ? duration(age) : duration(age).replace(/ \d+ s$/, '');
}

function QuoteAge({ shown, place }: Place) {
  const { beat } = useLive();
  const ageAt = (now: Ms): string => ageInWords(wholeSeconds(now) - wholeSeconds(shown.get().legs[place]?.quotedAt ?? now));
  const stale = useClock((now) => {
    const age = ageAt(now);
    return age.endsWith(' s') ? null : age;
  });
  const subscribe = (listener: () => void): (() => void) => {
    let conId: number | undefined;
    let second: Ms | undefined;
    // With the second, and at once where another leg has come to this place: the age of a newer quote can wait for its tick.
    const look = (): void => {
      const before = { conId, second };
      conId = shown.get().legs[place]?.conId;
      second = wholeSeconds(beat.get().now);
      if (conId !== before.conId || second !== before.second) listener();
    };
    const ends = [beat.subscribe(look), shown.subscribe(look)];
    return () => ends.forEach((end) => end());
  };
  const element = useWrittenText<HTMLSpanElement>(subscribe, () => ageAt(beat.get().now));
  return (
    <span className={stale === null ? undefined : 'stale-mark'} {...(stale === null ? {} : { title: `No new quote for ${stale}` })}>
      {stale !== null && <span aria-hidden="true">◷ </span>}
      <span ref={element} />
    </span>
  );
}
