import fc from 'fast-check';

/** Texts that stand where a number should. */
export const noNumber = fc.constantFrom('', 'NaN', 'Infinity', '-Infinity', '1e309', '-1e309', '1.7976931348623157E308', '9223372036854775807', '-', '+', '0x10', '1,5', 'N/A', 'null', '1e', '\u0661\u0662', '--1', '1.2.3', '9'.repeat(30), '9'.repeat(400));

export const anyText = fc.oneof(noNumber, fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom('x'.repeat(5_000), '\ud800', '\u202e', '../../etc/passwd', '{}', '[]', '"', "'; DROP TABLE portfolio_greeks; --"));

/** Whatever JSON can carry, and some that it cannot. */
export const anyValue: fc.Arbitrary<unknown> = fc.oneof(anyText, fc.double(), fc.integer(), fc.maxSafeInteger(), fc.boolean(), fc.constantFrom(null, undefined, [], {}, -0, 1e308, -1e308), fc.anything({ maxDepth: 2 }));

/** A document as it should be with some of its fields replaced, dropped or added. */
export function spoilt(document: Readonly<Record<string, unknown>>): fc.Arbitrary<Record<string, unknown>> {
  const names = Object.keys(document);
  const change = fc.tuple(fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 10 }), fc.constantFrom('__proto__', 'constructor', 'toString')), fc.oneof(anyValue, fc.constant(dropped)));
  return fc.array(change, { maxLength: 4 }).map((changes) => {
    const copy: Record<string, unknown> = { ...document };
    for (const [name, value] of changes) {
      if (value === dropped) delete copy[name];
      else Object.defineProperty(copy, name, { value, enumerable: true, configurable: true, writable: true });
    }
    return copy;
  });
}

const dropped = Symbol('dropped');
