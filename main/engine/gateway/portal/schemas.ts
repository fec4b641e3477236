import { z } from 'zod';

/*
 * What the endpoints answer, read liberally: real answers break IBKR's own document (null multipliers, strikes as numbers
 * here and as strings there, conids as strings). But a number that is not there is undefined, never zero, and a record
 * without its identity is an error, never skipped.
 */

/** A finite number, also written as text; undefined for null, absent, empty and everything else. */
const looseNumber = z.unknown().transform((value): number | undefined => {
  if (typeof value === 'string' && !/^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/.test(value)) return undefined;
  const number = typeof value === 'number' || typeof value === 'string' ? Number(value) : NaN;
  return Number.isFinite(number) ? number : undefined;
});

/** A text that says something; undefined for null, absent and empty. */
const looseText = z.unknown().transform((value): string | undefined => {
  const text = typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '';
  return text === '' ? undefined : text;
});

const conId = z.union([z.int().positive(), z.string().regex(/^[1-9]\d{0,14}$/).transform(Number)]);

/** `/iserver/auth/status`, `/iserver/auth/ssodh/init` and the part of it in `/tickle`. */
export const authStatusSchema = z.looseObject({
  authenticated: z.boolean(),
  connected: z.boolean().optional(),
  competing: z.boolean().optional(),
  /** Newer gateways only: false until the login has gone all the way through. */
  established: z.boolean().optional(),
  message: looseText.optional(),
  fail: looseText.optional(),
});
export type AuthStatus = z.infer<typeof authStatusSchema>;

export const tickleSchema = z.looseObject({
  iserver: z.looseObject({ authStatus: authStatusSchema.optional() }).optional(),
});

export const portfolioAccountsSchema = z.array(
  z.looseObject({ id: looseText.optional(), accountId: looseText.optional() }).transform(({ id, accountId }) => accountId ?? id),
);

/** One position, in the sparse, the enriched and the `portfolio2` shape. */
export const positionSchema = z.looseObject({
  conid: conId,
  acctId: looseText.optional(),
  position: looseNumber.optional(),
  contractDesc: looseText.optional(),
  description: looseText.optional(),
  assetClass: looseText.optional(),
  secType: looseText.optional(),
  currency: looseText.optional(),
  ticker: looseText.optional(),
  undSym: looseText.optional(),
  multiplier: looseNumber.optional(),
  strike: looseNumber.optional(),
  putOrCall: looseText.optional(),
  expiry: looseText.optional(),
  lastTradingDay: looseText.optional(),
  undConid: looseNumber.optional(),
  model: looseText.optional(),
  pageSize: looseNumber.optional(),
});
export type PositionRecord = z.infer<typeof positionSchema>;

export const positionsSchema = z.array(positionSchema);

/** `/trsrv/secdef`. */
export const secdefSchema = z.looseObject({
  secdef: z.array(
    z.looseObject({
      conid: conId,
      assetClass: looseText.optional(),
      ticker: looseText.optional(),
      fullName: looseText.optional(),
      multiplier: looseNumber.optional(),
      strike: looseNumber.optional(),
      putOrCall: looseText.optional(),
      expiry: looseText.optional(),
      lastTradingDay: looseText.optional(),
      undConid: looseNumber.optional(),
      currency: looseText.optional(),
    }),
  ),
});
export type SecurityDefinition = z.infer<typeof secdefSchema>['secdef'][number];

/** One instrument of a snapshot: its conid and whatever fields came, read later one by one. */
export const snapshotSchema = z.array(z.looseObject({ conid: conId, _updated: looseNumber.optional() }));
export type SnapshotRecord = z.infer<typeof snapshotSchema>[number];
