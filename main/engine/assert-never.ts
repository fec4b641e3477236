/** Fails to compile where a union has a case that a `switch` forgot; throws should bad data reach it at run time. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
