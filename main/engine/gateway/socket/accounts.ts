/** Reads the gateway's managedAccounts message: "DU1234567,DU7654321,", possibly with a trailing comma. */
export function parseManagedAccounts(list: string): readonly string[] {
  const names = list.split(',').map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ''))];
}
