/**
 * The judges of what a window asks, for main and daemon only: the page must not load zod, which evaluates code.
 *
 * They judge the shape. What a setting may be is judged by the rules of the settings, so that its error stands at its field.
 */
import { z } from 'zod';
import { commands, historyRanges, type PasswordChange, type RequestMethod, type SettingName, type SettingsChange } from './contract.ts';

const settingNames = [
  'apiMode',
  'socketHost',
  'socketPort',
  'clientId',
  'account',
  'gatewayUrl',
  'gatewayFingerprint',
  'gatewayCompete',
  'pollIntervalSeconds',
  'dbHost',
  'dbPort',
  'dbName',
  'dbUser',
  'resetWindows',
  'underlyingSymbol',
  'openAtLogin',
  'menuBarTitle',
  'keepAwake',
] as const satisfies readonly SettingName[];

/** A setting that is in the contract and not in the list would be refused as unknown: this does not compile then. */
type Missing = Exclude<SettingName, (typeof settingNames)[number]>;
const settingName: z.ZodType<SettingName> = z.enum(settingNames satisfies [Missing] extends [never] ? readonly SettingName[] : never);

/** Known names with whatever values; a list is bounded by its rule, a text by the size of a request. */
const change = z.partialRecord(settingName, z.unknown()) as unknown as z.ZodType<SettingsChange>;

const password: z.ZodType<PasswordChange> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('set'), password: z.string().max(1_000) }),
  z.strictObject({ kind: z.literal('clear') }),
]);

/** An absent argument may be null: JSON knows no undefined. */
const optionalPassword = password.nullish().transform((value) => value ?? undefined);

const logQuery = z.strictObject({
  before: z.int().min(0).optional(),
  limit: z.int().min(1).max(1_000),
  statuses: z.array(z.enum(['info', 'warning', 'error'])).max(3).optional(),
  search: z.string().max(500).optional(),
});

/** The arguments of each request. */
export const requestSchemas = {
  host: z.tuple([]),
  overview: z.tuple([]),
  legs: z.tuple([]),
  history: z.tuple([z.enum(historyRanges)]),
  log: z.tuple([logQuery]),
  settings: z.tuple([]),
  saveSettings: z.tuple([change, optionalPassword.optional()]),
  testConnection: z.tuple([z.enum(['gateway', 'database']), change, optionalPassword.optional()]),
  command: z.tuple([z.enum(commands)]),
} as const satisfies Readonly<Record<RequestMethod, z.ZodType>>;

export type RequestArguments<Method extends RequestMethod> = z.output<(typeof requestSchemas)[Method]>;
