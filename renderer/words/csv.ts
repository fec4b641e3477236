/**
 * Rows as CSV (RFC 4180): quoted where needed, lines end in CRLF, `null` is an empty cell.
 *
 * Numbers are written as JavaScript writes them, so that a spreadsheet reads back exactly what the bridge has. Text that a
 * spreadsheet would run as a formula gets an apostrophe: messages of a gateway are not to be trusted.
 */
export function toCsv(head: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  return [head, ...rows].map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}

function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
