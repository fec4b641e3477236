import { memo } from 'react';
import type { LegRow, Ms } from '../../preload/contract.ts';
import { useClock } from '../live/live-context.tsx';
import { StateShape } from '../parts/shape.tsx';
import { greekNames } from '../words/greek-words.ts';
import { greekDigits, plain, position, signed, unknown } from '../words/numbers.ts';
import { duration } from '../words/times.ts';

/** One leg; where it is not priced, the reason stands where its Greeks would stand. */
export const LegLine = memo(function LegLine({ leg, index }: { readonly leg: LegRow; readonly index: number }) {
  const rest = leg.description.startsWith(leg.symbol) ? leg.description.slice(leg.symbol.length).trim() : leg.description;
  // A share has no volatility to imply: nothing is missing there.
  const linear = leg.kind === 'STK' || leg.kind === 'FUT';
  return (
    <tr aria-rowindex={index}>
      <th scope="row" title={`${leg.description}, ${leg.kind}${leg.multiplier === null ? '' : `, multiplier ${leg.multiplier}`}`}>
        <strong>{leg.symbol}</strong> {rest === '' ? <span className="secondary">{kindWords[leg.kind]}</span> : rest}
      </th>
      <td>{position(leg.position)}</td>
      <td>{leg.price === null ? unknown : plain(leg.price, 2)}</td>
      <td>{leg.impliedVolatility === null ? (linear ? '' : unknown) : plain(leg.impliedVolatility * 100, 1)}</td>
      <td>{signed(leg.unitDelta, 4)}</td>
      {leg.reason === null ? (
        greekNames.map((greek) => (
          <td key={greek} className={leg[greek] === 0 ? 'dim' : undefined}>
            {signed(leg[greek], greekDigits[greek])}
          </td>
        ))
      ) : (
        <td colSpan={4} className="leg-reason" title={leg.reason}>
          <StateShape shape="triangle" tone="attention" size={12} /> {leg.reason}
        </td>
      )}
      <td>{leg.quotedAt === null ? <span className="secondary">none</span> : <QuoteAge at={leg.quotedAt} />}</td>
    </tr>
  );
});

const kindWords: Readonly<Record<LegRow['kind'], string>> = { OPT: 'option', FOP: 'futures option', STK: 'stock', FUT: 'future', other: 'other' };

/** From second to second, so that all rows tick together, and half a second after the legs are asked for: never both at once. */
function wholeSeconds(at: Ms): Ms {
  return Math.floor((at - 500) / 1000) * 1000;
}

function ageInWords(age: Ms): string {
  return age < 60_000 ? duration(age) : duration(age).replace(/ \d+ s$/, '');
}

function QuoteAge({ at }: { readonly at: Ms }) {
  // Up to a minute in seconds, above it without them: what is read at a glance need not tick.
  const age = useClock((now) => ageInWords(wholeSeconds(now) - wholeSeconds(at)));
  const stale = !age.endsWith(' s');
  return stale ? (
    <span className="stale-mark" title={`No new quote for ${age}`}>
      <span aria-hidden="true">◷ </span>
      {age}
    </span>
  ) : (
    <>{age}</>
  );
}
