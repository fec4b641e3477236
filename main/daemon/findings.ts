import type { Finding } from '../engine/gateway/gateway.ts';

/** The table of `--check`: what was tried, whether it works, and what to do where it does not. */
export function tabulateFindings(findings: readonly Finding[]): string {
  const width = Math.max(0, ...findings.map(({ subject }) => subject.length));
  return findings.map((finding) => findingLines(finding, width).join('\n')).join('\n');
}

function findingLines({ subject, ok, detail, action }: Finding, width: number): string[] {
  const indent = ' '.repeat(width + 10);
  const lines = [`${ok ? '[ok]  ' : '[FAIL]'}  ${subject.padEnd(width)}  ${detail}`];
  if (action !== undefined) lines.push(...action.split('\n').map((line) => `${indent}${line}`));
  return lines;
}

/** True when everything that must work does. */
export function allWell(findings: readonly Finding[]): boolean {
  return findings.every(({ ok }) => ok);
}
